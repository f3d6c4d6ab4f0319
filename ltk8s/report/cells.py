"""From runs to cells: the seeds of one experiment at one ratio together, in numbers averaged over them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from statistics import fmean
from typing import TYPE_CHECKING

from ltk8s.report.cell import Cell, ClassScore, Confusion, ReliabilityBin, Replicate
from ltk8s.report.labels import labels
from ltk8s.report.place import place_of
from ltk8s.report.preset import presets
from ltk8s.report.published import published_accuracy
from ltk8s.report.row import Interval, Outcome, Row
from ltk8s.report.runs import Run, Runs
from ltk8s.report.study import Scale, scale_of

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

CONFUSIONS = 10


def cells(rows: Sequence[Row], runs: Runs) -> list[Cell]:
    """Return a cell for each experiment (and way it was set) of each ratio that has a finished run, in the rows' order.

    An experiment that ends in the very fusion of another one is that one there: its technique changes nothing.
    """
    found: dict[tuple[Scale, str, str], list[Row]] = {}
    for row in rows:
        if row.outcome:
            found.setdefault((scale_of(row), row.experiment, row.variant), []).append(row)
    as_preset = presets(rows)
    called = labels(rows, as_preset)
    first: dict[tuple[Scale, str], str] = {}
    made = []
    for key, own in found.items():
        replicates = one_a_seed(own)
        twins = {first.setdefault((key[0], each.fusion), own[0].experiment) for each in replicates}
        twin = twins.pop() if len(twins) == 1 else own[0].experiment
        place, experiment, variant = place_of(key[0]), key[1], key[2]
        cell = _cell(called[place, experiment, variant], replicates, runs, "" if twin == experiment else twin)
        made.append(cell.model_copy(update={"preset": variant == as_preset[place, experiment]}))
    return _in_order(made)


def one_a_seed(rows: Iterable[Row]) -> list[Row]:
    """Of several runs with one seed and draw the newest, in order of seed."""
    newest = {(row.setting.seed, row.setting.split_seed): row for row in sorted(rows, key=lambda row: row.order)}
    return [newest[seed] for seed in sorted(newest)]


def stacked(rows: Sequence[Row], runs: Runs) -> NDArray[np.bool_]:
    """Whether each run has each test image right: S×N."""
    import numpy as np

    found = [runs.named(row.run).answers for row in rows]
    return np.stack([each.correct for each in found if each])


def _in_order(made: list[Cell]) -> list[Cell]:
    """By line of the table, the longest tail last; within a line as the runs came, which is the baseline first."""
    order = {scale: i for i, scale in enumerate(sorted({scale_of(cell) for cell in made}, key=_line))}
    return sorted(made, key=lambda cell: order[scale_of(cell)])


def _line(scale: Scale) -> tuple[object, ...]:
    return scale.dataset, scale.fingerprint, scale.profile, -(1.0 if scale.ratio is None else scale.ratio)


def _cell(label: str, rows: Sequence[Row], runs: Runs, same_as: str) -> Cell:
    from ltk8s.metrics import GROUPS

    own = [runs.named(row.run) for row in rows]
    outcomes = [run.row.outcome for run in own if run.row.outcome]
    setting = rows[0].setting
    return Cell(
        experiment=rows[0].experiment,
        title=rows[-1].title,
        label=label,
        dataset=setting.dataset,
        fingerprint=setting.fingerprint,
        ratio=setting.ratio,
        profile=setting.profile,
        variant=rows[0].variant,
        networks=tuple(member.arch for member in rows[0].members),
        replicates=tuple(_replicate(row, outcome) for row, outcome in zip(rows, outcomes, strict=True)),
        same_as=same_as,
        even=outcomes[0].even,
        n=outcomes[0].n,
        accuracy=fmean(outcome.accuracy for outcome in outcomes),
        balanced_accuracy=fmean(outcome.balanced_accuracy for outcome in outcomes),
        **_intervals(rows, outcomes, runs),
        groups={name: _group(name, outcomes) for name in GROUPS},
        nll=fmean(outcome.nll for outcome in outcomes),
        brier=fmean(outcome.brier for outcome in outcomes),
        ece=fmean(outcome.ece for outcome in outcomes),
        parameters=outcomes[0].parameters,
        multiply_adds=outcomes[0].multiply_adds,
        device_seconds=fmean(outcome.device_seconds for outcome in outcomes),
        mean_member_accuracy=fmean(outcome.mean_member_accuracy for outcome in outcomes),
        disagreement=_mean(outcome.disagreement for outcome in outcomes),
        without_duplicates=_mean(o.without_duplicates.accuracy if o.without_duplicates else None for o in outcomes),
        reliability=_reliability(own),
        classes=_classes(own),
        confusions=_confusions(own),
        published=published_accuracy(setting.dataset, setting.ratio, rows[0].experiment),
    )


def _replicate(row: Row, outcome: Outcome) -> Replicate:
    compared = row.comparison
    return Replicate(
        run=row.run,
        fusion=row.fusion,
        seed=row.setting.seed,
        split_seed=row.setting.split_seed,
        n=outcome.n,
        correct=outcome.correct,
        accuracy=outcome.accuracy,
        balanced_accuracy=outcome.balanced_accuracy,
        baseline_run=compared.baseline_run if compared else "",
        difference=compared.difference if compared else None,
        gained=compared.gained if compared else None,
        lost=compared.lost if compared else None,
        mcnemar_p=compared.mcnemar_p if compared else None,
    )


def _intervals(rows: Sequence[Row], outcomes: Sequence[Outcome], runs: Runs) -> dict[str, Interval]:
    """Of one seed what its result says; of several, the bootstrap's of each image's average correctness."""
    from ltk8s.metrics import resampled_balanced, resampled_mean

    if len(outcomes) == 1:
        return {"interval": outcomes[0].interval, "balanced_interval": outcomes[0].balanced_interval}
    right = stacked(rows, runs).sum(axis=0)
    answers = runs.named(rows[0].run).answers
    assert answers is not None  # a finished run has answers
    unit = 1 / len(rows)
    return {
        "interval": _within(resampled_mean(right, answers.labels, unit=unit).interval()),
        "balanced_interval": _within(resampled_balanced(right, answers.labels, unit=unit).interval()),
    }


def _within(interval: Interval) -> Interval:
    """An interval of an accuracy: resampling few images with a wider spread would leave 0 to 1."""
    return max(0.0, interval[0]), min(1.0, interval[1])


def _group(name: str, outcomes: Sequence[Outcome]) -> float | None:
    groups = [outcome.groups[name] for outcome in outcomes]
    return fmean(group.correct / group.n for group in groups) if all(group.n for group in groups) else None


def _reliability(own: Sequence[Run]) -> tuple[ReliabilityBin, ...]:
    import numpy as np

    from ltk8s.metrics import reliability

    found = [run.answers for run in own if run.answers]
    bins = reliability(np.concatenate([p.confidence for p in found]), np.concatenate([p.correct for p in found]))
    return tuple(ReliabilityBin(low=b.low, high=b.high, n=b.n, confidence=b.confidence, accuracy=b.accuracy) for b in bins)


def _classes(own: Sequence[Run]) -> tuple[ClassScore, ...]:
    """Each class's mean accuracy over the seeds, by falling number of training images."""
    scores = []
    for i, images in enumerate(own[0].record.train_counts):
        counts = [(run.per_class["correct"][i], run.per_class["n"][i]) for run in own]
        accuracy = fmean(correct / n for correct, n in counts) if all(n for _, n in counts) else None
        scores.append(ClassScore(name=own[0].class_names[i], images=images, accuracy=accuracy))
    return tuple(sorted(scores, key=lambda score: -score.images))


def _confusions(own: Sequence[Run]) -> tuple[Confusion, ...]:
    """The worst confusions of all seeds' answers together; counts are a seed's average."""
    import numpy as np

    from ltk8s.metrics import confusions

    found = [run.answers for run in own if run.answers]
    predicted, labels = np.concatenate([p.predicted for p in found]), np.concatenate([p.labels for p in found])
    worst = confusions(predicted, labels, own[0].class_names, CONFUSIONS)
    return tuple(Confusion(label=w["label"], predicted=w["predicted"], count=w["count"] / len(found)) for w in worst)


def _mean(values: Iterable[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return fmean(known) if known else None
