"""Whose numbers belong in one table."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple, Protocol


class Place(NamedTuple):
    """A data set at one profile. One name with another fingerprint is other images, and has a table of its own."""

    dataset: str
    fingerprint: str
    profile: str


class Placed(Protocol):
    """What says where it belongs: a setting, a cell, an average, a curve, what was not run."""

    @property
    def dataset(self) -> str: ...

    @property
    def fingerprint(self) -> str: ...

    @property
    def profile(self) -> str: ...


def place_of(one: Placed) -> Place:
    return Place(one.dataset, one.fingerprint, one.profile)


def dataset_names(places: Iterable[Place]) -> dict[Place, str]:
    """What to call the data set of each place: by its name, with the fingerprint where several are called so.

    >>> dataset_names([Place("a", "f0", "cpu"), Place("a", "f1", "cpu"), Place("b", "f2", "cpu")]).values()
    dict_values(['a (f0)', 'a (f1)', 'b'])
    """
    known = dict.fromkeys(places)
    prints: dict[str, set[str]] = {}
    for place in known:
        prints.setdefault(place.dataset, set()).add(place.fingerprint)
    return {p: f"{p.dataset} ({p.fingerprint})" if len(prints[p.dataset]) > 1 else p.dataset for p in known}
