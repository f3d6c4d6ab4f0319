"""A fusion from logits alone, in numpy: what ``fusion`` does with networks at hand, for those rules that need none."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from ltk8s.data.prior import correction, target_log_prior
from ltk8s.ranking.members import Member
from ltk8s.spec.experiment import Fusion

Floats = NDArray[np.float64]


def mean_probability(logits: Floats) -> Floats:
    """log of the mean of the members' softmax; M×N×C → N×C."""
    logs = log_softmax(logits)
    top = logs.max(axis=0)
    return np.asarray(np.log(np.exp(logs - top).mean(axis=0)) + top)


def mean_logit(logits: Floats) -> Floats:
    """log softmax of the mean of the members' logits; M×N×C → N×C."""
    return log_softmax(logits.mean(axis=0))


RULES: dict[str, Callable[[Floats], Floats]] = {"mean-probability": mean_probability, "mean-logit": mean_logit}


def log_softmax(logits: Floats) -> Floats:
    """Over the last axis."""
    shifted = logits - logits.max(axis=-1, keepdims=True)
    return np.asarray(shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True)))


def fuse(
    logits: Sequence[NDArray[np.float32]],
    members: Sequence[Member],
    fusion: Fusion,
    *,
    classes: Sequence[str],
    split_counts: Sequence[int],
) -> Floats:
    """Return log-probabilities N×C of the members' logits, each N×C.

    Args:
        fusion: rule, temperature and correction.
        classes: the classes' names: a target prior may be given by name.
        split_counts: the images per class of the long-tailed split, where that is the target.
    """
    target = target_log_prior(fusion.target_prior, classes, split_counts) if fusion.prior_correction else None
    added = [
        correction(member.class_counts, member.task.train.loss, target=target, tau=fusion.logit_adjustment)
        for member in members
    ]
    scaled = np.stack([each.astype(np.float64) / fusion.temperature + own for each, own in zip(logits, added, strict=True)])
    return RULES[fusion.rule](scaled)
