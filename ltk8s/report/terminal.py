"""A study on a terminal: the tables that fit, then the verdicts."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from ltk8s.report import numbers
from ltk8s.report.cell import Cell
from ltk8s.report.exhibit import NotRun, Sweep
from ltk8s.report.grid import LEGEND, Grid, grid, published_grid, transposed
from ltk8s.report.published import SOURCE
from ltk8s.report.study import Scale, Study

if TYPE_CHECKING:
    from rich.console import Group, RenderableType
    from rich.table import Table
    from rich.text import Text

CELLS = ["", "accuracy", "many", "medium", "few", "points vs baseline", "cost"]

POINTS = 5
"""Of a sweep's points the best are shown, at most so many."""

MANY = 8
"""More rows that were not run than this are counted, not listed."""


def render_terminal(study: Study) -> Group:
    """Return what `ltk8s report` prints: the headline, a table for each line of it, sweeps, claims, what is open, verdicts."""
    from rich.console import Group
    from rich.text import Text

    if not study.rows and not study.sweeps and not study.not_run:
        return Group(Text("There are no runs."))
    scales = study.scales()
    parts: list[RenderableType] = []
    if len(scales) > 1:
        texts = grid(study, compact=True)
        parts += [_heading("Accuracy, and points vs baseline"), _grid(transposed(texts, _fixed(texts)), leading=0), Text()]
    for scale, cells in scales.items():
        parts += [_heading(_title(scale)), _cells(cells), Text()]
    theirs = published_grid(study)
    if theirs:
        heading = _heading(f"The student report's own numbers ({SOURCE})")
        parts += [heading, _grid(transposed(theirs, 2), leading=0), Text()]
    for sweep in study.sweeps:
        parts += [*_sweep(sweep), Text()]
    parts += [*_claims(study), *_notes(study)]
    return Group(*parts, *(Text(f"\n{verdict.sentence}", style="bold") for verdict in study.verdicts))


def _cells(cells: list[Cell]) -> Table:
    """A line of the table with what is behind it; a cell takes two lines, and one more where there are several seeds."""
    table = _table(CELLS, leading=1)
    for cell in cells:
        table.add_row(*(_same(cell) if cell.same_as else _texts(cell)))
    return table


def _same(cell: Cell) -> list[str]:
    return [cell.label, f"= {cell.same_as}", *[""] * (len(CELLS) - 2)]


def _texts(cell: Cell) -> list[str]:
    score, interval = (cell.accuracy, cell.interval) if cell.even else (cell.balanced_accuracy, cell.balanced_interval)
    counts = f"{cell.replicates[0].correct}/{cell.n}" if cell.seeds == 1 else numbers.seeds(cell.seeds)
    return [
        f"{cell.label}\n{numbers.networks(cell.networks, short=True)}",
        f"{numbers.fraction(score)} {counts}\n{numbers.interval_fractions(interval)}",
        *(numbers.NONE if value is None else numbers.fraction(value) for value in cell.groups.values()),
        _difference(cell),
        f"{numbers.seconds(cell.device_seconds)}\n{numbers.millions(cell.parameters)}",
    ]


def _difference(cell: Cell) -> str:
    found = cell.contrast
    if found is None:
        return numbers.NONE
    real = " real" if found.real else ""
    lines = [f"{numbers.points(found.difference)}{real}", numbers.interval_points(found.interval)]
    if found.seeds > 1:
        lines.append(f"seeds {' '.join(numbers.points(each) for each in found.differences)}")
    return "\n".join(lines)


