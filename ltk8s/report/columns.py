"""The columns that say all of one cell, and of one run: how good it is, and what else there is to know."""

from __future__ import annotations

from collections.abc import Callable

from ltk8s.report import numbers
from ltk8s.report.cell import Cell
from ltk8s.report.row import Outcome, Row

CELL: dict[str, Callable[[Cell], str]] = {
    "networks": lambda cell: numbers.networks(cell.networks),
    "seeds": lambda cell: str(cell.seeds),
    "correct": lambda cell: " ".join(f"{each.correct}/{each.n}" for each in cell.replicates),
    "accuracy [95 %]": lambda cell: f"{numbers.fraction(cell.accuracy)} [{numbers.interval_fractions(cell.interval)}]",
    "balanced": lambda cell: numbers.fraction(cell.balanced_accuracy),
    "many": lambda cell: _optional(cell.groups["many"]),
    "medium": lambda cell: _optional(cell.groups["medium"]),
    "few": lambda cell: _optional(cell.groups["few"]),
    "vs baseline, points [95 %]": lambda cell: numbers.gain(cell.contrast) if cell.contrast else numbers.NONE,
    "each seed": lambda cell: _each_seed(cell),
    "t interval": lambda cell: _t_interval(cell),
    "McNemar p": lambda cell: _mcnemar(cell),
    "p (Holm)": lambda cell: numbers.p_value(cell.contrast.p_holm) if cell.contrast else numbers.NONE,
    "real": lambda cell: _real(cell),
}

DETAILS: dict[str, Callable[[Row, Outcome], str]] = {
    "seed": lambda row, outcome: str(row.setting.seed),
    "split": lambda row, outcome: str(row.setting.split_seed),
    "members": lambda row, outcome: _members(row),
    "disagreement": lambda row, outcome: _optional(outcome.disagreement),
    "without duplicates": lambda row, outcome: _without_duplicates(outcome),
    "NLL": lambda row, outcome: f"{outcome.nll:.3f}",
    "Brier": lambda row, outcome: numbers.fraction(outcome.brier),
    "ECE": lambda row, outcome: numbers.fraction(outcome.ece),
    "parameters": lambda row, outcome: numbers.millions(outcome.parameters),
    "multiply-adds": lambda row, outcome: numbers.multiply_adds(outcome.multiply_adds),
    "device-seconds": lambda row, outcome: numbers.seconds(outcome.device_seconds),
}


def of_cell(cell: Cell) -> list[str]:
    """The texts of ``CELL``; of a cell that is another one, only which."""
    if cell.same_as:
        return [f"= {cell.same_as}", *[numbers.NONE] * (len(CELL) - 1)]
    return [column(cell) for column in CELL.values()]


def details(row: Row, outcome: Outcome) -> list[str]:
    """The texts of ``DETAILS``."""
    return [column(row, outcome) for column in DETAILS.values()]


def _optional(value: float | None) -> str:
    return numbers.NONE if value is None else numbers.fraction(value)


def _each_seed(cell: Cell) -> str:
    return " ".join(numbers.points(each) for each in cell.contrast.differences) if cell.contrast else numbers.NONE


def _t_interval(cell: Cell) -> str:
    interval = cell.contrast.t_interval if cell.contrast else None
    return numbers.interval_points(interval) if interval else numbers.NONE


def _mcnemar(cell: Cell) -> str:
    known = [each.mcnemar_p for each in cell.replicates if each.mcnemar_p is not None]
    return " ".join(numbers.p_value(p) for p in known) or numbers.NONE


def _real(cell: Cell) -> str:
    if cell.contrast is None:
        return numbers.NONE
    given = f", given {cell.contrast.given}" if cell.contrast.given else ""
    return f"{'yes' if cell.contrast.real else 'no'}{given}"


def _members(row: Row) -> str:
    known = [(member.correct, member.n) for member in row.members]
    return " ".join(numbers.fraction(correct / n) for correct, n in known if correct is not None and n)


def _without_duplicates(outcome: Outcome) -> str:
    score = outcome.without_duplicates
    return f"{numbers.fraction(score.accuracy)} ({score.correct}/{score.n})" if score else numbers.NONE
