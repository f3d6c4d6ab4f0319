"""What a technique gains in each class, the largest class at the top."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ltk8s.report.figures.axes import signed
from ltk8s.report.figures.canvas import Drawing, canvas
from ltk8s.report.figures.fit import LABELS, width, wrapped
from ltk8s.report.figures.palette import BLUE, INK, MUTED, VERMILLION


@dataclass(frozen=True)
class ClassGain:
    """``images`` it is trained on; ``gain`` in points over the baseline."""

    name: str
    images: int
    gain: float


SIZE = 8.4
"""Points: of a class's name."""

LONG = 60
"""Up to so many classes a name may take two lines."""

MOST = 400
"""Of more classes than this the bars are shown, without names."""

TALLEST = 66.0
"""Inches: a picture may be 65,535 dots high."""


def draw(name: str, title: str, classes: Sequence[ClassGain]) -> Drawing:
    """A bar for each class, in points; gains to the right in blue, losses to the left in vermillion."""
    ordered = sorted(classes, key=lambda each: -each.images)
    labels = _labels(ordered)
    pitch = min(0.165 if all("\n" not in label for label in labels) else 0.3, TALLEST / len(ordered))
    with canvas(0.8 + pitch * len(ordered)) as page:
        axes = page.axes
        colours = [BLUE if each.gain >= 0 else VERMILLION for each in ordered]
        axes.barh(range(len(ordered)), [each.gain for each in ordered], color=colours, height=0.78, linewidth=0)
        axes.axvline(0, color=INK, linewidth=0.9)
        axes.set_yticks(range(len(labels)), labels, fontsize=SIZE)
        axes.set_ylim(len(ordered) - 0.4, -0.6)
        axes.set(xlabel="gain over the baseline, points", title=title)
        signed(axes, "x")
        axes.grid(False, axis="y")
        axes.spines["left"].set_visible(False)
        axes.tick_params(axis="y", labelcolor=MUTED)
        up = sum(each.gain > 0 for each in ordered)
        down = sum(each.gain < 0 for each in ordered)
        most, least = max(ordered, key=lambda c: c.gain), min(ordered, key=lambda c: c.gain)
        return page.drawing(
            name,
            f"{title}. {up} classes gain, {down} lose. Most: {most.name} ({most.images} images) {most.gain:+.0f} points; "
            f"least: {least.name} ({least.images} images) {least.gain:+.0f} points.",
        )


def _labels(ordered: Sequence[ClassGain]) -> list[str]:
    if len(ordered) > MOST:
        return []
    lines = 2 if len(ordered) <= LONG else 1
    return [_label(each, lines) for each in ordered]


def _label(each: ClassGain, lines: int) -> str:
    """The name, as much of it as fits, and the number of images."""
    images = f"  {each.images}"
    return wrapped(each.name.replace("_", " "), LABELS - width(images, SIZE), SIZE, lines=lines) + images
