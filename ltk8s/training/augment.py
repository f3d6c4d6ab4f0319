"""Random flips and crops of a whole batch at once, on the device, decided by numbers that are drawn elsewhere."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from ltk8s.spec.train import Augment, Interpolation

RANDOM_NUMBERS = 5
"""For each image: flip, and up to four for the crop. A fixed number, so that one choice never shifts another's draw."""

ASPECTS = (3 / 4, 4 / 3)


def flip_and_shift(images: Tensor, random: Tensor, augment: Augment) -> Tensor:
    """Flip half of the images and, with ``crop: padded``, shift each by up to ``padding`` of its sides; black comes in.

    Args:
        images: uint8 B×H×W×3.
        random: float B×5 in [0, 1).

    Returns:
        uint8 B×H×W×3.
    """
    count, height, width, _ = images.shape
    rows = torch.arange(height, device=images.device).expand(count, -1)
    columns = torch.arange(width, device=images.device).expand(count, -1)
    if augment.flip:
        columns = torch.where(random[:, :1] < 0.5, width - 1 - columns, columns)
    if augment.crop == "padded":
        rows = rows + shifts(random[:, 1:2], round(augment.padding * height))
        columns = columns + shifts(random[:, 2:3], round(augment.padding * width))
    inside = ((rows >= 0) & (rows < height))[:, :, None] & ((columns >= 0) & (columns < width))[:, None, :]
    image = torch.arange(count, device=images.device)[:, None, None]
    moved = images[image, rows.clamp(0, height - 1)[:, :, None], columns.clamp(0, width - 1)[:, None, :]]
    return moved * inside[..., None]


def shifts(random: Tensor, most: int) -> Tensor:
    """Uniform integers from −most to most."""
    return (random * (2 * most + 1)).long() - most


def resized_crops(images: Tensor, random: Tensor, augment: Augment, size: int, interpolation: Interpolation) -> Tensor:
    """Cut a random box out of each image and resize it, antialiased, as torchvision's RandomResizedCrop does.

    The box has ``scale`` of the area and a side ratio of 3/4 to 4/3, log-uniform; a side longer than the image is cut to it.

    Args:
        images: uint8 B×H×W×3.
        random: float B×5 in [0, 1).

    Returns:
        float32 B×3×size×size in 0..255 (bicubic may overshoot).
    """
    low, high = augment.scale
    area = low + (high - low) * random[:, 1]
    aspect = torch.exp(math.log(ASPECTS[0]) + math.log(ASPECTS[1] / ASPECTS[0]) * random[:, 2])
    tall = (area / aspect).sqrt().clamp(max=1) * images.shape[1]
    wide = (area * aspect).sqrt().clamp(max=1) * images.shape[2]
    top, left = random[:, 3] * (images.shape[1] - tall), random[:, 4] * (images.shape[2] - wide)
    vertical = resampling(top, tall, images.shape[1], size, interpolation)
    horizontal = resampling(left, wide, images.shape[2], size, interpolation)
    pixels = images.permute(0, 3, 1, 2).float()
    return vertical[:, None] @ pixels @ horizontal[:, None].transpose(-1, -2)


def resampling(start: Tensor, length: Tensor, pixels: int, size: int, interpolation: Interpolation) -> Tensor:
    """The matrices, B×size×pixels, that resample ``length`` pixels from ``start`` of a line of ``pixels`` to ``size``.

    The filter widens when it shrinks (antialias), has its weights inside the box only, and they sum to 1: what Pillow does.
    """
    step = (length / size)[:, None, None]
    centre = start[:, None, None] + (torch.arange(size, device=start.device)[None, :, None] + 0.5) * step
    middle = torch.arange(pixels, device=start.device)[None, None, :] + 0.5
    inside = (middle > start[:, None, None]) & (middle < (start + length)[:, None, None])
    distance = ((middle - centre) / step.clamp(min=1)).abs()
    weights = (triangle(distance) if interpolation == "bilinear" else cubic(distance)) * inside
    return weights / weights.sum(-1, keepdim=True)


def triangle(distance: Tensor) -> Tensor:
    """Bilinear interpolation's filter."""
    return (1 - distance).clamp(min=0)


def cubic(distance: Tensor) -> Tensor:
    """Bicubic interpolation's filter with a = −1/2 (Keys 1981)."""
    near = (1.5 * distance - 2.5) * distance**2 + 1
    far = ((-0.5 * distance + 2.5) * distance - 4) * distance + 2
    return torch.where(distance < 1, near, torch.where(distance < 2, far, 0.0))
