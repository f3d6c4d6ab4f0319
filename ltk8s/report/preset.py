"""Which of the ways an experiment was set is the one that its name stands for."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress

from ltk8s.errors import UsageError
from ltk8s.report.place import Place, place_of
from ltk8s.report.row import Row
from ltk8s.report.variant import flattened, variant_of
from ltk8s.spec.library import Library


def presets(rows: Sequence[Row]) -> dict[tuple[Place, str], str]:
    """Return the variant as preset of each experiment in each table, finished or not."""
    own: dict[tuple[Place, str], list[str]] = {}
    for row in rows:
        own.setdefault((place_of(row.setting), row.experiment), []).append(row.variant)
    return {(place, name): preset(name, place.profile, variants) for (place, name), variants in own.items()}


def preset(experiment: str, profile: str, variants: Sequence[str]) -> str:
    """Which of the runs' variants is the experiment's preset: the one that the catalogue has.

    Where no run is set so (the preset is one's own, or an older version's), it is the variant of most runs, and of several such
    the one that sets least.
    """
    often = Counter(variants)
    if len(often) > 1 and (known := _catalogued(experiment, profile)) in often:
        return known
    return min(often, key=lambda text: (-often[text], len(flattened(json.loads(text)))))


def _catalogued(experiment: str, profile: str) -> str:
    """The variant that the catalogue has, or an empty text."""
    with suppress(UsageError):
        library = Library()
        if experiment in library.names():
            return variant_of(library.experiment(experiment, profile=profile)[1])
    return ""
