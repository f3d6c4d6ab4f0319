"""What a person writes to ask for a whole table: experiments × ratios × seeds, in parts, the most important first."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from pydantic import Field

from ltk8s.spec.base import Spec, Text
from ltk8s.spec.experiment import Ratio
from ltk8s.spec.sweep import Settings

Seed = Annotated[int, Field(ge=0, lt=1000)]


class Part(Spec):
    """Some experiments or sweeps at some ratios and seeds. ``set`` changes all of them alike.

    Within a part all its experiments come at one seed before the next seed, and all seeds at one ratio before the next ratio.
    """

    name: Annotated[Text, Field(min_length=1, max_length=60)]
    experiments: Annotated[tuple[Text, ...], Field(min_length=1)]
    ratios: Annotated[tuple[Ratio, ...], Field(min_length=1)]
    seeds: Annotated[tuple[Seed, ...], Field(min_length=1)] = (0,)
    set: Settings = {}


@dataclass(frozen=True)
class Cell:
    """One experiment or sweep of a study, at one ratio and seed."""

    part: str
    experiment: str
    ratio: float | str
    seed: int
    settings: Settings

    @property
    def overrides(self) -> dict[str, Any]:
        """What is laid over the experiment. Seed s also draws the tail, so that a spread over seeds includes the draw."""
        where = {"dataset.ratio": self.ratio, "seed": self.seed, "dataset.split_seed": self.seed}
        return {**self.settings, **where}


class Study(Spec):
    """Parts in order of priority: where time is short, what comes last is dropped first."""

    kind: Literal["study"]
    title: Annotated[Text, Field(min_length=1, max_length=80)]
    parts: Annotated[tuple[Part, ...], Field(min_length=1)]

    def cells(self) -> Iterator[Cell]:
        """Every cell, in order of priority."""
        for part in self.parts:
            for ratio in part.ratios:
                for seed in part.seeds:
                    for experiment in part.experiments:
                        yield Cell(part.name, experiment, ratio, seed, part.set)
