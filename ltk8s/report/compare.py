"""A run against the baseline of its setting: which run that is, and by how much they differ on the same images."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ltk8s.report.row import Comparison, Outcome, Row, Setting
from ltk8s.store.answers import Answers
from ltk8s.store.runs import RunRecord

BASELINE = "baseline"


def setting_of(record: RunRecord) -> Setting:
    return Setting.model_validate({name: getattr(record, name) for name in Setting.model_fields})


def find_baseline(record: RunRecord, records: Iterable[RunRecord]) -> RunRecord | None:
    """Return the baseline that a run is compared with, or None.

    It has the same setting. Of several (another scale, another family of networks), the nearest is taken: the same scale of
    training first, then a network in common, then the newest.
    """
    candidates = [r for r in records if r.experiment == BASELINE and setting_of(r) == setting_of(record)]
    archs = {member.arch for member in record.members}

    def nearness(candidate: RunRecord) -> tuple[bool, bool, str]:
        shared = any(member.arch in archs for member in candidate.members)
        return _scale(candidate) == _scale(record), shared, candidate.created

    return max(candidates, key=nearness, default=None)


def _scale(record: RunRecord) -> dict[str, Any]:
    """How training is set but for the loss, which is a technique."""
    return {name: value for name, value in record.spec.get("train", {}).items() if name != "loss"}


def compare(
    outcome: Outcome, answers: Answers, baseline: Row, baseline_outcome: Outcome, baseline_answers: Answers
) -> Comparison:
    """Compare a finished run with a finished baseline on the same images. What is real is not said yet."""
    from ltk8s.metrics import GROUPS, paired, smallest_difference

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
        smallest=smallest_difference(pair.n, pair.discordant),
        groups={
            name: (outcome.groups[name].correct - baseline_outcome.groups[name].correct) / outcome.groups[name].n
            for name in GROUPS
            if outcome.groups[name].n
        },
        seconds=outcome.device_seconds / baseline_outcome.device_seconds if baseline_outcome.device_seconds else None,
        parameters=outcome.parameters / baseline_outcome.parameters,
    )


def corrected(rows: list[Row]) -> list[Row]:
    """Return the rows of one setting with their p-values adjusted for all its comparisons (Holm)."""
    from ltk8s.metrics import holm

    compared = [row.comparison for row in rows if row.comparison]
    adjusted = iter(holm([comparison.p for comparison in compared]))
    return [
        row.model_copy(update={"comparison": row.comparison.corrected(next(adjusted))}) if row.comparison else row
        for row in rows
    ]
