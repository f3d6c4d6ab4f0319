"""What to call each row of a table: one name for one way of setting an experiment, at every ratio."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from ltk8s.report.cell import Cell
from ltk8s.report.exhibit import NotRun
from ltk8s.report.place import Place, place_of
from ltk8s.report.row import Row
from ltk8s.report.variant import differences

Way = tuple[Place, str, str]
"""An experiment in a table, and the variant that it is set in."""


def labels(rows: Iterable[Row], presets: Mapping[tuple[Place, str], str]) -> dict[Way, str]:
    """Return a label for each way: the preset's is its title, another's says too what sets it apart.

    Where two experiments would be called the same, their names are added.
    """
    own: dict[tuple[Place, str], list[Row]] = {}
    for row in rows:
        own.setdefault((place_of(row.setting), row.experiment), []).append(row)
    made = {way: label for key, group in own.items() for way, label in _of_one(key, group, presets[key])}
    owners: dict[str, set[str]] = {}
    for (_, experiment, _), label in made.items():
        owners.setdefault(label, set()).add(experiment)
    return {way: _named(label, way[1]) if len(owners[label]) > 1 else label for way, label in made.items()}


def label_without_run(one: Cell | NotRun, cells: Sequence[Cell], open_ones: Sequence[NotRun] = ()) -> str:
    """What to call an experiment where it has no run of its own: as in the rest of its table, or by its title."""
    place = place_of(one)
    for cell in cells:
        if cell.preset and (place_of(cell), cell.experiment) == (place, one.experiment):
            return cell.label
    taken = [*((cell.label, cell.experiment) for cell in cells), *((each.title, each.experiment) for each in open_ones)]
    clash = any(label == one.title and experiment != one.experiment for label, experiment in taken)
    return _named(one.title, one.experiment) if clash else one.title


def _of_one(key: tuple[Place, str], rows: Sequence[Row], preset: str) -> list[tuple[Way, str]]:
    title = max((row for row in rows if row.variant == preset), key=lambda row: row.order).title
    variants = list(dict.fromkeys(row.variant for row in rows))
    apart = zip(variants, differences(variants, preset), strict=True)
    return [((*key, variant), f"{title} ({difference})" if difference else title) for variant, difference in apart]


def _named(label: str, experiment: str) -> str:
    return f"{label} ({experiment})"
