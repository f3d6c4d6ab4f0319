"""A ranking's table: one row a point, best first."""

from __future__ import annotations

from ltk8s.network.table import Row
from ltk8s.spec.ranking import Point, Ranking


def rows(ranking: Ranking) -> list[Row]:
    """The points by falling balanced accuracy; ``chosen`` marks the one that won."""
    order = sorted(range(len(ranking.points)), key=lambda i: -ranking.points[i].balanced_accuracy)
    return [_row(ranking, index) for index in order]


def _row(ranking: Ranking, index: int) -> Row:
    point = ranking.points[index]
    return {
        "point": point.label,
        "balanced_accuracy": round(point.balanced_accuracy, 4),
        "standard_error": round(point.standard_error, 4),
        **_against_best(point),
        "correct": point.correct,
        "n": point.n,
        "accuracy": round(point.accuracy, 4),
        "parameters": point.parameters,
        "device_seconds": round(point.device_seconds, 1),
        "chosen": "chosen" if index == ranking.chosen else "default" if point.default else "",
    }


def _against_best(point: Point) -> Row:
    """Its difference from the best with both bounds; the best has none."""
    names = ("against_best", "against_best_low", "against_best_high")
    found = point.against_best
    if found is None:
        return dict.fromkeys(names, "")
    return {name: round(value, 4) for name, value in zip(names, (found.difference, *found.interval), strict=True)}
