"""The staircase: does the technique on one data set reach the baseline of the next easier one?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ltk8s.report.figures.axes import fractions
from ltk8s.report.figures.canvas import STYLE, Drawing, canvas
from ltk8s.report.figures.fit import in_legend, wrapped
from ltk8s.report.figures.palette import BLUE, INK, ORANGE, PALE, PAPER

ACROSS = 300.0
"""Points that the labels below the steps share."""

THEIRS = "student report"


@dataclass(frozen=True)
class Bar:
    """A technique's accuracy with its interval."""

    accuracy: float
    interval: tuple[float, float] | None = None


@dataclass(frozen=True)
class Step:
    """One data set; ``technique`` is None where it was not run. ``theirs`` are the student report's two numbers."""

    label: str
    baseline: Bar | None
    technique: Bar | None
    theirs: tuple[float | None, float | None] = (None, None)


def draw(name: str, title: str, technique: str, steps: Sequence[Step]) -> Drawing:
    """Bars side by side, the easiest data set first; a dotted line carries each baseline to the next harder data set."""
    with canvas(3.4) as page:
        axes = page.axes
        for at, colour, label, which in ((-0.19, PALE, "baseline", 0), (0.19, BLUE, in_legend(technique), 1)):
            bars = [(i + at, (step.baseline, step.technique)[which]) for i, step in enumerate(steps)]
            known = [(x, bar) for x, bar in bars if bar]
            axes.bar(
                [x for x, _ in known], [bar.accuracy for _, bar in known], width=0.36, color=colour, label=label, linewidth=0
            )
            for x, bar in known:
                if bar.interval:
                    axes.plot([x, x], bar.interval, color=INK, linewidth=1)
                axes.annotate(
                    _text(bar.accuracy), (x, 0), (0, 4), xycoords=("data", "axes fraction"), textcoords="offset points",
                    ha="center", color=(INK, PAPER)[which], fontsize=8.5,
                )  # fmt: skip
            theirs = [(i + at, value) for i, step in enumerate(steps) if (value := step.theirs[which]) is not None]
            axes.plot(
                [x for x, _ in theirs], [v for _, v in theirs], "D", color=ORANGE, markersize=5, markeredgecolor=INK,
                markeredgewidth=0.7, zorder=4, label=THEIRS if which else "_",
            )  # fmt: skip
        for i, step in enumerate(steps[:-1]):
            if step.baseline and steps[i + 1].technique:
                axes.plot([i - 0.37, i + 1.37], [step.baseline.accuracy] * 2, color=INK, linewidth=0.9, linestyle=(0, (2, 2)))
        below = [wrapped(step.label, ACROSS / len(steps), STYLE["font.size"], lines=3) for step in steps]
        axes.set_xticks(range(len(steps)), below)
        axes.set(ylabel="test accuracy", title=title)
        axes.set_xlim(-0.5 - max(0, 3 - len(steps)) / 2, len(steps) - 0.5 + max(0, 3 - len(steps)) / 2)
        values = [bar.accuracy for step in steps for bar in (step.baseline, step.technique) if bar]
        values += [value for step in steps for value in step.theirs if value is not None]
        axes.set_ylim(max(0, min(values) - 0.12), min(1, max(values) + 0.06))
        fractions(axes, "y")
        axes.grid(False, axis="x")
        handles, labels = axes.get_legend_handles_labels()
        order = sorted(range(len(labels)), key=lambda i: labels[i] == THEIRS)
        axes.legend(
            [handles[i] for i in order],
            [labels[i] for i in order],
            loc="upper center",
            bbox_to_anchor=(0.5, -0.1 - 0.05 * max(label.count("\n") for label in below)),
            ncols=3,
            columnspacing=1.2,
            handletextpad=0.5,
        )
        return page.drawing(name, f"{title}. " + "; ".join(_words(step, technique) for step in steps) + ".")


def _words(step: Step, technique: str) -> str:
    parts = [("baseline", step.baseline), (technique, step.technique)]
    return f"{step.label}: " + ", ".join(f"{name} {_text(bar.accuracy)}" if bar else f"{name} not run" for name, bar in parts)


def _text(value: float) -> str:
    return f"{value:.3f}".removeprefix("0")
