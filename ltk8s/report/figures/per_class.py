"""What a technique gains in each class, the largest class at the top."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ltk8s.report.figures.axes import signed
from ltk8s.report.figures.canvas import Drawing, canvas
from ltk8s.report.figures.palette import BLUE, INK, MUTED, VERMILLION


@dataclass(frozen=True)
class ClassGain:
    """``images`` it is trained on; ``gain`` in points over the baseline."""

    name: str
    images: int
    gain: float


def draw(name: str, title: str, classes: Sequence[ClassGain]) -> Drawing:
    """A bar for each class, in points; gains to the right in blue, losses to the left in vermillion."""
    ordered = sorted(classes, key=lambda each: -each.images)
    with canvas(0.8 + 0.165 * len(ordered)) as page:
        axes = page.axes
        colours = [BLUE if each.gain >= 0 else VERMILLION for each in ordered]
        axes.barh(range(len(ordered)), [each.gain for each in ordered], color=colours, height=0.78, linewidth=0)
        axes.axvline(0, color=INK, linewidth=0.9)
        axes.set_yticks(
            range(len(ordered)), [f"{each.name.replace('_', ' ')}  {each.images}" for each in ordered], fontsize=8.4
        )
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
