"""Fig 4 and the learning curves: lines over training, noise faint behind its moving mean."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ltk8s.report.figures.axes import LINES
from ltk8s.report.figures.canvas import Drawing, canvas
from ltk8s.report.figures.fit import in_legend
from ltk8s.report.figures.palette import SERIES


@dataclass(frozen=True)
class Line:
    """``x`` and ``y`` are as long; ``colour`` is a place in the palette, so that one thing has one colour in all panels."""

    label: str
    x: Sequence[float]
    y: Sequence[float]
    colour: int = 0


def draw(
    name: str,
    title: str,
    lines: Sequence[Line],
    *,
    x_label: str,
    y_label: str,
    limits: tuple[float, float] | None = None,
    smooth: int = 9,
) -> Drawing:
    """Lines that share axes.

    Args:
        limits: of the y axis, to compare several panels.
        smooth: points in the moving mean that is drawn over the faint line; 1 draws the line alone.
    """
    with canvas() as page:
        axes = page.axes
        for number, line in enumerate(lines):
            colour = SERIES[line.colour % len(SERIES)]
            if smooth > 1:
                axes.plot(line.x, line.y, color=colour, linewidth=0.8, alpha=0.3)
            axes.plot(
                line.x, moving_mean(line.y, smooth), LINES[number % len(LINES)], color=colour, label=in_legend(line.label)
            )
        axes.set(xlabel=x_label, ylabel=y_label, title=title)
        axes.margins(x=0.01)
        if limits:
            axes.set_ylim(*limits)
        axes.legend(loc="best")
        ends = "; ".join(f"{line.label} ends at {moving_mean(line.y, smooth)[-1]:.3f}" for line in lines if len(line.y))
        return page.drawing(name, f"{title}. {y_label} over {x_label}: {ends}.")


def moving_mean(values: Sequence[float], width: int) -> list[float]:
    """The mean of the ``width`` values around each, of fewer at both ends.

    >>> moving_mean([0, 3, 6, 9], 3)
    [1.5, 3.0, 6.0, 7.5]
    """
    half = width // 2
    windows = [values[max(0, i - half) : i + half + 1] for i in range(len(values))]
    return [sum(window) / len(window) for window in windows]
