"""How far probabilities can be believed."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.floating]
Labels = NDArray[np.int64]

SMALLEST = 1e-30
"""Below this a probability is taken as this one, so that one rounded-off image does not make the mean infinite."""


def nll(probabilities: Floats, labels: Labels) -> float:
    """Mean negative log-likelihood in nats of the true class; ``probabilities`` N×C."""
    true = probabilities[np.arange(len(labels)), labels].astype(np.float64)
    return float(-np.log(np.maximum(true, SMALLEST)).mean())


def brier(probabilities: Floats, labels: Labels) -> float:
    """Brier score (Brier 1950), in its original form: mean over images of Σ_c (p_c − y_c)², from 0 (best) to 2."""
    error = probabilities.astype(np.float64)
    error[np.arange(len(labels)), labels] -= 1
    return float((error**2).sum(axis=1).mean())


BINS = 15


@dataclass(frozen=True, slots=True)
class Bin:
    """The images whose top probability is in (``low``, ``high``]: ``n`` of them, their mean confidence and accuracy.

    Both are None where there is no image.
    """

    low: float
    high: float
    n: int
    confidence: float | None
    accuracy: float | None


def ece(probabilities: Floats, labels: Labels, bins: int = BINS) -> float:
    """Expected calibration error (Guo et al. 2017): Σ_b |B_b|/N · |accuracy(B_b) − confidence(B_b)|.

    Bins are of equal width over the top class's probability, the upper bound included.
    """
    confidence = probabilities.max(axis=1).astype(np.float64)
    right = probabilities.argmax(axis=1) == labels
    gaps = np.bincount(_bin_of(confidence, bins), weights=right - confidence, minlength=bins)
    return float(np.abs(gaps).sum() / len(labels))


def reliability(confidence: Floats, right: NDArray[np.bool_], bins: int = BINS) -> list[Bin]:
    """The bins of a reliability diagram (Guo et al. 2017, figure 1); both arguments of shape N.

    ``confidence`` is each image's top probability. The bins' gaps, weighted by their images, sum to the ECE.
    """
    bin_of = _bin_of(confidence.astype(np.float64), bins)
    n = np.bincount(bin_of, minlength=bins)
    trusted = np.bincount(bin_of, weights=confidence, minlength=bins)
    correct = np.bincount(bin_of, weights=right, minlength=bins)
    return [
        Bin(
            b / bins,
            (b + 1) / bins,
            int(n[b]),
            *((float(trusted[b] / n[b]), float(correct[b] / n[b])) if n[b] else (None, None)),
        )
        for b in range(bins)
    ]


def _bin_of(confidence: Floats, bins: int) -> NDArray[np.int64]:
    return np.clip(np.ceil(confidence * bins).astype(np.int64) - 1, 0, bins - 1)
