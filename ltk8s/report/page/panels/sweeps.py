"""Figs 1 and 2, and the other sweeps: architectures against parameters, two settings as a map, anything else as dots."""

from __future__ import annotations

import math
from collections.abc import Iterator
from functools import partial
from typing import Any

from ltk8s.metrics.intervals import wilson
from ltk8s.report import numbers
from ltk8s.report.figures import architectures, heat_map, points
from ltk8s.report.page.panels.panel import Panel, capital, slug
from ltk8s.report.published import ARCHITECTURES, DATASET
from ltk8s.report.study import Sweep
from ltk8s.spec.ranking import Point, Ranking

Key = tuple[bool, float, str]
"""What sorts the values of a setting, whatever their types."""


def is_architectures(ranking: Ranking) -> bool:
    """Whether the points differ in their network and nothing else."""
    return all(len(point.networks) == 1 for point in ranking.points) and all(
        path.partition(".")[0] == "learners" for point in ranking.points for path in point.settings
    )


def panels(sweep: Sweep) -> Iterator[Panel]:
    """The one figure that suits a sweep; none while it is unfinished."""
    if sweep.ranking is None:
        return
    where = "all images" if sweep.setting.ratio is None else f"ratio {numbers.ratio(sweep.setting.ratio)}"
    name = f"{sweep.run}-{slug(sweep.setting.ratio)}"
    if is_architectures(sweep.ranking):
        yield _architectures(f"fig1-{name}", where, sweep, sweep.ranking)
    elif len(paths := _paths(sweep.ranking)) == 2:
        yield _map(f"fig2-{name}", where, sweep.ranking, paths)
    else:
        yield _dots(f"sweep-{name}", f"{sweep.title}, {where}", sweep.ranking)


def _architectures(name: str, where: str, sweep: Sweep, ranking: Ranking) -> Panel:
    ours = [architectures.Network(p.networks[0], p.parameters, p.accuracy, wilson(p.correct, p.n)) for p in ranking.points]
    comparable = sweep.setting.dataset == DATASET and sweep.setting.ratio is None and ranking.selects == "nothing"
    theirs = [architectures.Network(each.name, each.millions * 1e6, each.accuracy) for each in ARCHITECTURES if comparable]
    measured = "test accuracy" if ranking.selects == "nothing" else "out-of-fold accuracy"
    draw = partial(architectures.draw, title=capital(where), ours=ours, theirs=theirs, measured=measured)
    beside = " Hollow: the student report’s networks, parameters as it prints them." if theirs else ""
    return Panel(name, draw, f"{capital(measured)} with its 95 % interval.{beside}")


def _map(name: str, where: str, ranking: Ranking, paths: tuple[str, ...]) -> Panel:
    rows, columns = (_values(ranking, path) for path in paths)
    at = {_place(point, paths): i for i, point in enumerate(ranking.points)}
    values = [
        [ranking.points[at[row, column]].balanced_accuracy if (row, column) in at else None for column in columns]
        for row in rows
    ]
    places = {i: (list(rows).index(row), list(columns).index(column)) for (row, column), i in at.items()}
    data = heat_map.HeatMap(
        row_name=_name(paths[0]),
        column_name=_name(paths[1]),
        rows=list(rows.values()),
        columns=list(columns.values()),
        values=values,
        best=places[ranking.best],
        chosen=None if ranking.chosen is None else places[ranking.chosen],
    )
    error = ranking.points[ranking.best].standard_error
    measured = f"out-of-fold, {ranking.folds} folds" if ranking.selects == "oof" else "test"
    chosen = " Framed: chosen." if ranking.chosen is not None else ""
    caption = f"Balanced accuracy ({measured}); one standard error is {100 * error:.1f} points. Bold: highest.{chosen}"
    return Panel(name, partial(heat_map.draw, title=capital(where), data=data), caption)


def _dots(name: str, title: str, ranking: Ranking) -> Panel:
    scored = [points.Score(p.label, p.balanced_accuracy, p.standard_error) for p in ranking.points]
    measured = (
        f"Out-of-fold balanced accuracy, {ranking.folds} folds" if ranking.selects == "oof" else "Test accuracy, balanced"
    )
    best, chosen = ranking.best, ranking.chosen
    draw = partial(points.draw, title=title, scores=scored, best=best, chosen=chosen, measured=measured.lower())
    return Panel(name, draw, f"{measured}, ± one standard error; shaded: within one standard error of the best.")


def _paths(ranking: Ranking) -> tuple[str, ...]:
    """The settings that every point has, if they alone tell the points apart; else none."""
    paths = tuple(dict.fromkeys(path for point in ranking.points for path in point.settings))
    whole = all(set(point.settings) == set(paths) for point in ranking.points)
    plain = all(isinstance(value, int | float | str) for point in ranking.points for value in point.settings.values())
    return paths if whole and plain and len({_place(p, paths) for p in ranking.points}) == len(ranking.points) else ()


def _values(ranking: Ranking, path: str) -> dict[Key, str]:
    """What a setting was, in order, each value once, with its text."""
    return {_key(value): _text(value) for value in sorted((p.settings[path] for p in ranking.points), key=_key)}


def _place(point: Point, paths: tuple[str, ...]) -> tuple[Key, ...]:
    return tuple(_key(point.settings[path]) for path in paths)


def _key(value: Any) -> Key:
    """Numbers before words. A number is the same however it is written: 1, 1.0 and, from YAML 1.1, the string 1e0."""
    number = _number(value)
    return (True, 0.0, str(value)) if number is None else (False, number, "")


def _number(value: Any) -> float | None:
    try:
        number = None if isinstance(value, bool) else float(value)
    except ValueError:
        return None
    return number if number is not None and math.isfinite(number) else None


def _name(path: str) -> str:
    last = path.rpartition(".")[2]
    return {"lr": "learning rate"}.get(last, last.replace("_", " "))


def _text(value: Any) -> str:
    number = _number(value)
    return str(value) if number is None or isinstance(value, int) else f"{number:g}"
