"""Batched augmentation against what it stands for."""

from __future__ import annotations

import pytest
import torch
import torchvision.transforms.v2.functional as tv
from torchvision.transforms import InterpolationMode

from ltk8s.spec.train import Augment
from ltk8s.training.augment import flip_and_shift, resampling, resized_crops, shifts


def images(count=6, height=12, width=12):
    return torch.randint(1, 256, (count, height, width, 3), dtype=torch.uint8, generator=torch.Generator().manual_seed(1))


def random(*rows):
    """Random numbers as given; those left out are in the middle."""
    return torch.tensor([[*row, *[0.5] * (5 - len(row))] for row in rows])


def test_nothing_is_left_as_it_is():
    assert torch.equal(flip_and_shift(images(2), random([0], [1]), Augment(flip=False, crop="none")), images(2))


def test_half_are_flipped():
    flipped = flip_and_shift(images(2), random([0.49], [0.51]), Augment(crop="none"))
    assert torch.equal(flipped[0], images(2)[0].flip(1))
    assert torch.equal(flipped[1], images(2)[1])


@pytest.mark.parametrize(("down", "right"), [(0, 0), (3, -2), (-3, 3)])
def test_a_shift_equals_a_crop_of_the_padded_image(down, right):
    place = random([1, (3 + down + 0.5) / 7, (3 + right + 0.5) / 7])
    moved = flip_and_shift(images(1), place, Augment(crop="padded", padding=0.25))
    padded = torch.nn.functional.pad(images(1)[0].permute(2, 0, 1), (3, 3, 3, 3))
    expected = padded[:, 3 + down : 15 + down, 3 + right : 15 + right].permute(1, 2, 0)
    assert torch.equal(moved[0], expected)


def test_shifts_are_uniform_and_within_bounds():
    drawn = shifts(torch.arange(0, 1, 1 / 90), 4)
    assert torch.bincount(drawn + 4).tolist() == [10] * 9


def test_images_need_not_be_square():
    assert flip_and_shift(images(2, 8, 14), random([0], [1]), Augment()).shape == (2, 8, 14, 3)


@pytest.mark.parametrize("mode", ["bilinear", "bicubic"])
@pytest.mark.parametrize("size", [7, 20, 31])
@pytest.mark.parametrize(("start", "length"), [(0, 20), (3, 11), (12, 8)])
def test_resampling_equals_torchvisions_antialiased_resized_crop(mode, size, start, length):
    picture = images(1, 20, 20).permute(0, 3, 1, 2).float()
    matrix = resampling(torch.tensor([float(start)]), torch.tensor([float(length)]), 20, size, mode)
    ours = matrix[:, None] @ picture @ matrix[:, None].transpose(-1, -2)
    box = (start, start, length, length, [size, size])
    theirs = tv.resized_crop(picture, *box, interpolation=InterpolationMode(mode), antialias=True)
    assert torch.allclose(ours, theirs, atol=0.01)


def test_a_whole_box_is_the_whole_image():
    whole = resized_crops(
        images(1), torch.tensor([[1.0, 1.0, 0.5, 0.5, 0.5]]), Augment(crop="resized", scale=(0.9999999, 1.0)), 12, "bilinear"
    )
    assert torch.allclose(whole, images(1).permute(0, 3, 1, 2).float(), atol=0.01)


def test_boxes_differ_from_image_to_image():
    drawn = torch.rand(6, 5, generator=torch.Generator().manual_seed(0))
    same = images(1).expand(6, -1, -1, -1)
    cut = resized_crops(same, drawn, Augment(crop="resized", scale=(0.2, 0.9)), 8, "bilinear")
    assert cut.shape == (6, 3, 8, 8)
    assert len({tuple(image.flatten().tolist()) for image in cut}) == 6


def test_a_box_of_one_pixel_still_has_a_value():
    assert torch.isfinite(resampling(torch.tensor([3.2]), torch.tensor([0.6]), 8, 4, "bilinear")).all()
