"""A run against the baseline of its setting: by how much they differ on the same images."""

from __future__ import annotations

from ltk8s.report.row import Comparison, Outcome, Row, Setting
from ltk8s.store.answers import Answers
from ltk8s.store.runs import RunRecord

BASELINE = "baseline"


def setting_of(record: RunRecord) -> Setting:
    return Setting.model_validate({name: getattr(record, name) for name in Setting.model_fields})


def compare(
    outcome: Outcome,
    answers: Answers,
    baseline: Row,
    baseline_outcome: Outcome,
    baseline_answers: Answers,
    other_scale: str = "",
) -> Comparison:
    """Compare a finished run with a finished baseline on the same images. What is real is not said yet."""
    from ltk8s.metrics import GROUPS, paired

    pair = paired(answers.correct, baseline_answers.correct, answers.labels)
    return Comparison(
        baseline_run=baseline.run,
        baseline_fusion=baseline.fusion,
        baseline_correct=baseline_outcome.correct,
        baseline_balanced=baseline_outcome.balanced_accuracy,
        n=pair.n,
        gained=pair.gained,
        lost=pair.lost,
        difference=pair.difference if outcome.even else pair.balanced_difference,
        interval=pair.interval if outcome.even else pair.balanced_interval,
        p=pair.p if outcome.even else pair.balanced_p,
        p_holm=1.0,
        real=False,
        mcnemar_p=pair.p,
        smallest=pair.smallest if outcome.even else pair.balanced_smallest,
        groups={
            name: (outcome.groups[name].correct - baseline_outcome.groups[name].correct) / outcome.groups[name].n
            for name in GROUPS
            if outcome.groups[name].n
        },
        seconds=outcome.device_seconds / baseline_outcome.device_seconds if baseline_outcome.device_seconds else None,
        parameters=outcome.parameters / baseline_outcome.parameters,
        other_scale=other_scale,
    )


def corrected(rows: list[Row]) -> list[Row]:
    """Return the rows of one setting with their p-values adjusted for all its comparisons (Holm).

    Two runs that end in one fusion are one comparison, and one that ends in the baseline's is none.
    """
    from ltk8s.metrics import holm

    family = {(row.fusion, row.comparison.baseline_fusion): row.comparison.p for row in rows if row.comparison}
    family = {fusions: p for fusions, p in family.items() if len(set(fusions)) > 1}
    adjusted = dict(zip(family, holm(list(family.values())), strict=True))
    return [_corrected(row, row.comparison, adjusted) if row.comparison else row for row in rows]


def _corrected(row: Row, comparison: Comparison, adjusted: dict[tuple[str, str], float]) -> Row:
    p_holm = adjusted.get((row.fusion, comparison.baseline_fusion), comparison.p)
    return row.model_copy(update={"comparison": comparison.corrected(p_holm)})
