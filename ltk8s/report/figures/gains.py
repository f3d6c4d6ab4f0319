"""By how much each technique differs from the baseline, with its interval: what is clear of 0 is filled."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ltk8s.report.figures.axes import LABEL, signed
from ltk8s.report.figures.canvas import Drawing, canvas
from ltk8s.report.figures.fit import LABELS, wrapped
from ltk8s.report.figures.palette import BLUE, INK, ORANGE, PAPER


@dataclass(frozen=True)
class Gain:
    """In points. ``real`` as the tables have it; ``theirs`` is the student report's, where it has one."""

    label: str
    difference: float
    interval: tuple[float, float]
    real: bool
    theirs: float | None = None


def draw(name: str, title: str, gains: Sequence[Gain]) -> Drawing:
    """A dot with its 95 % interval for each technique, in the order given."""
    labels = [wrapped(gain.label, LABELS, LABEL, lines=4) for gain in gains]
    lines = max((label.count("\n") + 1 for label in labels), default=1)
    with canvas(1.15 + max(0.27, 0.15 * lines) * len(gains)) as page:
        axes = page.axes
        axes.axvline(0, color=INK, linewidth=0.9)
        for y, gain in enumerate(gains):
            axes.plot(gain.interval, [y, y], color=BLUE, linewidth=1.8, solid_capstyle="round")
            axes.plot(
                [gain.difference], [y], "o", markersize=7, color=BLUE, markerfacecolor=BLUE if gain.real else PAPER, zorder=3
            )
        for y, gain in enumerate(gains):
            if gain.theirs is not None:
                axes.plot(
                    [gain.theirs],
                    [y + 0.36],
                    "D",
                    markersize=4.5,
                    color=ORANGE,
                    markeredgecolor=INK,
                    markeredgewidth=0.7,
                    zorder=4,
                )
        axes.set_yticks(range(len(gains)), labels, fontsize=LABEL if lines > 1 else None)
        axes.set_ylim(len(gains) - 0.4, -0.6)
        axes.set_xlabel("difference to the baseline, points [95 %]", loc="right")  # it may be wider than the axes
        axes.set(title=title)
        axes.margins(x=0.06)
        signed(axes, "x")
        axes.grid(False, axis="y")
        axes.spines["left"].set_visible(False)
        texts = [
            f"{g.label} {g.difference:+.1f} ({g.interval[0]:+.1f} to {g.interval[1]:+.1f}{', real' if g.real else ''})"
            for g in gains
        ]
        return page.drawing(name, f"{title}. Points over the baseline: {'; '.join(texts)}.")
