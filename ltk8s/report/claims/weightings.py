"""Which points of a sweep differ in the weighting function and in nothing else."""

from __future__ import annotations

import json

from ltk8s.metrics.selection import Point, Ranking
from ltk8s.report.variant import flattened

WEIGHTS = "train.loss.weights"
FUNCTIONS = {"ins", "isns", "ens"}


def weightings(ranking: Ranking) -> list[Point]:
    """Return the points of two weighting functions or more that are alike in all else; where several groups are, that of the
    highest score. None where a sweep has no two such points.
    """
    groups: dict[str, list[Point]] = {}
    for point in ranking.points:
        if _weights(point) in FUNCTIONS:
            groups.setdefault(_all_else(point), []).append(point)
    several = [group for group in groups.values() if len({_weights(point) for point in group}) > 1]
    return max(several, key=lambda group: max(point.balanced_accuracy for point in group), default=[])


def _weights(point: Point) -> str:
    return str(flattened(point.settings).get(WEIGHTS))


def _all_else(point: Point) -> str:
    """β is ENS's own."""
    settings = {path: v for path, v in flattened(point.settings).items() if path not in {WEIGHTS, "train.loss.beta"}}
    return json.dumps(settings, sort_keys=True)
