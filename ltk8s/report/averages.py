"""Each technique's improvement averaged over ratios, as the student report has it, with an interval."""

from __future__ import annotations

from collections.abc import Sequence
from math import lcm
from statistics import fmean
from typing import TYPE_CHECKING

from ltk8s.report.cell import Average, Cell
from ltk8s.report.place import Place, place_of
from ltk8s.report.published import ACCURACY, DATASET, PRINTED_AVERAGE
from ltk8s.report.runs import Runs

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


def averages(cells: Sequence[Cell], runs: Runs) -> list[Average]:
    """Return the average improvement of each technique that is compared at two ratios below 1 or more, in the cells' order.

    Each way of setting an experiment is a technique of its own. Only where every ratio has the same test images is there an
    average: it is over them image by image. What was compared with a baseline of another scale is left out.
    """
    by_technique: dict[tuple[Place, str, str], list[Cell]] = {}
    for cell in cells:
        if cell.contrast and not cell.contrast.other_scale and cell.ratio is not None and cell.ratio < 1:
            by_technique.setdefault((place_of(cell), cell.experiment, cell.variant), []).append(cell)
    return [made for own in by_technique.values() if len(own) > 1 and (made := average(own, runs))]


def published_average(dataset: str, experiment: str, ratios: Sequence[float]) -> float | None:
    """The student report's improvement of an experiment, averaged over ``ratios``; None unless it has all of them."""
    if dataset != DATASET or not ratios or not all(experiment in ACCURACY.get(ratio, {}) for ratio in ratios):
        return None
    return fmean(ACCURACY[ratio][experiment] - ACCURACY[ratio]["baseline"] for ratio in ratios)


ALL = tuple(ratio for ratio in ACCURACY if ratio is not None)
"""The ratios that the student report averages over."""


def average(cells: Sequence[Cell], runs: Runs) -> Average | None:
    """The average improvement over some cells of one technique, each compared; None where their test images differ."""
    from ltk8s.metrics import resampled_balanced, resampled_mean

    changes = [_changes(cell, runs) for cell in cells]
    first = runs.named(cells[0].replicates[0].run).answers
    if first is None or not all(_same_images(cell, cells[0], runs) for cell in cells):
        return None
    seeds = lcm(*(len(change) for change in changes))
    summed = sum(change.sum(axis=0) * (seeds // len(change)) for change in changes)
    resampled = (resampled_mean if cells[0].even else resampled_balanced)(summed, first.labels, unit=1 / seeds / len(cells))
    improvements = [cell.contrast.difference for cell in cells if cell.contrast]
    ratios = tuple(cell.ratio for cell in cells if cell.ratio is not None)
    cell = cells[0]
    return Average(
        experiment=cell.experiment,
        title=cell.title,
        dataset=cell.dataset,
        fingerprint=cell.fingerprint,
        profile=cell.profile,
        label=cell.label,
        ratios=ratios,
        improvements=tuple(improvements),
        difference=fmean(improvements),
        interval=resampled.interval(),
        published=published_average(cell.dataset, cell.experiment, ALL),
        published_same=published_average(cell.dataset, cell.experiment, ratios),
        printed=PRINTED_AVERAGE.get(cell.experiment) if cell.dataset == DATASET else None,
    )


def _changes(cell: Cell, runs: Runs) -> NDArray[np.int64]:
    """Each compared seed's difference in correctness to its baseline, image by image: S×N."""
    import numpy as np

    pairs = [(runs.named(r.run).answers, runs.named(r.baseline_run).answers) for r in cell.replicates if r.baseline_run]
    return np.stack([a.correct.astype(np.int64) - b.correct for a, b in pairs if a and b])


def _same_images(cell: Cell, other: Cell, runs: Runs) -> bool:
    a, b = runs.named(cell.replicates[0].run).answers, runs.named(other.replicates[0].run).answers
    return a is not None and b is not None and a.same_images(b)
