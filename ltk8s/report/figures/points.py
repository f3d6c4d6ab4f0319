"""A sweep's points, each with its standard error, and the band within one standard error of the best."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ltk8s.report.figures.axes import fractions
from ltk8s.report.figures.canvas import STYLE, Drawing, canvas
from ltk8s.report.figures.fit import LABELS, wrapped
from ltk8s.report.figures.palette import BLUE, INK, PALE, PAPER


@dataclass(frozen=True)
class Score:
    """One point: fractions."""

    label: str
    value: float
    error: float


SIZE = STYLE["font.size"]
"""Points: of a label."""

TALLEST = 66.0
"""Inches: a picture may be 65,535 dots high."""


def draw(name: str, title: str, scores: Sequence[Score], *, best: int, chosen: int | None, measured: str) -> Drawing:
    """A dot for each point in the order given; the chosen one is filled and named in bold."""
    labels = [wrapped(score.label, LABELS, SIZE, lines=2, bold=y == chosen) for y, score in enumerate(scores)]
    pitch = min(0.26 if all("\n" not in label for label in labels) else 0.36, TALLEST / len(scores))
    with canvas(1.1 + pitch * len(scores)) as page:
        axes = page.axes
        top = scores[best]
        axes.axvspan(top.value - top.error, top.value, color=PALE, linewidth=0, alpha=0.5)
        for y, score in enumerate(scores):
            axes.plot([score.value - score.error, score.value + score.error], [y, y], color=BLUE, linewidth=1.8)
            face = BLUE if y == chosen else PAPER
            axes.plot([score.value], [y], "o", markersize=7, color=BLUE, markerfacecolor=face, zorder=3)
        axes.set_yticks(range(len(scores)), labels)
        if chosen is not None:
            axes.get_yticklabels()[chosen].set(fontweight="bold", color=INK)
        axes.set_ylim(len(scores) - 0.4, -0.6)
        axes.set(xlabel=measured, title=title)
        fractions(axes, "x")
        axes.grid(False, axis="y")
        axes.spines["left"].set_visible(False)
        listed = "; ".join(f"{score.label} {score.value:.3f} ± {score.error:.3f}" for score in scores)
        picked = f" Chosen: {scores[chosen].label}." if chosen is not None else ""
        return page.drawing(name, f"{title}. {measured}: {listed}.{picked}")
