"""The scores of two cells over the same seeds: one cell may have been run with more of them."""

from __future__ import annotations

from statistics import fmean

from ltk8s.report.cell import Cell
from ltk8s.report.contrast import pairs_of


def paired_scores(cell: Cell, other: Cell) -> tuple[float, float]:
    """Return each cell's score over the seeds that both have: they differ as the contrast says.

    Where no seed is common, each is over its own seeds.
    """
    pairs = pairs_of(cell, other)
    if not pairs:
        return cell.score, other.score
    return _over(cell, {own for own, _ in pairs}), _over(other, {theirs for _, theirs in pairs})


def lead(cell: Cell, other: Cell) -> float:
    """By how much a cell is ahead of another one over the seeds that both have."""
    own, theirs = paired_scores(cell, other)
    return own - theirs


def _over(cell: Cell, runs: set[str]) -> float:
    return fmean(each.accuracy if cell.even else each.balanced_accuracy for each in cell.replicates if each.run in runs)
