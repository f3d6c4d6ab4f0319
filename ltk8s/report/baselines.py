"""Each cell against the baseline of its line, corrected for all the columns of that line."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import fmean

from ltk8s.report.cell import Cell, ClassScore, Contrast
from ltk8s.report.compare import BASELINE
from ltk8s.report.contrast import Measured, Pair, corrected, measure
from ltk8s.report.nearest import other_scale
from ltk8s.report.row import Row
from ltk8s.report.runs import Runs
from ltk8s.report.study import Scale, scale_of


def compared(cells: Sequence[Cell], rows: Sequence[Row], runs: Runs) -> list[Cell]:
    """Return the cells with their contrast to the baseline, or the reason why there is none.

    Each seed is compared with the baseline of that seed and draw. Holm's family is a line of the table: all its columns that
    are compared, each once.
    """
    by_run = {row.run: row for row in rows}
    lines: dict[Scale, list[Cell]] = {}
    for cell in cells:
        lines.setdefault(scale_of(cell), []).append(cell)
    return [cell for line in lines.values() for cell in _line(line, by_run, runs)]


def _line(line: Sequence[Cell], rows: dict[str, Row], runs: Runs) -> list[Cell]:
    measured = {i: found for i, cell in enumerate(line) if (found := _measured(cell, line, runs)) is not None}
    family = dict(zip(measured, corrected(list(measured.values())), strict=True))
    return [_with(cell, family[i], runs) if i in family else _without(cell, rows) for i, cell in enumerate(line)]


def _measured(cell: Cell, line: Sequence[Cell], runs: Runs) -> Measured | None:
    if cell.experiment == BASELINE or cell.same_as:
        return None
    pairs = _pairs(cell)
    return measure(pairs, _label(pairs, line), runs, balanced=not cell.even)


def _pairs(cell: Cell) -> list[Pair]:
    return [(replicate.run, replicate.baseline_run) for replicate in cell.replicates if replicate.baseline_run]


def _label(pairs: Sequence[Pair], line: Sequence[Cell]) -> str:
    """What the baseline is called; by its run where it was not asked for, and so has no cell."""
    if not pairs:
        return ""
    first = pairs[0][1]
    return next((cell.label for cell in line for replicate in cell.replicates if replicate.run == first), first)


def _with(cell: Cell, measured: Measured, runs: Runs) -> Cell:
    from ltk8s.metrics import GROUPS

    pairs = [(runs.named(run), runs.named(base)) for run, base in _pairs(cell)]
    outcomes = [(run.row.outcome, base.row.outcome) for run, base in pairs]
    both = [(own, base) for own, base in outcomes if own and base]
    gains = {
        name: fmean((own.groups[name].correct - base.groups[name].correct) / own.groups[name].n for own, base in both)
        for name in GROUPS
        if both[0][0].groups[name].n
    }
    seconds = sum(base.device_seconds for _, base in both)
    return cell.model_copy(
        update={
            "contrast": _contrast(cell, measured, runs),
            "group_gains": gains,
            "seconds_ratio": sum(own.device_seconds for own, _ in both) / seconds if seconds else None,
            "parameters_ratio": both[0][0].parameters / both[0][1].parameters,
            "classes": _classes(cell, [base.per_class for _, base in pairs], runs.named(cell.replicates[0].run).class_names),
        }
    )


def _contrast(cell: Cell, measured: Measured, runs: Runs) -> Contrast:
    """The contrast; with a baseline of another scale it is conditional on that, and not real."""
    found = measured.contrast()
    run, base = (runs.named(name).record for name in _pairs(cell)[0])
    other = other_scale(run, base)
    if not other:
        return found
    given = ", ".join(filter(None, [found.given, f"a baseline of another scale ({other})"]))
    return found.model_copy(update={"real": False, "given": given, "other_scale": other})


def _classes(cell: Cell, baselines: Sequence[dict[str, list[int]]], names: Sequence[str]) -> tuple[ClassScore, ...]:
    accuracy = {
        name: fmean(base["correct"][i] / base["n"][i] for base in baselines)
        if all(base["n"][i] for base in baselines)
        else None
        for i, name in enumerate(names)
    }
    return tuple(score.model_copy(update={"baseline": accuracy[score.name]}) for score in cell.classes)


def _without(cell: Cell, rows: dict[str, Row]) -> Cell:
    if cell.experiment == BASELINE or cell.same_as:
        return cell
    reasons = [rows[replicate.run].incomparable for replicate in cell.replicates]
    return cell.model_copy(update={"incomparable": next(filter(None, reasons), "its seeds were evaluated on other images")})
