"""From class counts to loss weights and margins, and to the prior that a network really saw.

Counts are how often an epoch shows each class: whole numbers, unless a sampler draws classes by their frequency.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from ltk8s.spec.train import Ldam, LogitAdjustment, Loss

Weighting = Literal["none", "ins", "isns", "ens"]


def class_weights(counts: Sequence[float], rule: Weighting, beta: float = 0.9999) -> NDArray[np.float64]:
    """Return one weight a class, float64 of shape C, at mean 1 over the classes that have an image (0 for the others).

    ins: 1/n (inverse number of samples); isns: 1/√n (inverse square root); ens: (1−β)/(1−β^n), the inverse effective number
    of samples (Cui et al. 2019). The loss is the weighted mean Σwℓ/Σw, so the scale does not matter.
    """
    n = np.asarray(counts, dtype=np.float64)
    seen = n > 0
    safe = np.where(seen, n, 1.0)
    weights = {
        "none": np.ones_like(safe),
        "ins": 1 / safe,
        "isns": 1 / np.sqrt(safe),
        "ens": (1 - beta) / -np.expm1(safe * np.log(beta)) if beta > 0 else np.ones_like(safe),
    }[rule]
    weights = np.where(seen, weights, 0.0)
    return np.asarray(weights / weights[seen].mean())


def log_prior(counts: Sequence[float]) -> NDArray[np.float64]:
    """Return log π, float64 of shape C, π the classes' share of the images. A class without one counts as half an image."""
    n = np.maximum(np.asarray(counts, dtype=np.float64), 0.5)
    return np.asarray(np.log(n / n.sum()))


def margins(counts: Sequence[float], largest: float) -> NDArray[np.float64]:
    """Return LDAM's margin of each class, float64 of shape C: ∝ n^(−1/4), the rarest class's is ``largest`` (Cao et al. 2019).

    A class without an image has the margin of one with a single image, but no class more than ``largest``.
    """
    n = np.asarray(counts, dtype=np.float64)
    rarest = n[n > 0].min()
    return np.asarray(largest * (np.maximum(n, rarest) / rarest) ** -0.25)


def seen_log_prior(counts: Sequence[float], loss: Loss) -> NDArray[np.float64]:
    """Return the log of the prior a network's outputs carry after training, float64 of shape C, normalised.

    π_c ∝ sampling frequency × loss weight for cross entropy, focal loss included; that of the sampling to the power 1−τ for
    logit adjustment. Uniform for ins, for τ = 1 and for a sampler that shows every class equally often: nothing to correct.
    What is left is half of it for isns and for the square-root sampler. LDAM has no exact prior, so that it is taken as uniform
    too. Deferred weights count as if they had acted from the start: it ends with them.
    """
    logs = log_prior(counts)
    if isinstance(loss, Ldam):
        logs = np.zeros_like(logs)
    elif isinstance(loss, LogitAdjustment):
        logs = (1 - loss.tau) * logs
    else:
        weights = class_weights(counts, loss.weights, loss.beta)
        logs = logs + np.log(np.where(weights > 0, weights, weights.max()))
    return np.asarray(logs - np.log(np.exp(logs).sum()))


def target_log_prior(
    target: Literal["uniform", "train"] | Mapping[str, float], classes: Sequence[str], split_counts: Sequence[int]
) -> NDArray[np.float64]:
    """Return the log of the prior where a fusion is to be used, float64 of shape C.

    Args:
        target: as ``fusion.target_prior`` has it.
        classes: the classes' names, for a target that is given by name.
        split_counts: the images per class of the long-tailed split, for ``train``.
    """
    if target == "uniform":
        return np.full(len(classes), -np.log(len(classes)))
    if target == "train":
        return log_prior(split_counts)
    assert not isinstance(target, str)
    return np.asarray(np.log([target[name] for name in classes]))


def correction(
    counts: Sequence[float], loss: Loss, *, target: NDArray[np.float64] | None = None, tau: float = 0.0
) -> NDArray[np.float64]:
    """Return what a fusion adds to a member's logits, float64 of shape C.

    Args:
        counts: how often an epoch of its training showed each class.
        loss: what it was trained with.
        target: the log of the prior to correct for (prior correction: log π_target − log π_seen); None corrects nothing.
        tau: post-hoc logit adjustment instead: −τ·log π of the counts, whatever the loss.
    """
    if target is not None:
        return np.asarray(target - seen_log_prior(counts, loss))
    return -tau * log_prior(counts) if tau else np.zeros(len(counts))
