"""From pixels to a network's input, against torchvision."""

from __future__ import annotations

import pytest
import torch
import torchvision.transforms.v2.functional as tv
from torchvision.transforms import InterpolationMode

from ltk8s.network.preprocess import Preprocess

MEAN, STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)


@pytest.mark.parametrize("mode", ["bilinear", "bicubic"])
@pytest.mark.parametrize("size", [8, 12, 30])
def test_equals_torchvisions_antialiased_resize_and_normalise(images, mode, size):
    ours = Preprocess(MEAN, STD, size, mode)(torch.from_numpy(images))
    pixels = torch.from_numpy(images).permute(0, 3, 1, 2).float()
    resized = tv.resize(pixels, [size, size], interpolation=InterpolationMode(mode), antialias=True).clamp(0, 255)
    assert torch.allclose(ours, tv.normalize(resized / 255, list(MEAN), list(STD)), atol=1e-4)


def test_black_and_white_become_the_ends_of_the_range():
    pixels = torch.tensor([0, 255], dtype=torch.uint8).view(2, 1, 1, 1).expand(2, 4, 4, 3)
    black, white = Preprocess((0.5,) * 3, (0.5,) * 3, 4, "bilinear")(pixels)
    assert torch.allclose(black, torch.tensor(-1.0))
    assert torch.allclose(white, torch.tensor(1.0))


def test_is_channels_last(images):
    assert Preprocess(MEAN, STD, 8, "bilinear")(torch.from_numpy(images)).is_contiguous(memory_format=torch.channels_last)


def test_another_size_may_stand_in(images):
    assert Preprocess(MEAN, STD, 8, "bilinear")(torch.from_numpy(images), 20).shape == (20, 3, 20, 20)


def test_images_stay_as_they_were(images):
    pixels = torch.from_numpy(images.copy())
    Preprocess(MEAN, STD, 12, "bicubic")(pixels)
    assert (pixels.numpy() == images).all()


def test_what_is_not_square_is_made_square():
    pixels = torch.zeros(2, 10, 20, 3, dtype=torch.uint8)
    assert Preprocess(MEAN, STD, 8, "bilinear")(pixels).shape == (2, 3, 8, 8)


def test_has_no_state_to_keep():
    assert not Preprocess(MEAN, STD, 8, "bilinear").state_dict()
