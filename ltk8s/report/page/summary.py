"""The head of the page: a study in a few numbers, and in the sentences that a reader takes away."""

from __future__ import annotations

from collections import Counter

from ltk8s.report import numbers
from ltk8s.report.numbers import points
from ltk8s.report.study import Average, Study


def facts(study: Study) -> list[tuple[str, str]]:
    """Numbers with what they count, for the line under the title."""
    finished = [row for row in study.rows if row.outcome]
    if not finished:
        return []
    learners = {member.id for row in finished for member in row.members}
    seeds = {(row.setting.seed, row.setting.split_seed) for row in finished}
    images = sorted({row.outcome.n for row in finished if row.outcome})
    shown = [
        _counted(len(finished), "finished run"),
        (f"{len(learners):,}", "networks trained"),
        _counted(len(seeds), "seed"),
        (" and ".join(f"{n:,}" for n in images), "test images"),
    ]
    return [*shown, (str(len(study.not_run)), "not run")] if study.not_run else shown


def summary(study: Study) -> str:
    """The study in two sentences: what improves most on average, and how many of the claims hold."""
    return " ".join(filter(None, [_best(study), _claims(study)]))


def _best(study: Study) -> str:
    if not study.averages:
        return ""
    best = max(study.averages, key=lambda average: average.difference)
    clear = best.interval[0] > 0
    over = _over(best)
    if not clear:
        return f"Nothing clearly improves on the baseline {over}: {best.title} comes nearest, {_by(best)}."
    printed = f" The student report prints {points(best.printed)} for it." if best.printed is not None else ""
    return f"{best.title} improves most on the baseline {over}: {_by(best)}.{printed}"


def _over(average: Average) -> str:
    ratios = [numbers.ratio(ratio) for ratio in average.ratios]
    if len(ratios) == 1:
        return f"at ratio {ratios[0]}"
    return f"on average over ratios {', '.join(ratios[:-1])} and {ratios[-1]}"


def _by(average: Average) -> str:
    return f"{points(average.difference)} points (95 % interval {numbers.interval_points(average.interval)})"


def _claims(study: Study) -> str:
    verdicts = Counter(claim.verdict for claim in study.claims if not claim.ours)
    if not verdicts:
        return ""
    parts = [
        f"{verdicts['held']} held",
        f"{verdicts['did not hold']} did not hold",
        f"{verdicts['not tested']} could not be tested",
    ]
    return f"Of the student report’s {sum(verdicts.values())} claims, {', '.join(parts[:-1])} and {parts[-1]}."


def _counted(n: int, what: str) -> tuple[str, str]:
    return f"{n:,}", what if n == 1 else f"{what}s"
