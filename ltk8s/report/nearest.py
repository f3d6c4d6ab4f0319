"""Which baseline a run is compared with, where there are several."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from pydantic import ValidationError

from ltk8s.report.compare import BASELINE, setting_of
from ltk8s.report.row import Setting
from ltk8s.report.variant import variant
from ltk8s.spec.profile import SCALE
from ltk8s.spec.train import Train
from ltk8s.store.runs import RunRecord

SIZE = ("epochs", "steps", "image_size", "eval_size")
"""What decides how good any technique gets: without these alike, a difference says nothing of a technique."""

Way = tuple[Setting, str, str]
"""A line of the table, an experiment, and how it is set: runs that are seeds of one another."""


def way_of(record: RunRecord) -> Way:
    """What a run has in common with its other seeds."""
    line = setting_of(record).model_copy(update={"seed": 0, "split_seed": 0})
    return line, record.experiment, variant(record)


def find_baselines(
    seeds: Sequence[RunRecord], records: Iterable[RunRecord], finished: Callable[[RunRecord], bool]
) -> dict[Setting, RunRecord]:
    """Return the baseline of each of a run's seeds that has one, all of them set in one way.

    Of several ways the nearest is taken: trained for as long on images of the same size, then one that is finished, then alike
    in all of the scale, then with a network in common, then finished for most seeds, then the newest.
    """
    settings = {setting_of(each) for each in seeds}
    ways: dict[str, list[RunRecord]] = {}
    for record in records:
        if record.experiment == BASELINE and setting_of(record) in settings:
            ways.setdefault(variant(record), []).append(record)
    nearest = max(ways.values(), key=lambda way: _nearness(seeds[0], way, finished), default=[])
    return {setting_of(each): each for each in sorted(nearest, key=lambda each: (finished(each), each.order))}


def other_scale(record: RunRecord, baseline: RunRecord) -> str:
    """How a baseline was trained for another time or on other image sizes than a run ("epochs 1 instead of 12"), or nothing."""
    own, theirs = _scale(record, SIZE), _scale(baseline, SIZE)
    differing = [name for name in SIZE if own.get(name) != theirs.get(name)]
    return ", ".join(f"{_said(name)} {_value(theirs.get(name))} instead of {_value(own.get(name))}" for name in differing)


def _nearness(record: RunRecord, way: Sequence[RunRecord], finished: Callable[[RunRecord], bool]) -> tuple[object, ...]:
    archs = {member.arch for member in record.members}
    first, done = way[0], [each for each in way if finished(each)]
    return (
        not other_scale(record, first),
        bool(done),
        _scale(first, SCALE) == _scale(record, SCALE),
        any(member.arch in archs for member in first.members),
        len({setting_of(each) for each in done}),
        max(each.order for each in way),
    )


def _scale(record: RunRecord, names: Iterable[str]) -> dict[str, Any]:
    """Some fields of a run's training, also those at their default, which an older version may not have written."""
    train = record.spec.get("train", {})
    try:
        whole = Train.model_validate(train).model_dump(mode="json")
    except ValidationError:
        whole = train
    return {name: whole.get(name) for name in names}


def _said(name: str) -> str:
    return name.replace("_", " ")


def _value(value: Any) -> str:
    return "–".join(str(each) for each in value) if isinstance(value, list) else str(value)
