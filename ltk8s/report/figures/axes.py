"""What several figures do to their axes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from ltk8s.report.figures.fit import width, wrapped

if TYPE_CHECKING:
    import numpy as np
    from matplotlib.axes import Axes
    from matplotlib.axis import Axis
    from matplotlib.transforms import Bbox
    from numpy.typing import NDArray

LINES = ("-", "--", "-.", ":")
"""Beside colour, so that lines are told apart in grey too."""

MARKERS = ("o", "s", "^", "D", "v", "P")

LABEL = 8.5
"""Points: the size of what is written beside a point or a line."""

NAME = 150.0
"""Points: a longer one beside a point is shortened."""

NEAR = ((7, 0, "left"), (-7, 0, "right"), (0, 10, "center"), (0, -10, "center"), (5, 9, "left"), (-5, 9, "right"))
SPOTS = (*NEAR, (5, -9, "left"), (-5, -9, "right"), *((dx or 18, 2.2 * dy, side) for dx, dy, side in NEAR))
"""Where a label may stand, in points from its marker; the first that is free is taken."""


def fractions(axes: Axes, *which: str) -> None:
    """Write axes of fractions as the tables do: .75, not 0.75; with a third digit where the ticks are that close."""
    for name in which:
        axis = axes.xaxis if name == "x" else axes.yaxis
        axis.set_major_formatter(partial(_fraction, axis))


def _fraction(axis: Axis, value: float, _: float) -> str:
    digits = 2 if all(abs(tick - round(tick, 2)) < 1e-6 for tick in axis.get_majorticklocs()) else 3
    return f"{value:.{digits}f}".removeprefix("0") if value < 1 else f"{value:g}"


def signed(axes: Axes, which: str) -> None:
    """Write an axis of differences with their signs."""
    axis = axes.xaxis if which == "x" else axes.yaxis
    axis.set_major_formatter(lambda value, _: f"{value:+g}".replace("-", "−") if value else "0")


def label_points(axes: Axes, points: Sequence[tuple[float, float]], texts: Sequence[str], **style: Any) -> None:
    """Write a text beside each point so that none covers another or a point. Call it last, on a settled canvas."""
    scale = axes.figure.dpi / 72
    taken = [_around(axes.transData.transform(point), 5 * scale) for point in points]
    for point, whole in zip(points, texts, strict=True):
        text = wrapped(whole, NAME, LABEL)
        (dx, dy, side), box = _free(axes, point, text, scale, taken)
        taken.append(box)
        axes.annotate(text, point, (dx, dy), textcoords="offset points", ha=side, va="center", fontsize=LABEL, **style)


def _free(
    axes: Axes, point: tuple[float, float], text: str, scale: float, taken: Sequence[Bbox]
) -> tuple[tuple[float, float, Any], Bbox]:
    frame = axes.get_window_extent()
    candidates = list(_boxes(axes, point, text, scale))
    for spot, box in candidates:
        inside = frame.x0 <= box.x0 and box.x1 <= frame.x1 and frame.y0 <= box.y0 and box.y1 <= frame.y1
        if inside and not any(box.overlaps(other) for other in taken):
            return spot, box
    return candidates[0]


def _boxes(axes: Axes, point: tuple[float, float], text: str, scale: float) -> Iterator[tuple[tuple[float, float, Any], Bbox]]:
    from matplotlib.transforms import Bbox

    x, y = axes.transData.transform(point)
    wide, height = width(text, LABEL) * scale, 1.2 * LABEL * scale
    for dx, dy, side in SPOTS:
        left = x + dx * scale - {"left": 0.0, "right": wide, "center": wide / 2}[side]
        yield (dx, dy, side), Bbox.from_bounds(left, y + dy * scale - height / 2, wide, height)


def _around(at: NDArray[np.float64], reach: float) -> Bbox:
    from matplotlib.transforms import Bbox

    x, y = at
    return Bbox.from_extents(x - reach, y - reach, x + reach, y + reach)
