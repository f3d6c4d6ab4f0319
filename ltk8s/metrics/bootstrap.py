"""The stratified bootstrap of a mean over images, exactly: its distribution is computed, not drawn, wherever it can be.

Resampling each class's images with replacement makes a class's sum an n_c-fold convolution of what its images score. Scores
are counts (a difference in correctness is −1, 0 or 1; summed over S seeds, −S … S), so these sums live on a grid, and the sum
over all classes has the product of their Fourier transforms: Efron's (1979) ideal bootstrap, without the noise of drawing.

Resampling n images shows (n − 1)/n of their variance, and none of a single one. A test set with a long tail itself has many
such classes, and differences would seem certain that are chance. So classes with few images are one stratum (collapsed
strata, Cochran 1977, §5A.12) where images count alike; where classes do, what is drawn is scaled by √(n/(n − 1)).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.polynomial.polynomial import polyval
from numpy.typing import NDArray

from ltk8s.metrics.intervals import DRAWS

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

FEW = 10
"""Classes with fewer images than this are resampled together where every image counts the same."""

ROUNDING = 4e-15
"""What each probability from a Fourier transform may be off by: a tail of n of them is not known better than n times that."""


@dataclass(frozen=True, slots=True, eq=False)
class Resampled:
    """A bootstrap distribution: ``values`` rising, with their probabilities (both of the same length).

    ``smallest_tail`` is the smallest probability that it can tell from 0.
    """

    values: Floats
    probabilities: Floats
    smallest_tail: float

    def interval(self, confidence: float = 0.95) -> tuple[float, float]:
        """Percentile interval: the smallest values at which the distribution reaches either tail's bound."""
        below = np.cumsum(self.probabilities)
        tail = (1 - confidence) / 2
        low, high = np.searchsorted(below, [tail, 1 - tail])
        return float(self.values[low]), float(self.values[min(int(high), len(self.values) - 1)])

    def p(self) -> float:
        """Two-sided p for a mean of 0: twice the smaller tail, 0 itself counted in."""
        at_most = float(self.probabilities[self.values <= 0].sum())
        at_least = float(self.probabilities[self.values >= 0].sum())
        return min(1.0, 2 * max(min(at_most, at_least), self.smallest_tail))


def resampled_mean(scores: Ints, labels: Ints, *, unit: float = 1.0) -> Resampled:
    """Return the bootstrap distribution of the mean over images of ``unit`` · ``scores``, stratified by class.

    Args:
        scores: N integers; ``unit`` is what one of them is worth (1/S where they are sums over S seeds).
        labels: the images' classes, N.

    Raises:
        ValueError: if there is no image.
    """
    from scipy.fft import next_fast_len  # as long to import as all of numpy

    counts, lowest = _counts(scores, labels)
    counts = _strata(counts)
    n = counts.sum(axis=1)
    length = int(n.sum()) * (counts.shape[1] - 1) + 1
    size = next_fast_len(length, real=True)
    # The transform of a class's few counts is a polynomial of the root of unity: its sum costs less than an FFT of its zeros.
    wave = np.exp(-2j * np.pi / size * np.arange(size // 2 + 1))
    spectrum = np.ones_like(wave)
    for images in np.unique(n).tolist():  # classes with as many images share one power, the costly step
        shared = np.ones_like(wave)
        for own in counts[n == images]:
            shared *= polyval(wave, own / images)
        spectrum *= shared**images
    chances = np.clip(np.fft.irfft(spectrum, size)[:length], 0, None)
    values = unit * (lowest + np.arange(length) / len(scores))
    return Resampled(values, chances / chances.sum(), smallest_tail=ROUNDING * length)


def resampled_balanced(scores: Ints, labels: Ints, *, unit: float = 1.0, draws: int = DRAWS, seed: int = 0) -> Resampled:
    """Return the bootstrap distribution of the mean over classes of each class's mean of ``unit`` · ``scores``.

    With as many images in each class this is the mean over images, and exact. With unequal numbers it is drawn: a class's
    resample is a multinomial over the few values that occur in it. A class with one image, which says nothing of how much its
    images differ, is taken to vary as the images of all classes do, each class counting the same.

    Raises:
        ValueError: if there is no image.
    """
    counts, lowest = _counts(scores, labels)
    n = counts.sum(axis=1)
    if len(set(n.tolist())) == 1:
        return resampled_mean(scores, labels, unit=unit)
    rng = np.random.default_rng(seed)
    worth = unit * (lowest + np.arange(counts.shape[1]))
    chances = counts / n[:, None]
    typical = chances.mean(axis=0)
    means = np.full(draws, float((chances @ worth).mean()))
    for own, images in zip(chances, n.tolist(), strict=True):
        drawn = typical if images == 1 else own
        scale = 1.0 if images == 1 else math.sqrt(images / (images - 1))
        means += scale * (rng.multinomial(images, drawn, size=draws) @ worth / images - drawn @ worth) / len(counts)
    return Resampled(np.sort(means), np.full(draws, 1 / draws), smallest_tail=1 / (1 + draws))


def _strata(counts: Ints) -> Ints:
    """The counts of what is resampled by itself: classes, those with few images together.

    Where even all of these have few, the next smallest class joins them.
    """
    n = counts.sum(axis=1)
    few = n < FEW
    if not few.any():
        return counts
    if n[few].sum() < FEW and not few.all():
        few[np.where(few, n.max() + 1, n).argmin()] = True
    return np.vstack([counts[~few], counts[few].sum(axis=0)])


def mean_over_classes(scores: Ints, labels: Ints) -> float:
    """The mean, over the classes that have an image, of each class's mean score."""
    n = np.bincount(labels)
    sums = np.bincount(labels, weights=scores)
    return float((sums[n > 0] / n[n > 0]).mean())


def _counts(scores: Ints, labels: Ints) -> tuple[Ints, int]:
    """How often each score, from the lowest to the highest, comes up in each class that has an image.

    Raises:
        ValueError: if there is no image.
    """
    if len(scores) == 0:
        raise ValueError("there is no image to resample")
    _, class_of = np.unique(labels, return_inverse=True)
    lowest = int(scores.min())
    counts = np.zeros((class_of.max() + 1, int(scores.max()) - lowest + 1), dtype=np.int64)
    np.add.at(counts, (class_of, scores - lowest), 1)
    return counts, lowest
