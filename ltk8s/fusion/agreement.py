"""Whether a member, evaluated anew, predicts what it predicted when it was trained."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from ltk8s.errors import MembersError
from ltk8s.fusion.members import Member

CHANGED = 0.002
MEAN_DIFFERENCE = 1e-3

DECIDING = ("device", "cpu", "threads", "torch", "timm")
"""What a CPU's results depend on to the last bit."""


@dataclass(frozen=True, slots=True)
class Agreement:
    """``exact``: equal to the last bit. ``changed``: share of images with another top class. ``mean_difference``: mean over
    images of |Δp| of the class that was on top.
    """

    exact: bool
    changed: float
    mean_difference: float


def agreement(committed: Tensor, now: Tensor) -> Agreement:
    """Compare two evaluations, logits N×C each."""
    top = committed.argmax(1)
    before, after = (logits.double().softmax(1).gather(1, top[:, None]) for logits in (committed, now))
    return Agreement(
        exact=torch.equal(committed, now),
        changed=float((now.argmax(1) != top).double().mean()),
        mean_difference=float((after - before).abs().mean()),
    )


def check_agreement(member: Member, now: Tensor, here: Mapping[str, Any]) -> Agreement:
    """Return how well a member's new logits agree with its committed ones.

    On the same kind of CPU with as many threads and the same versions they must be equal. Elsewhere another order of sums is
    allowed for: ≤ 0.2 % of images with another top class, and a mean |Δp| ≤ 1e-3. That holds for a GPU even if it is the same
    one, since cuDNN also chooses its algorithms by the memory that is free.

    Args:
        here: this process's environment.

    Raises:
        MembersError: if they do not; it names both environments.
    """
    there = member.result.provenance
    found = agreement(member.predictions.logits, now)
    same = here["device"] == "cpu" and all(here[name] == there.get(name) for name in DECIDING)
    if found.exact or (not same and found.changed <= CHANGED and found.mean_difference <= MEAN_DIFFERENCE):
        return found
    raise MembersError(
        f"Member {member.id} does not predict what it committed: {found.changed:.2%} of images have another top class, "
        f"mean |Δp| is {found.mean_difference:.1e}. It was trained on {describe(there)}; this is {describe(here)}.",
        "Run the fusion on the same kind of machine and image, or train the member anew.",
    )


def describe(environment: Mapping[str, Any]) -> str:
    """An environment in a few words."""
    device, cpu = environment.get("device"), environment.get("cpu")
    where = f"{cpu}, {environment.get('threads')} threads" if device == "cpu" else str(device)
    return f"{where}, torch {environment.get('torch')}, timm {environment.get('timm')}"
