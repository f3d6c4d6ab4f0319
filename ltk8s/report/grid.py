"""The headline table: a row for each data set and ratio, a column for each technique."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ltk8s.report.averages import ALL, published_average
from ltk8s.report.cell import Cell
from ltk8s.report.labels import label_without_run
from ltk8s.report.numbers import NONE, fraction, interval_points, points, ratio
from ltk8s.report.place import Place, dataset_names, place_of
from ltk8s.report.published import ACCURACY, DATASET, PRINTED_AVERAGE, published_accuracy
from ltk8s.report.study import Scale, Study

REAL = "*"
"""Marks a difference that is real."""

LEGEND = "* real: interval clear of 0 after correction for all columns of a line, and every seed agrees."


@dataclass(frozen=True)
class Grid:
    """Texts: ``rows`` are as long as ``header``."""

    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


def grid(study: Study, *, compact: bool = False) -> Grid:
    """Our numbers; the profile is named where the lines have several.

    ``compact`` leaves out counts and seeds, for where they are shown elsewhere.
    """
    scales, missing = study.scales(), _missing(study)
    lines = sorted({**scales, **{scale: [] for scale in missing}}, key=_line)
    columns = list(dict.fromkeys([cell.label for cell in study.cells] + [t for own in missing.values() for t in own]))
    profile = len({scale.profile for scale in lines}) > 1
    names = dataset_names(place_of(scale) for scale in lines)
    rows = [
        (
            *_where(scale, names, profile),
            *(_cell(scales.get(scale, []), label, missing.get(scale, {}), compact) for label in columns),
        )
        for scale in lines
    ]
    averaged = {cell.label: _average(study, cell) for cell in study.cells}
    if any(averaged.values()):
        rows.append(("average", "", *([""] if profile else []), *(averaged.get(label) or NONE for label in columns)))
    return Grid(("data set", "ratio", *(["profile"] if profile else []), *columns), tuple(rows))


def transposed(texts: Grid, fixed: int) -> Grid:
    """Techniques as rows and ratios as columns, for a narrow terminal; ``fixed`` columns of each line name it."""
    heads = tuple(" ".join(filter(None, row[:fixed])) for row in texts.rows)
    rows = tuple((name, *(row[fixed + i] for row in texts.rows)) for i, name in enumerate(texts.header[fixed:]))
    return Grid(("", *heads), rows)


def published_grid(study: Study) -> Grid | None:
    """The student report's numbers for the ratios and experiments of this study, or None where it has none."""
    own = [cell for cell in study.cells if cell.dataset == DATASET]
    missing = [each for each in study.not_run if each.dataset == DATASET and each.kind == "experiment"]
    titles = {cell.experiment: cell.title for cell in own} | {each.experiment: each.title for each in missing}
    ratios = {cell.ratio for cell in own} | {each.ratio for each in missing}
    known = [r for r in ACCURACY if r in ratios]
    columns = [experiment for experiment in titles if any(experiment in ACCURACY[r] for r in known)]
    if not columns:
        return None
    rows = [(DATASET, ratio(r), *(_published(r, experiment) for experiment in columns)) for r in known]
    if set(ALL) <= set(known):
        rows.append(("average", "", *(_published_average(experiment) for experiment in columns)))
    return Grid(("data set", "ratio", *(titles[experiment] for experiment in columns)), tuple(rows))


def _where(scale: Scale, names: dict[Place, str], profile: bool) -> tuple[str, ...]:
    return names[place_of(scale)], ratio(scale.ratio), *([scale.profile] if profile else [])


def _line(scale: Scale) -> tuple[object, ...]:
    return scale.dataset, scale.fingerprint, scale.profile, -(1.0 if scale.ratio is None else scale.ratio)


def _cell(own: Sequence[Cell], label: str, missing: dict[str, str], compact: bool) -> str:
    cell = next((cell for cell in own if cell.label == label), None)
    if cell is None:
        return missing.get(label, NONE)
    if cell.same_as:
        return f"= {cell.same_as}"
    counts = f"{cell.replicates[0].correct}/{cell.n}" if cell.seeds == 1 else f"{cell.seeds} seeds"
    text = fraction(cell.score) if compact else f"{fraction(cell.score)} ({counts})"
    if cell.contrast is None:
        return text
    return f"{text} {points(cell.contrast.difference)}{REAL if cell.contrast.real else ''}"


def _missing(study: Study) -> dict[Scale, dict[str, str]]:
    """What to say of the columns that have no result, by line."""
    begun = {row.run for row in study.rows}
    said: dict[Scale, dict[str, str]] = {}
    for each in study.not_run:
        if each.kind == "experiment":
            scale = Scale(dataset=each.dataset, fingerprint=each.fingerprint, ratio=each.ratio, profile=each.profile)
            label = label_without_run(each, study.cells, study.not_run)
            said.setdefault(scale, {})[label] = "unfinished" if each.run in begun else "not run"
    return said


def _average(study: Study, cell: Cell) -> str:
    """A technique's average improvement, where there is but one data set and profile to average for."""
    if len({place_of(each) for each in study.averages}) != 1:
        return ""
    found = next((average for average in study.averages if average.label == cell.label), None)
    return f"{points(found.difference)} [{interval_points(found.interval)}]" if found and len(found.ratios) > 1 else ""


def _published(ratio: float | None, experiment: str) -> str:
    accuracy = published_accuracy(DATASET, ratio, experiment)
    return NONE if accuracy is None else f"{accuracy:.4f}".removeprefix("0")


def _published_average(experiment: str) -> str:
    """Recomputed from its table, and as printed, in points."""
    if experiment not in PRINTED_AVERAGE:
        return NONE
    recomputed = published_average(DATASET, experiment, ALL) or 0.0
    return f"{100 * recomputed:+.2f} (printed {100 * PRINTED_AVERAGE[experiment]:+.1f})"
