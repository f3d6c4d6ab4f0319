"""What there is to know of a data set before anything is trained on it: its tail, its traps, what it can tell apart."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from math import ceil
from statistics import harmonic_mean, median

from ltk8s.data.manifest import Manifest
from ltk8s.spec.base import Spec

BARS = "▁▂▃▄▅▆▇█"

DISCORDANT = 0.2
"""Share of test images on which two compared predictors are assumed to disagree about being right."""

EVEN = 0.5
"""With a smallest class above this share of the largest there is no tail to speak of."""


class Overview(Spec):
    """The figures of a data set at one ratio.

    ``detectable`` is the smallest difference in accuracy (in balanced accuracy, where classes have unequal numbers of test
    images), in points, that a paired comparison on the test part finds 4 times in 5 at the 5 % level, two-sided. ``advice`` is
    what stands in the way of a comparison, empty if nothing does.
    """

    name: str
    fingerprint: str
    classes: int
    ratio: float | None
    train: int
    test: int
    largest: int
    median: float
    smallest: int
    empty: tuple[str, ...]
    groups: dict[str, int]
    train_counts: dict[str, int]
    test_counts: dict[str, int]
    height: int
    width: int
    bytes: int
    duplicates: int
    dropped: int
    detectable: float
    advice: str


def overview(manifest: Manifest, ratio: float | None = None) -> Overview:
    """Sum up a data set, its training part cut to the long tail of ``ratio`` (None: all images)."""
    from ltk8s.data.split import tail_counts
    from ltk8s.metrics import GROUPS, group_of, smallest_difference

    counts = tail_counts(manifest.train_counts, ratio)
    groups = Counter(group_of(n) for n in counts)
    return Overview(
        name=manifest.name,
        fingerprint=manifest.fingerprint,
        classes=len(manifest.classes),
        ratio=ratio,
        train=sum(counts),
        test=sum(manifest.test_counts),
        largest=max(counts),
        median=median(counts),
        smallest=min(counts),
        empty=tuple(name for name, n in zip(manifest.classes, counts, strict=True) if n == 0),
        groups={group: groups[group] for group in GROUPS},
        train_counts=dict(zip(manifest.classes, counts, strict=True)),
        test_counts=dict(zip(manifest.classes, manifest.test_counts, strict=True)),
        height=manifest.height,
        width=manifest.width,
        bytes=manifest.bytes,
        duplicates=sum(not duplicate.dropped for duplicate in manifest.duplicates),
        dropped=sum(duplicate.dropped for duplicate in manifest.duplicates),
        detectable=100 * smallest_difference(_worth(manifest.test_counts), DISCORDANT),
        advice=advice(manifest.name, counts),
    )


def _worth(counts: Sequence[int]) -> float:
    """How many test images count: all where each class has as many, fewer where balanced accuracy leads (C² / Σ_c 1/n_c)."""
    tested = [n for n in counts if n]
    return len(tested) * harmonic_mean(tested)


def advice(name: str, counts: Sequence[int]) -> str:
    """What classes of these sizes are not fit for; empty where they have a long tail."""
    if 0 in counts:
        return "A class is left without an image: choose a larger ratio."
    if is_even(counts):
        return f"The classes are nearly even. To study a tail, cut one: `ltk8s data show {name} --ratio 0.02`."
    return ""


def is_even(counts: Sequence[int]) -> bool:
    """Whether the classes are too much alike for a technique against long tails to matter."""
    return min(counts) >= EVEN * max(counts)


def sparkline(counts: Sequence[int], width: int = 100) -> str:
    """Counts as bars, the largest full; of more than ``width``, neighbours share a bar at their mean.

    >>> sparkline([500, 250, 120, 10, 0])
    '█▄▂▁ '
    """
    step = -(-len(counts) // width)
    means = [sum(counts[i : i + step]) / len(counts[i : i + step]) for i in range(0, len(counts), step)]
    return "".join(BARS[ceil(8 * mean / max(means)) - 1] if mean else " " for mean in means)