def _sweep(sweep: Sweep) -> list[RenderableType]:
    """A sweep's best points, the chosen one marked."""
    heading = f"{sweep.title}: {sweep.setting.dataset} at {numbers.at(sweep.setting.ratio)}"
    ranking = sweep.ranking
    if ranking is None:
        return [_heading(f"{heading}, unfinished")]
    cost = f"{sweep.learners} learners, {numbers.hours(sweep.device_hours)} of device time"
    measured = "test" if ranking.selects == "nothing" else "out of fold"
    table = _table(["", f"balanced accuracy, {measured}", "vs best, points", "accuracy", "parameters"], leading=0)
    order = sorted(range(len(ranking.points)), key=lambda i: -ranking.points[i].balanced_accuracy)
    beyond = [] if ranking.chosen is None or ranking.chosen in order[:POINTS] else [ranking.chosen]
    for i in [*order[:POINTS], *beyond]:
        point = ranking.points[i]
        table.add_row(
            f"{point.label}{' (chosen)' if i == ranking.chosen else ''}",
            f"{numbers.fraction(point.balanced_accuracy)} ± {numbers.fraction(point.standard_error)}",
            numbers.gain(point.against_best) if point.against_best else numbers.NONE,
            numbers.fraction(point.accuracy),
            numbers.millions(point.parameters),
        )
    more = f"; the best {POINTS} of {len(order)} points" if len(order) > POINTS else ""
    return [_heading(f"{heading} ({cost}{more})"), _heading(ranking.reason), table]


def _claims(study: Study) -> list[RenderableType]:
    """How many claims held; the page has the evidence."""
    from rich.text import Text

    if not study.claims:
        return []
    tested = [claim for claim in study.claims if claim.verdict != "not tested"]
    lines = [Text(f"  {claim.verdict}: {claim.claim}") for claim in tested]
    open_ = len(study.claims) - len(tested)
    heading = (
        f"Claims of the student report and our own ({open_} of {len(study.claims)} not tested; --to DIR writes the evidence)"
    )
    return [_heading(heading), *lines, Text()]


def _notes(study: Study) -> list[RenderableType]:
    from rich.text import Text

    notes = [Text(f"Networks: {', '.join(_networks(study))}.", style="dim")] if study.cells else []
    if any(cell.contrast and cell.contrast.real for cell in study.cells):
        notes.append(Text(LEGEND.replace("* real", "Real"), style="dim"))
    notes += [Text(line, style="yellow") for line in _open(study.not_run)]
    notes += [
        Text(f"Not compared: {c.label} at {numbers.at(c.ratio)}: {c.incomparable}.", style="yellow")
        for c in study.cells
        if c.incomparable
    ]
    return list(notes)


def _open(not_run: Iterable[NotRun]) -> list[str]:
    """What has no result yet: line by line if it is little, else counted by reason."""
    missing = list(not_run)
    if len(missing) <= MANY:
        return [f"Unfinished: {each.title}{f' ({each.run})' if each.run else ''}: {each.why}." for each in missing]
    reasons = list(dict.fromkeys(each.why for each in missing))
    counted = "; ".join(f"{sum(each.why == why for each in missing)} × {why}" for why in reasons[:3])
    return [f"Unfinished: {len(missing)} rows of the study ({counted}{'; …' if len(reasons) > 3 else ''})."]


def _grid(texts: Grid, *, leading: int) -> Table:
    table = _table(list(texts.header), leading=leading)
    for row in texts.rows:
        table.add_row(*row)
    return table


def _fixed(texts: Grid) -> int:
    """How many columns name a line."""
    return 3 if "profile" in texts.header[:3] else 2


def _heading(text: str) -> Text:
    """Beside its table and not in it, where it would be broken at the table's width."""
    from rich.text import Text

    return Text(text, style="italic")


def _table(header: list[str], *, leading: int) -> Table:
    """``leading`` is the empty lines between rows: one where a row takes several lines."""
    from rich.box import SIMPLE_HEAD
    from rich.table import Table

    table = Table(box=SIMPLE_HEAD, pad_edge=False, leading=leading)
    for name in header:
        table.add_column(name, overflow="fold")
    return table


def _title(scale: Scale) -> str:
    return f"{scale.dataset}, ratio {numbers.ratio(scale.ratio)}, profile {scale.profile}"


def _networks(study: Study) -> list[str]:
    """Every network by its full name, since the tables shorten it."""
    return list(dict.fromkeys(arch for cell in study.cells for arch in cell.networks))
