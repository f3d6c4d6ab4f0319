"""Fig 1: what an architecture's parameters buy, in accuracy. The student report's networks stand in the same axes, hollow."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ltk8s.report.figures.axes import fractions, label_points
from ltk8s.report.figures.canvas import Drawing, canvas
from ltk8s.report.figures.palette import BLUE, GREY, MUTED
from ltk8s.report.numbers import short_network


@dataclass(frozen=True)
class Network:
    """One point: ``parameters`` a count, ``accuracy`` a fraction; ``interval`` where it is known."""

    name: str
    parameters: float
    accuracy: float
    interval: tuple[float, float] | None = None


def draw(name: str, title: str, ours: Sequence[Network], theirs: Sequence[Network] = (), *, measured: str) -> Drawing:
    """Accuracy against parameters in millions; ``measured`` says of which images: test or out-of-fold accuracy."""
    with canvas(3.3) as page:
        axes = page.axes
        for network in ours:
            if network.interval:
                axes.plot([network.parameters / 1e6] * 2, network.interval, color=BLUE, linewidth=1.2)
        axes.plot([n.parameters / 1e6 for n in ours], [n.accuracy for n in ours], "o", color=BLUE, label="this study")
        if theirs:
            axes.plot(
                [n.parameters / 1e6 for n in theirs],
                [n.accuracy for n in theirs],
                "D",
                color=GREY,
                markerfacecolor="none",
                markersize=5,
                label="student report (its own networks, 224 px)",
            )
            axes.legend(loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=2, columnspacing=1.2, handletextpad=0.4)
        axes.set(xlabel="parameters (millions)", ylabel=measured, title="" if theirs else title)
        axes.set_xlim(left=0, right=1.12 * max(n.parameters / 1e6 for n in (*ours, *theirs)))
        axes.margins(y=0.12)
        fractions(axes, "y")
        page.settle()
        both = (*ours, *theirs)
        label_points(axes, [(n.parameters / 1e6, n.accuracy) for n in both], [short_network(n.name) for n in both], color=MUTED)
        best = max(ours, key=lambda n: n.accuracy)
        listed = ", ".join(f"{n.name} {n.parameters / 1e6:.1f} M {n.accuracy:.3f}" for n in ours)
        return page.drawing(name, f"{title}. {measured.capitalize()} against parameters: {listed}. Best: {best.name}.")
