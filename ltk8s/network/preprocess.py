"""From stored pixels to a network's input, on the device: resize, scale, normalise."""

from __future__ import annotations

from collections.abc import Sequence

import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor, nn

from ltk8s.spec.train import Interpolation


class Preprocess(nn.Module):
    """uint8 B×H×W×3 → float32 B×3×S×S, channels_last, normalised; antialiased like torchvision's and Pillow's resize.

    Args:
        mean, std: of each channel, for pixels in 0..1.
        size: S. Images that are not square are resized to a square as a whole: nothing is cut off.
        interpolation: bilinear or bicubic.
    """

    def __init__(self, mean: Sequence[float], std: Sequence[float], size: int, interpolation: Interpolation) -> None:
        super().__init__()
        self.size = size
        self.interpolation = interpolation
        spread = torch.tensor(std).view(1, 3, 1, 1)
        self.scale: Tensor
        self.shift: Tensor
        self.register_buffer("scale", 1 / (255 * spread), persistent=False)
        self.register_buffer("shift", -torch.tensor(mean).view(1, 3, 1, 1) / spread, persistent=False)

    def forward(self, images: Tensor, size: int | None = None) -> Tensor:
        """Prepare a batch; ``size`` stands in for the usual S (progressive resizing)."""
        side = size or self.size
        pixels = images.permute(0, 3, 1, 2).contiguous().float()
        if pixels.shape[-2:] != (side, side):
            pixels = F.interpolate(pixels, (side, side), mode=self.interpolation, antialias=True, align_corners=False)
        return self.normalise(pixels)

    def normalise(self, pixels: Tensor) -> Tensor:
        """float B×3×S×S in 0..255, of which bicubic may overshoot, → normalised, channels_last. Works in place."""
        if self.interpolation == "bicubic":
            pixels = pixels.clamp_(0, 255)
        return pixels.mul_(self.scale).add_(self.shift).contiguous(memory_format=torch.channels_last)
