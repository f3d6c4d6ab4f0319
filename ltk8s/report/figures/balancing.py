"""Fig 3: the class histogram before and after artificial balancing. What is removed and what is added have a colour each."""

from __future__ import annotations

from collections.abc import Sequence

from ltk8s.report.figures.canvas import Drawing, canvas
from ltk8s.report.figures.palette import BLUE, INK, ORANGE, PALE


def draw(name: str, title: str, counts: Sequence[int], threshold: int) -> Drawing:
    """``counts`` are the images per class in label order; after balancing every class has ``threshold``."""
    ordered = sorted(counts, reverse=True)
    classes = range(len(ordered))
    kept = [min(n, threshold) for n in ordered]
    with canvas() as page:
        axes = page.axes
        axes.bar(classes, kept, color=BLUE, label="kept", width=0.86, linewidth=0)
        axes.bar(
            classes, [max(n - threshold, 0) for n in ordered], bottom=kept, color=PALE, label="removed", width=0.86, linewidth=0
        )
        axes.bar(
            classes,
            [max(threshold - n, 0) for n in ordered],
            bottom=kept,
            color=ORANGE,
            label="added (copies)",
            width=0.86,
            linewidth=0,
        )
        axes.axhline(threshold, color=INK, linewidth=1.2, linestyle="--")
        axes.annotate(
            f"threshold {threshold}", (1, threshold), (0, 4), xycoords=("axes fraction", "data"), textcoords="offset points",
            ha="right", va="bottom", color=INK,
        )  # fmt: skip
        axes.set(xlabel="class, by size", ylabel="training images", title=title, xlim=(-0.8, len(ordered) - 0.2))
        axes.set_xticks([])
        axes.grid(False, axis="x")
        axes.legend(loc="upper center", bbox_to_anchor=(0.5, -0.08), ncols=3, columnspacing=1.4)
        removed = sum(max(n - threshold, 0) for n in ordered)
        added = sum(max(threshold - n, 0) for n in ordered)
        return page.drawing(
            name,
            f"{title}. Images per class before and after balancing to {threshold}: {sum(ordered):,} images become "
            f"{threshold * len(ordered):,}; {removed:,} are removed "
            f"from the large classes, {added:,} copies added to the small.",
        )
