"""The training curve, and the first step that went wrong: summed on the device, so that no step waits for them."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Iterable
from dataclasses import asdict, dataclass, fields
from typing import Any

import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor

from ltk8s.errors import TaskError

NEVER = 2**31 - 1


@dataclass(frozen=True)
class Point:
    """One point of the curve after ``step`` steps: means over the ``images`` images since the point before.

    ``plain_loss`` is the cross entropy of the same outputs without weights, margins or adjustment, an axis that all losses
    share; None where an earlier version has begun the point.
    """

    step: int
    epoch: float
    size: int
    lr: float
    loss: float
    accuracy: float
    images: int
    plain_loss: float | None = None


class Curve:
    """Collects loss and accuracy of each step. Only ``check``, ``points``, ``latest`` and ``state`` wait for the device."""

    def __init__(self, device: torch.device) -> None:
        self._sums = torch.zeros(4, device=device, dtype=torch.float64)  # of loss × images, correct, images, plain losses
        self._first_bad = torch.tensor(NEVER, device=device)
        self._points: list[Point] = []
        self._marked: list[tuple[dict[str, Any], Tensor]] = []

    def add(self, step: int, loss: Tensor, logits: Tensor, labels: Tensor) -> None:
        """Count one step in."""
        correct = (logits.argmax(1) == labels).sum()
        plain = F.cross_entropy(logits, labels, reduction="sum")
        self._sums += torch.stack([loss * len(labels), correct, torch.full_like(correct, len(labels)), plain])
        self._first_bad = torch.where(loss.isfinite(), self._first_bad, self._first_bad.clamp(max=step))

    def mark(self, **where: Any) -> None:
        """End a point here; ``where`` are its step, epoch, size and learning rate."""
        self._marked.append((where, self._sums.clone()))
        self._sums.zero_()

    def check(self) -> None:
        """Raise TaskError if a loss was not finite, naming the first such step."""
        step = int(self._first_bad)
        if step != NEVER:
            raise TaskError(f"The loss is not finite at step {step}.", "Lower train.lr, or raise train.warmup.")

    def points(self) -> list[Point]:
        """All points so far. Raises TaskError as ``check`` does."""
        self.check()
        for where, sums in self._marked:
            self._points.append(Point(**where, **_means(sums)))
        self._marked = []
        return self._points

    def latest(self) -> tuple[float, float]:
        """Loss and accuracy over what came since the last point but one."""
        last = self.points()[-1:]
        recent = _means(self._sums)
        means = summary([*last, Point(0, 0, 0, 0, **recent)] if recent["images"] else last)
        return means["loss"], means["accuracy"]

    def state(self) -> dict[str, Any]:
        """All that ``restore`` needs, on the CPU."""
        return {"points": [asdict(point) for point in self.points()], "sums": self._sums.to("cpu", copy=True)}

    def restore(self, state: dict[str, Any]) -> None:
        """Go on from ``state()``."""
        self._points = [Point(**point) for point in state["points"]]
        kept = state["sums"]
        self._sums.fill_(math.nan)  # an earlier version had no plain losses
        self._sums[: len(kept)] = kept.to(self._sums.device)


def summary(points: Iterable[Point]) -> dict[str, float]:
    """Mean loss and accuracy over points, each counted by its images."""
    points = list(points)
    total = max(sum(point.images for point in points), 1)
    return {
        "loss": sum(point.loss * point.images for point in points) / total,
        "accuracy": sum(point.accuracy * point.images for point in points) / total,
    }


def to_csv(points: Iterable[Point]) -> bytes:
    """The curve as CSV with a header."""
    text = io.StringIO()
    writer = csv.DictWriter(text, [field.name for field in fields(Point)], lineterminator="\n")
    writer.writeheader()
    writer.writerows(asdict(point) for point in points)
    return text.getvalue().encode()


def _means(sums: Tensor) -> dict[str, Any]:
    loss, correct, images, plain = sums.tolist()
    return {
        "loss": loss / max(images, 1),
        "accuracy": correct / max(images, 1),
        "images": int(images),
        "plain_loss": None if math.isnan(plain) else plain / max(images, 1),
    }
