"""Fig 6: how the training set becomes bags. The minority is copied into each; the majority is dealt, each image to one."""

from __future__ import annotations

from collections.abc import Sequence

from ltk8s.report.figures.canvas import Drawing, canvas
from ltk8s.report.figures.palette import BLUE, GREEN, INK, MUTED, ORANGE, PALE, PAPER, PURPLE, SKY, VERMILLION

SHARES = (BLUE, SKY, GREEN, PURPLE, VERMILLION, PALE)


def draw(name: str, title: str, minority: int, shares: Sequence[int]) -> Drawing:
    """``minority`` images are in every bag; bag k also gets ``shares[k]`` images of the majority."""
    with canvas(3.3) as page:
        axes = page.axes
        labels = ["training\nset", *(f"bag {k + 1}" for k in range(len(shares)))]
        axes.bar(range(len(labels)), minority, color=ORANGE, width=0.7, edgecolor=PAPER, linewidth=1)
        bottom = minority
        for k, share in enumerate(shares):
            colour = SHARES[k % len(SHARES)]
            axes.bar([0, k + 1], share, bottom=[bottom, minority], color=colour, width=0.7, edgecolor=PAPER, linewidth=1)
            bottom += share
        for at, total in enumerate([bottom, *(minority + share for share in shares)]):
            axes.annotate(f"{total:,}", (at, total), (0, 3), textcoords="offset points", ha="center", color=INK)
        axes.annotate(
            f"minority, {minority:,} images, copied into each", (len(labels) - 0.6, bottom), ha="right", va="top", color=MUTED,
        )  # fmt: skip
        axes.annotate(
            f"majority, {sum(shares):,} images, each in one bag", (len(labels) - 0.6, bottom), (0, -14),
            textcoords="offset points", ha="right", va="top", color=MUTED,
        )  # fmt: skip
        axes.set_xticks(range(len(labels)), labels)
        axes.set(ylabel="training images", title=title)
        axes.set_ylim(0, 1.1 * bottom)
        axes.grid(False, axis="x")
        each = ", ".join(f"{minority + share:,}" for share in shares)
        return page.drawing(
            name,
            f"{title}. {minority:,} images of the minority are in each of {len(shares)} bags; {sum(shares):,} of the majority "
            f"are dealt, each to one. The bags hold {each}.",
        )
