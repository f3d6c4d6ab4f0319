"""The losses, as modules from logits and targets to one number.

Targets are labels, int64 B, or shares of each class, float32 B×C (mixup). ``progress`` is the share of the duration that is
over: deferred weights act from a certain one on.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor, nn

from ltk8s.data.prior import class_weights, log_prior, margins
from ltk8s.spec.train import CrossEntropy, Focal, Ldam, LogitAdjustment, Loss, Weighted


class WeightedLoss(nn.Module):
    """A loss in which each image counts by the weight of its class, once these act."""

    def __init__(self, loss: Weighted, counts: Sequence[float]) -> None:
        super().__init__()
        self.defer = loss.defer
        self.final_weights: Tensor
        self.register_buffer("final_weights", _float(class_weights(counts, loss.weights, loss.beta)), persistent=False)
        self.equal_weights: Tensor
        self.register_buffer("equal_weights", torch.ones_like(self.final_weights), persistent=False)

    def weights(self, progress: float) -> Tensor:
        """The classes' weights, float32 C."""
        return self.final_weights if progress >= self.defer else self.equal_weights


class WeightedCrossEntropy(WeightedLoss):
    """Σwℓ/Σw over a batch, w the weight of each image's class."""

    def __init__(self, loss: CrossEntropy, counts: Sequence[float]) -> None:
        super().__init__(loss, counts)
        self.smoothing = loss.label_smoothing

    def forward(self, logits: Tensor, targets: Tensor, progress: float = 1.0) -> Tensor:
        """float32 B×C → a scalar."""
        return cross_entropy(logits, targets, self.weights(progress), self.smoothing)


class FocalLoss(WeightedLoss):
    """Σwℓ/Σw with ℓ = −(1−p)^γ·log p (Lin et al. 2017)."""

    def __init__(self, loss: Focal, counts: Sequence[float]) -> None:
        super().__init__(loss, counts)
        self.gamma = loss.gamma

    def forward(self, logits: Tensor, targets: Tensor, progress: float = 1.0) -> Tensor:
        """float32 B×C → a scalar."""
        log_p = logits.log_softmax(1)
        wrong = (-torch.expm1(log_p)).clamp(min=torch.finfo(log_p.dtype).tiny)  # at 0 the slope would be infinite for γ < 1
        shares = targets if targets.ndim == 2 else F.one_hot(targets, logits.shape[1])
        counted = shares * self.weights(progress)
        return -(counted * wrong**self.gamma * log_p).sum() / counted.sum()


class LdamLoss(WeightedLoss):
    """Weighted cross entropy after the right class's logit was lowered by its margin times the scale (Cao et al. 2019).

    The logits are a cosine head's, scaled already.
    """

    def __init__(self, loss: Ldam, counts: Sequence[float]) -> None:
        super().__init__(loss, counts)
        self.margins: Tensor
        self.register_buffer("margins", _float(loss.scale * margins(counts, loss.max_margin)), persistent=False)

    def forward(self, logits: Tensor, targets: Tensor, progress: float = 1.0) -> Tensor:
        """float32 B×C, int64 B → a scalar."""
        lowered = logits - F.one_hot(targets, logits.shape[1]) * self.margins
        return F.cross_entropy(lowered, targets, weight=self.weights(progress))


class AdjustedCrossEntropy(nn.Module):
    """Cross entropy of z + τ·log π, π the classes' share of the training images (Menon et al. 2021)."""

    def __init__(self, loss: LogitAdjustment, counts: Sequence[float]) -> None:
        super().__init__()
        self.smoothing = loss.label_smoothing
        self.adjustment: Tensor
        self.register_buffer("adjustment", _float(loss.tau * log_prior(counts)), persistent=False)

    def forward(self, logits: Tensor, targets: Tensor, progress: float = 1.0) -> Tensor:
        """float32 B×C → a scalar."""
        return cross_entropy(logits + self.adjustment, targets, None, self.smoothing)


def make_loss(loss: Loss, counts: Sequence[float]) -> nn.Module:
    """The loss of a task whose epochs show the classes ``counts`` times."""
    if isinstance(loss, LogitAdjustment):
        return AdjustedCrossEntropy(loss, counts)
    if isinstance(loss, Focal):
        return FocalLoss(loss, counts)
    return LdamLoss(loss, counts) if isinstance(loss, Ldam) else WeightedCrossEntropy(loss, counts)


def cross_entropy(logits: Tensor, targets: Tensor, weights: Tensor | None, smoothing: float) -> Tensor:
    """Σwℓ/Σw, w the weight of each target's class. With smoothing ε each target is (1−ε)·target + ε/C, each class's part of ℓ
    counts by that class's own weight, and Σw is still that of the targets: PyTorch's form, here for shares too.
    """
    if targets.ndim == 1:
        return F.cross_entropy(logits, targets, weight=weights, label_smoothing=smoothing)
    weights = torch.ones_like(logits[0]) if weights is None else weights
    smoothed = (1 - smoothing) * targets + smoothing / logits.shape[1]
    return -(smoothed * weights * logits.log_softmax(1)).sum() / (targets * weights).sum()


def _float(values: object) -> Tensor:
    return torch.as_tensor(values, dtype=torch.float32)
