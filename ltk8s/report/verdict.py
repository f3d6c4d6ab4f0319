"""The verdict on a line of the table: one sentence for who reads nothing else. It says as plainly when nothing helps."""

from __future__ import annotations

from collections.abc import Sequence

from ltk8s.report.cell import Cell, Contrast
from ltk8s.report.numbers import fraction, interval_points, p_value, points, ratio, seeds, size, times
from ltk8s.report.row import Row
from ltk8s.report.study import Scale


def verdict(scale: Scale, cells: Sequence[Cell], rows: Sequence[Row]) -> str:
    """Return one sentence on one line of the table.

    Args:
        cells: its cells, their p-values corrected for one another.
        rows: its runs: what is unfinished or was not compared is among them.
    """
    where = _where(scale)
    compared = [(cell, cell.contrast) for cell in cells if cell.contrast]
    if not compared:
        return _nothing_compared(where, cells, rows)
    cell, contrast = max(
        compared,
        key=lambda each: (each[1].real and each[1].difference > 0, not each[1].other_scale, each[1].difference),
    )
    among = f", the best of {len(compared)} techniques," if len(compared) > 1 else ""
    if not any(contrast.differences) and contrast.smallest == 0:
        return f"{where}, {cell.label}{among} is right on exactly the same images as the baseline: it changes nothing here."
    if contrast.other_scale:
        return (
            f"{where}, {cell.label}{among} is {points(contrast.difference)} points{_measure(cell)} from a baseline that was "
            f"trained at another scale ({contrast.other_scale}): of the technique this says nothing."
        )
    if not contrast.real:
        return (
            f"{where}, {cell.label}{among} cannot be told from the baseline: {_open_question(cell, contrast, len(compared))}."
        )
    if contrast.difference < 0:
        return f"{where}, {cell.label}{among} is worse than the baseline by {_by(cell, contrast)}: it does harm."
    return f"{where}, {cell.label}{among} beats the baseline by {_by(cell, contrast)}{_classes(cell)}{_cost(cell)}."


def _where(scale: Scale) -> str:
    images = "all images" if scale.ratio is None else f"ratio {ratio(scale.ratio)}"
    return f"On {scale.dataset} at {images} (profile {scale.profile})"


def _nothing_compared(where: str, cells: Sequence[Cell], rows: Sequence[Row]) -> str:
    alone = [row for row in rows if row.incomparable]
    if alone:
        return f"{where}, {alone[0].title} has nothing to be compared with: {alone[0].incomparable}."
    if not cells:
        return f"{where}, no run is finished yet."
    return f"{where}, {cells[0].label} has {_right(cells[0])}; no technique is finished that could be compared with it."


def _right(cell: Cell) -> str:
    if cell.seeds == 1:
        return f"{cell.replicates[0].correct} of {cell.n} right"
    return f"{fraction(cell.accuracy)} of {cell.n} right, on average over {seeds(cell.seeds)}"


def _by(cell: Cell, contrast: Contrast) -> str:
    reasons = [f"{_scores(cell, contrast)}; 95 % interval {interval_points(contrast.interval)}, clear of 0"]
    if contrast.seeds > 1:
        reasons.append(f"all {contrast.seeds} seeds agree, {' '.join(points(each) for each in contrast.differences)}")
    given = f", given {contrast.given}" if contrast.given else ""
    return f"{size(contrast.difference)} points{_measure(cell)} ({', '.join(reasons)}: real{given})"


def _scores(cell: Cell, contrast: Contrast) -> str:
    """Both scores: as exact counts where there is one seed."""
    compared = [replicate for replicate in cell.replicates if replicate.gained is not None]
    if cell.even and contrast.seeds == 1 and compared:
        own = compared[0]
        return f"{own.correct} against {own.correct - (own.gained or 0) + (own.lost or 0)} of {own.n} right"
    own_score = sum(r.accuracy if cell.even else r.balanced_accuracy for r in compared) / len(compared)
    return f"{fraction(own_score)} against {fraction(own_score - contrast.difference)}"


def _open_question(cell: Cell, contrast: Contrast, comparisons: int) -> str:
    corrected = f" after correction for {comparisons} comparisons" if comparisons > 1 else ""
    if not contrast.clear:
        reach = "which holds 0"
    elif not contrast.agree:
        reach = f"clear of 0, but seeds disagree: {' '.join(points(each) for each in contrast.differences)}"
    else:
        reach = f"clear of 0, but p is {p_value(contrast.p_holm)}{corrected}"
    return (
        f"{points(contrast.difference)} points{_measure(cell)} "
        f"(95 % interval {interval_points(contrast.interval)}, {reach}); "
        f"the smallest difference that {contrast.n} images can show is about {size(contrast.smallest)} points"
    )


def _measure(cell: Cell) -> str:
    return "" if cell.even else " of balanced accuracy"


def _classes(cell: Cell) -> str:
    """Which classes gain most, and which pay for it."""
    if len(cell.group_gains) < 2:
        return ""
    most = max(cell.group_gains, key=lambda name: cell.group_gains[name])
    least = min(cell.group_gains, key=lambda name: cell.group_gains[name])
    text = f"; {_group(most)} gain most ({points(cell.group_gains[most])})"
    return f"{text} and {_group(least)} lose ({points(cell.group_gains[least])})" if cell.group_gains[least] < 0 else text


def _group(name: str) -> str:
    return f"classes with {({'many': 'many', 'medium': 'a medium number of', 'few': 'few'})[name]} images"


def _cost(cell: Cell) -> str:
    if cell.parameters_ratio is None:
        return ""
    parameters = f"{times(cell.parameters_ratio)} the parameters"
    if cell.seconds_ratio is None:
        return f", at {parameters}"
    return f", at {times(cell.seconds_ratio)} the device-seconds and {parameters}"
