"""The reliability diagram: of the answers given with some confidence, how many are right (Guo et al. 2017)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ltk8s.report.figures.axes import MARKERS, fractions
from ltk8s.report.figures.canvas import Drawing, canvas
from ltk8s.report.figures.fit import in_legend
from ltk8s.report.figures.palette import MUTED, SERIES


@dataclass(frozen=True)
class Reliability:
    """One predictor: mean confidence, accuracy and number of images of each bin that has any; ``ece`` in words of the bins."""

    label: str
    confidence: Sequence[float]
    accuracy: Sequence[float]
    n: Sequence[int]
    ece: float


def draw(name: str, title: str, predictors: Sequence[Reliability]) -> Drawing:
    """Accuracy against confidence; below the diagonal a network is too sure of itself. A bin of under 10 images is left out."""
    with canvas(3.6) as page:
        axes = page.axes
        axes.plot([0, 1], [0, 1], color=MUTED, linewidth=1, linestyle=(0, (4, 3)), label="as right as sure")
        for number, each in enumerate(predictors):
            shown = [(c, a) for c, a, n in zip(each.confidence, each.accuracy, each.n, strict=True) if n >= 10]
            ece = f"{each.ece:.3f}".removeprefix("0")
            axes.plot(
                [c for c, _ in shown], [a for _, a in shown], marker=MARKERS[number % len(MARKERS)], markersize=4.5,
                color=SERIES[number % len(SERIES)], label=f"{in_legend(each.label)} (ECE {ece})",
            )  # fmt: skip
        axes.set(xlabel="confidence", ylabel="accuracy", title=title, xlim=(0, 1.01), ylim=(0, 1.01))
        fractions(axes, "x", "y")
        axes.legend(loc="upper left")
        return page.drawing(
            name, f"{title}. Expected calibration error: " + "; ".join(f"{p.label} {p.ece:.3f}" for p in predictors) + "."
        )
