"""Batches come out the same wherever the images are kept."""

from __future__ import annotations

import numpy as np
import torch

from ltk8s.data.dataset import MappedImages
from ltk8s.training.pixels import Pixels

CPU = torch.device("cpu")


def pictures():
    return np.random.default_rng(0).integers(0, 256, (10, 4, 4, 3), dtype=np.uint8)


def test_a_batch_holds_the_rows_asked_for():
    pixels = Pixels(pictures(), np.array([8, 2, 5]), CPU)
    assert (pixels[torch.tensor([2, 0])].numpy() == pictures()[[5, 8]]).all()


def test_repeated_rows_are_stored_once():
    pixels = Pixels(pictures(), np.array([8, 8, 8, 2]), CPU)
    assert pixels.stored == 2
    assert (pixels[torch.arange(4)].numpy() == pictures()[[8, 8, 8, 2]]).all()


def test_images_in_memory_are_not_copied_there():
    images = pictures()
    pixels = Pixels(images, np.array([8, 2, 8]), CPU)
    images[8] = 7
    assert (pixels[torch.tensor([2])] == 7).all()


def test_images_on_disk_that_fit_are_read_once():
    mapped = MappedImages([pictures()[:6], pictures()[6:]])
    pixels = Pixels(mapped, np.array([9, 1]), CPU, memory=10_000)
    assert pixels.resident
    assert (pixels[torch.tensor([0, 1])].numpy() == pictures()[[9, 1]]).all()


def test_images_on_disk_that_do_not_fit_stay_there():
    mapped = MappedImages([pictures()[:6], pictures()[6:]])
    pixels = Pixels(mapped, np.array([9, 1, 9]), CPU, memory=100)
    assert not pixels.resident
    assert (pixels[torch.tensor([2, 1])].numpy() == pictures()[[9, 1]]).all()
