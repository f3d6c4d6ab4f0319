"""Figs 3, 5 and 6: what balancing and bagging make of a training set."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from ltk8s.report.figures import bagging, bags, balancing
from ltk8s.report.page.panels.panel import Panel, capital, slug
from ltk8s.report.page.part import Part
from ltk8s.report.study import Split


def balanced(part: Part) -> Iterator[Panel]:
    """Fig 3, a panel for each ratio that was balanced."""
    for split in _splits(part):
        if split.balanced_to:
            after = split.balanced_to * len(split.counts)
            title = capital(part.where(split.ratio))
            yield Panel(
                f"fig3-{part.key}-{slug(split.ratio)}",
                partial(balancing.draw, title=title, counts=split.counts, threshold=split.balanced_to),
                f"{sum(split.counts):,} images become {after:,}: an epoch is {after / sum(split.counts):.1f} times as long.",
            )


def bagged(part: Part) -> Iterator[Panel]:
    """Fig 5: the training set with the threshold, and beside it the first bag."""
    for split in _splits(part):
        if split.bag_threshold and split.bags:
            large = _majority(split)
            first = [split.bags[0][c] for c in _by_size(split)]
            counts = [split.counts[c] for c in _by_size(split)]
            name, where = f"fig5-{part.key}-{slug(split.ratio)}", part.where(split.ratio)
            histogram = partial(bagging.draw, majority=large)
            yield Panel(
                f"{name}-all",
                partial(histogram, title=f"Training set, {where}", counts=counts, threshold=split.bag_threshold),
                f"{max(counts)} images in the largest class, threshold {split.bag_threshold}: {len(split.bags)} bags.",
            )
            title = f"Bag 1 of {len(split.bags)}, {where}"
            yield Panel(f"{name}-bag", partial(histogram, title=title, counts=first, top=max(counts)))


def dealt(part: Part) -> Iterator[Panel]:
    """Fig 6: the bags, minority copied and majority dealt."""
    for split in _splits(part):
        if split.bags:
            large = _majority(split)
            order = _by_size(split)
            minority = sum(split.counts[c] for c, major in zip(order, large, strict=True) if not major)
            shares = [sum(bag) - minority for bag in split.bags]
            title = f"The bags, {part.where(split.ratio)}"
            yield Panel(
                f"fig6-{part.key}-{slug(split.ratio)}", partial(bags.draw, title=title, minority=minority, shares=shares)
            )


def _splits(part: Part) -> list[Split]:
    return [part.splits[ratio] for ratio in part.ratios if ratio in part.splits]


def _by_size(split: Split) -> list[int]:
    return sorted(range(len(split.counts)), key=lambda c: -split.counts[c])


def _majority(split: Split) -> list[bool]:
    """For each class, the largest first: whether it is dealt. The bags themselves say so: a minority is whole in each."""
    return [any(bag[c] != split.counts[c] for bag in split.bags) for c in _by_size(split)]
