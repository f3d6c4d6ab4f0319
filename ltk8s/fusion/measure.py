"""What a fusion's result says of it and of its members."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from itertools import combinations
from typing import Any

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from ltk8s.data.dataset import Part
from ltk8s.data.manifest import Manifest
from ltk8s.data.split import tail_counts
from ltk8s.fusion.agreement import Agreement
from ltk8s.fusion.members import Member
from ltk8s.metrics import summarise
from ltk8s.planning.task import FusionTask

OF_A_MEMBER = ("n", "correct", "accuracy", "interval", "balanced_accuracy", "groups")


def measure(
    task: FusionTask,
    members: Sequence[Member],
    agreements: Sequence[Agreement],
    logits: Tensor,
    fused: Tensor,
    test: Part,
    manifest: Manifest,
    duplicates: NDArray[np.bool_] | None,
) -> dict[str, Any]:
    """Return a fusion's metrics: all of ``summarise`` for the fused predictions, and what is known of the members.

    Args:
        logits: the members', M×N×C.
        fused: log-probabilities, N×C.
        duplicates: which test images are training images too, N; None where none is.

    Returns:
        JSON values. ``members`` holds each member's committed counts, its cost, and how well it agreed when evaluated anew;
        ``disagreement`` is the share of images on which two members differ, averaged over pairs (None without a pair);
        ``parameters``, ``multiply_adds`` and ``device_seconds`` are the members' sums.
    """
    counts = tail_counts(manifest.train_counts, task.split.ratio)
    own = [_member(member, found) for member, found in zip(members, agreements, strict=True)]
    return {
        **summarise(fused.double().exp().numpy(), test.labels, counts, manifest.classes),
        "without_duplicates": _without(duplicates, fused, test),
        "classes": list(manifest.classes),
        "train_counts": list(counts),
        "members": own,
        "mean_member_accuracy": sum(member["accuracy"] for member in own) / len(own),
        "disagreement": disagreement(logits.argmax(2).numpy()),
        "parameters": sum(member["parameters"] for member in own),
        "multiply_adds": sum(member["multiply_adds"] for member in own),
        "device_seconds": sum(member["device_seconds"] for member in own),
    }


def disagreement(predicted: NDArray[np.int64]) -> float | None:
    """Mean over pairs of members of the share of images they predict differently; ``predicted`` M×N. None for one member."""
    pairs = list(combinations(predicted, 2))
    return float(np.mean([(a != b).mean() for a, b in pairs])) if pairs else None


def _member(member: Member, found: Agreement) -> dict[str, Any]:
    metrics, provenance = member.result.metrics, member.result.provenance
    return {
        "id": member.id,
        "arch": member.task.arch,
        "seed": member.task.seed,
        **{name: metrics[name] for name in OF_A_MEMBER},
        "parameters": provenance["parameters"],
        "multiply_adds": provenance["multiply_adds"],
        "device_seconds": provenance["seconds"],
        "agreement": asdict(found),
    }


def _without(duplicates: NDArray[np.bool_] | None, fused: Tensor, test: Part) -> dict[str, Any] | None:
    """Counts over the test images that are no training images."""
    if duplicates is None or duplicates.all():
        return None
    right = (fused.argmax(1).numpy() == test.labels)[~duplicates]
    return {"n": len(right), "correct": int(right.sum()), "accuracy": float(right.mean())}
