"""Columns that are another column at a ratio: where the technique changes nothing, the study did not run it twice."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from ltk8s.report.cell import Cell
from ltk8s.report.labels import label_without_run
from ltk8s.store.studies import StudyCell, StudyRecord


def same_cells(cells: Sequence[Cell], studies: Iterable[StudyRecord]) -> list[Cell]:
    """Return the cells, and beside them those that the studies say are another one: with its numbers, and no comparison."""
    made = list(cells)
    for study in studies:
        for planned in study.cells:
            if planned.same_as and not _there(made, study, planned):
                own = [cell for cell in made if _is(cell, study, planned.same_as, planned.ratio)]
                made += [_named(cell, planned, cells) for cell in sorted(own, key=lambda cell: not cell.preset)[:1]]
    return sorted(made, key=lambda cell: _position(cell, cells))


def _there(cells: Sequence[Cell], study: StudyRecord, planned: StudyCell) -> bool:
    return any(_is(cell, study, planned.experiment, planned.ratio) for cell in cells)


def _is(cell: Cell, study: StudyRecord, experiment: str, ratio: float | None) -> bool:
    place = (cell.dataset, cell.fingerprint, cell.profile, cell.experiment, cell.ratio)
    return place == (study.dataset, study.fingerprint, study.profile, experiment, ratio)


def _named(cell: Cell, planned: StudyCell, cells: Sequence[Cell]) -> Cell:
    update = {"experiment": planned.experiment, "title": planned.title, "same_as": planned.same_as}
    named = cell.model_copy(update={**update, "contrast": None, "incomparable": "", "published": None})
    return named.model_copy(update={"label": label_without_run(named, cells)})


def _position(cell: Cell, before: Sequence[Cell]) -> int:
    """Where the cell's line of the table begins: an added cell goes to the end of its line."""
    line = (cell.dataset, cell.fingerprint, cell.profile, cell.ratio)
    return next(i for i, each in enumerate(before) if (each.dataset, each.fingerprint, each.profile, each.ratio) == line)
