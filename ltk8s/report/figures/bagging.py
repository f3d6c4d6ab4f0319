"""Fig 5: the training set with the bagging threshold, and beside it one bag."""

from __future__ import annotations

from collections.abc import Sequence

from ltk8s.report.figures.canvas import Drawing, canvas
from ltk8s.report.figures.palette import BLUE, INK, ORANGE


def draw(
    name: str,
    title: str,
    counts: Sequence[int],
    *,
    majority: Sequence[bool],
    threshold: int | None = None,
    top: int | None = None,
) -> Drawing:
    """A histogram by class, largest first in ``counts``' own order of the training set.

    Args:
        counts: images per class.
        majority: which classes are dealt to the bags; the others are in each.
        threshold: how large a bag's part of the largest class may be; a line, where given.
        top: the axis' end, so that two histograms compare.
    """
    with canvas() as page:
        axes = page.axes
        for mine, colour, label in ((True, BLUE, "majority: dealt"), (False, ORANGE, "minority: in every bag")):
            at = [c for c, large in enumerate(majority) if large is mine]
            axes.bar(at, [counts[c] for c in at], width=0.86, color=colour, label=label, linewidth=0)
        if threshold is not None:
            axes.axhline(threshold, color=INK, linewidth=1.2, linestyle="--")
            axes.annotate(
                f"threshold {threshold}", (1, threshold), (0, 4), xycoords=("axes fraction", "data"),
                textcoords="offset points", ha="right", va="bottom", color=INK,
            )  # fmt: skip
        axes.set(xlabel="class, by size", ylabel="training images", title=title, xlim=(-0.8, len(counts) - 0.2))
        axes.set_ylim(0, 1.06 * (top or max(counts)))
        axes.set_xticks([])
        axes.grid(False, axis="x")
        axes.legend(loc="upper right")
        line = f" The threshold is {threshold}." if threshold is not None else ""
        return page.drawing(
            name,
            f"{title}: {sum(counts):,} images in {len(counts)} classes, {max(counts)} in the largest, "
            f"{min(counts)} in the smallest.{line}",
        )
