"""The long-tailed training sets of a study, and what balancing and bagging make of them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from ltk8s.report.exhibit import Split
from ltk8s.report.learners import Learners
from ltk8s.report.runs import Run
from ltk8s.store.runs import RunRecord


def splits(runs: Iterable[Run], learners: Learners) -> list[Split]:
    """Return the training set of each data set, profile and ratio that has a finished run, the longest tail last."""
    own: dict[tuple[str, str, str, float | None], list[Run]] = {}
    for run in runs:
        record = run.record
        own.setdefault((record.dataset, record.fingerprint, record.profile, record.ratio), []).append(run)
    return sorted((_split(group, learners) for group in own.values()), key=_order)


def _order(split: Split) -> tuple[str, str, str, float]:
    return split.dataset, split.fingerprint, split.profile, -(1 if split.ratio is None else split.ratio)


def in_images(threshold: float, counts: Sequence[int]) -> int:
    """A threshold in images: up to 1 it is a fraction of the largest class.

    >>> in_images(0.6, [500, 10]), in_images(120, [500, 10])
    (300, 120)
    """
    return round(threshold * max(counts)) if threshold <= 1 else round(threshold)


def _split(runs: Sequence[Run], learners: Learners) -> Split:
    first = runs[0].record
    balanced = _with_rule(runs, "balanced")
    bagged = _with_rule(runs, "bags")
    return Split(
        dataset=first.dataset,
        fingerprint=first.fingerprint,
        ratio=first.ratio,
        profile=first.profile,
        classes=tuple(runs[0].class_names),
        counts=first.train_counts,
        balanced_to=_threshold(balanced) if balanced else None,
        bag_threshold=_threshold(bagged) if bagged else None,
        bags=_bags(bagged, learners) if bagged else (),
    )


def _with_rule(runs: Sequence[Run], rule: str) -> RunRecord | None:
    return next((run.record for run in runs if run.record.spec.get("sampling", {}).get("rule") == rule), None)


def _threshold(record: RunRecord) -> int | None:
    threshold = record.spec["sampling"].get("threshold")
    return None if threshold is None else in_images(float(threshold), record.train_counts)


def _bags(record: RunRecord, learners: Learners) -> tuple[tuple[int, ...], ...]:
    """Each bag's class counts as its learner recorded them; several networks may share a bag."""
    bags: dict[int, tuple[int, ...]] = {}
    for member in record.members:
        sampling = learners.tasks.get(member.id, {}).get("sampling", {})
        if sampling.get("rule") == "bag":
            bags[int(sampling.get("index", 0))] = tuple(learners.results[member.id].provenance.get("class_counts", ()))
    return tuple(bags[index] for index in sorted(bags))
