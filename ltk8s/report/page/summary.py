"""The head of the page: a study in a few numbers, and in the sentences that a reader takes away."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from statistics import fmean

from ltk8s.report import numbers
from ltk8s.report.numbers import points
from ltk8s.report.page.part import Part, parts
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
    """The study in a few sentences: what improves most on average on each data set, and how many of the claims hold."""
    own = parts(study)
    return " ".join(filter(None, [*(_best(part, named=len(own) > 1) for part in own), _claims(study)]))


def _best(part: Part, *, named: bool) -> str:
    """Which technique improves most over the ratios that most of them were run at: of those that clearly do, if any does."""
    averages = list(part.averages.values())
    if not averages:
        return ""
    common = _common(averages)
    comparable = [each for each in averages if common <= set(each.ratios)]
    best = max(comparable, key=lambda average: (average.interval[0] > 0, _mean(average, common)))
    over = _over([ratio for ratio in best.ratios if ratio in common]) + (f" on {part.name}" if named else "")
    if best.interval[0] <= 0:
        return f"Nothing clearly improves on the baseline {over}: {best.label} comes nearest, {_by(best, common)}."
    most = "improves most on the baseline"
    if any(_mean(each, common) > _mean(best, common) for each in comparable):
        most = "has the largest clear gain on the baseline"
    printed = f" The student report prints {points(best.printed)} for it." if best.printed is not None else ""
    return f"{best.label} {most} {over}: {_by(best, common)}.{printed}"


def _common(averages: Sequence[Average]) -> frozenset[float]:
    """The ratios that most techniques were run at; of several such sets the largest."""
    often = Counter(frozenset(average.ratios) for average in averages)
    return max(often, key=lambda ratios: (often[ratios], len(ratios)))


def _mean(average: Average, ratios: frozenset[float]) -> float:
    known = dict(zip(average.ratios, average.improvements, strict=True))
    return fmean(known[ratio] for ratio in ratios)


def _over(ratios: Sequence[float]) -> str:
    said = [numbers.ratio(ratio) for ratio in ratios]
    return f"on average over ratios {', '.join(said[:-1])} and {said[-1]}"


def _by(average: Average, common: frozenset[float]) -> str:
    """By how much; an interval is of the average over all ratios that the technique was run at."""
    interval = f"95 % interval {numbers.interval_points(average.interval)}"
    if set(average.ratios) == common:
        return f"{points(average.difference)} points ({interval})"
    of_all = f"{points(average.difference)} over all its {len(average.ratios)} ratios, {interval}"
    return f"{points(_mean(average, common))} points ({of_all})"


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
