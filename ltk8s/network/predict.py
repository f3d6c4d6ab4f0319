"""Predict many images with one network."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor, nn

from ltk8s.data.dataset import Images
from ltk8s.network.device import Precision, autocast
from ltk8s.network.preprocess import Preprocess

FULL_BATCH_SIDE = 112


def predict(
    model: nn.Module,
    images: Images,
    preprocess: Preprocess,
    *,
    batch_size: int = 256,
    precision: Precision = "fp32",
    flip: bool = False,
    checkpoint: Callable[[], None] | None = None,
) -> Tensor:
    """Return the logits of ``images`` (uint8 N×H×W×3, in memory or mapped), float32 N×C, on the CPU.

    The model is put into eval mode and stays on its device. Above 112 pixels the batch shrinks so that its area does not grow:
    that depends on nothing but the size, since another batch size may change the last bit of a logit.

    Args:
        flip: average each image's logits with its mirror image's.
        checkpoint: called before each batch; what it raises ends the prediction.
    """
    device = next(model.parameters()).device
    preprocess = preprocess.to(device)
    batch_size = max(1, min(batch_size, batch_size * FULL_BATCH_SIDE**2 // preprocess.size**2))
    model.eval()
    logits = []
    with torch.inference_mode():
        for start in range(0, len(images), batch_size):
            if checkpoint:
                checkpoint()
            batch = preprocess(torch.from_numpy(np.array(images[start : start + batch_size])).to(device))
            with autocast(device, precision):
                logits.append(outputs(model, batch, flip=flip))
    return torch.cat(logits).cpu() if logits else torch.empty(0, 0)


def outputs(model: nn.Module, prepared: Tensor, *, flip: bool) -> Tensor:
    """Logits float32 of a prepared batch B×3×S×S; with ``flip`` the mean of those of each image and of its mirror image."""
    logits: Tensor = model(prepared).float()
    return (logits + model(prepared.flip(3)).float()) / 2 if flip else logits
