"""What a person writes to try several settings of one experiment: a grid, a list, or a random sample over any field."""

from __future__ import annotations

import math
import random
from collections.abc import Collection, Sequence
from itertools import product
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, PositiveFloat, field_validator, model_validator

from ltk8s.spec.base import Spec, Text
from ltk8s.spec.yaml import as_written


def keeps_all(settings: dict[str, Any]) -> dict[str, Any]:
    """Return settings of which none replaces what an earlier one sets.

    >>> keeps_all({"train.loss.tau": 2, "train.loss": {"name": "focal"}})
    Traceback (most recent call last):
    ValueError: 'train.loss' would replace 'train.loss.tau' before it: write the whole first
    """
    paths = list(settings)
    for at, path in enumerate(paths):
        for lost in paths[:at]:
            if lost.startswith(f"{path}."):
                raise ValueError(f"{path!r} would replace {lost!r} before it: write the whole first")
    return settings


Settings = Annotated[dict[str, Any], AfterValidator(keeps_all)]
"""Dotted path of a field → value, as in ``--set``."""

MOST_POINTS = 256

LABEL = "label"
"""In a listed point, the one key that is no path: what the point is called."""


class Uniform(Spec):
    """Every value between two alike; whole numbers where both bounds are."""

    uniform: tuple[int, int] | tuple[float, float]

    def draw(self, u: float) -> float:
        low, high = self.uniform
        if isinstance(low, int) and isinstance(high, int):
            return low + int(u * (high - low + 1))
        return _rounded(low + u * (high - low))


class LogUniform(Spec):
    """Every order of magnitude between two alike."""

    log_uniform: tuple[PositiveFloat, PositiveFloat]

    def draw(self, u: float) -> float:
        low, high = self.log_uniform
        return _rounded(math.exp(math.log(low) + u * math.log(high / low)))


class Choices(Spec):
    """One of some values; written as a plain list."""

    choices: Annotated[tuple[Any, ...], Field(min_length=1)]

    @model_validator(mode="before")
    @classmethod
    def _written_as_a_list(cls, value: Any) -> Any:
        return {"choices": value} if isinstance(value, list | tuple) else value

    def draw(self, u: float) -> Any:
        return self.choices[int(u * len(self.choices))]


class RandomPoints(Spec):
    """``n`` points drawn by ``seed``, every field of ``over`` for itself."""

    n: Annotated[int, Field(ge=1, le=MOST_POINTS)]
    seed: int = 0
    over: Annotated[dict[str, Uniform | LogUniform | Choices], Field(min_length=1)]

    def points(self) -> list[Settings]:
        """The drawn points. Python promises that ``random()`` stays the same for a seed, and it alone is used."""
        generator = random.Random(self.seed)
        return [{path: each.draw(generator.random()) for path, each in self.over.items()} for _ in range(self.n)]


class Folds(Spec):
    """Select by pooled predictions of ``folds`` held-out parts of the training images. The test set is never looked at."""

    folds: Annotated[int, Field(ge=2, le=20)] = 3


class Sweep(Spec):
    """Points around an experiment, ranked.

    ``base`` is an experiment's name, or the path of its file; ``set`` changes it for all points alike. The points are a
    ``grid`` (every combination of values), a ``list`` (each a mapping of path → value; ``{}`` is the base itself, and
    ``label`` names a point) or ``random``, which is the base and ``n`` drawn points. With ``select: none`` every point trains
    on all images and the test accuracies are shown, but none is chosen.
    """

    kind: Literal["sweep"]
    title: Annotated[Text, Field(min_length=1, max_length=80)]
    base: Text
    set: Settings = {}
    grid: Annotated[dict[str, Annotated[tuple[Any, ...], Field(min_length=1)]], Field(min_length=1)] | None = None
    list: Annotated[tuple[Settings, ...], Field(min_length=1)] | None = None
    random: RandomPoints | None = None
    select: Folds | Literal["none"] = Folds()

    @field_validator("list")
    @classmethod
    def _labels_are_words(cls, points: tuple[Settings, ...] | None) -> tuple[Settings, ...] | None:
        points = points and tuple({**point, LABEL: as_written(point[LABEL])} if LABEL in point else point for point in points)
        if points and not all(isinstance(point.get(LABEL, ""), str) for point in points):
            raise ValueError("a point's label must be a word")
        return points

    @model_validator(mode="after")
    def _one_way(self) -> Sweep:
        ways = [way for way in (self.grid, self.list, self.random) if way is not None]
        if len(ways) != 1:
            raise ValueError("give the points in one way: as a grid, a list, or random")
        if len(self.points()) > MOST_POINTS:
            raise ValueError(f"{len(self.points())} points are more than {MOST_POINTS}")
        return self

    @property
    def folds(self) -> int:
        """How many folds select; 0 where nothing is selected."""
        return self.select.folds if isinstance(self.select, Folds) else 0

    def points(self) -> Sequence[tuple[str, Settings]]:
        """Each point's label and settings, in order."""
        if self.grid is not None:
            rows = product(*self.grid.values())
            return [_labelled(dict(zip(self.grid, values, strict=True))) for values in rows]
        if self.random is not None:
            return [_labelled(settings) for settings in [{}, *self.random.points()]]
        return [_labelled(settings) for settings in self.list or ()]

    def paths(self) -> Collection[str]:
        """The fields that are swept."""
        return {path for _, settings in self.points() for path in settings}


def _labelled(settings: Settings) -> tuple[str, Settings]:
    own = {path: _switched(value) for path, value in settings.items() if path != LABEL}
    return str(settings.get(LABEL) or label(own)), own


SWITCHES = {"yes": True, "on": True, "no": False, "off": False}


def _switched(value: Any) -> Any:
    """A value with its ``yes`` and ``off`` as true and false: nothing that is swept is called so, and a label shows them."""
    if isinstance(value, dict):
        return {key: _switched(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_switched(item) for item in value]
    return SWITCHES.get(value.lower(), value) if isinstance(value, str) else value


def label(settings: Settings) -> str:
    """A point's settings in a few words.

    >>> label({"train.batch_size": 32, "train.lr": 0.001}), label({"learners": [{"arch": "resnet50"}]}), label({})
    ('batch_size 32, lr 0.001', 'resnet50', 'default')
    """
    lasts = [path.rpartition(".")[2] for path in settings]
    names = [path if lasts.count(last) > 1 else last for path, last in zip(settings, lasts, strict=True)]
    return ", ".join(_words(name, value) for name, value in zip(names, settings.values(), strict=True)) or "default"


def _words(name: str, value: Any) -> str:
    if name == "learners" and isinstance(value, list | tuple):
        return " + ".join(_words("arch", learner.get("arch")) for learner in value if isinstance(learner, dict))
    if name == "arch" or name.endswith(".arch"):
        return str(value)
    if isinstance(value, dict):
        return f"{name} {' '.join(str(part) if key == 'name' else f'{key} {part}' for key, part in value.items())}"
    if isinstance(value, list | tuple):
        return f"{name} {'-'.join(map(str, value))}"
    if isinstance(value, bool):
        return f"{name} {str(value).lower()}"
    return f"{name} {value:g}" if isinstance(value, float) else f"{name} {value}"


def _rounded(value: float) -> float:
    """Four digits: what is drawn can be read aloud and typed again."""
    return float(f"{value:.4g}")
