"""Order and randomness are pure functions of seed, epoch and step."""

from __future__ import annotations

import numpy as np
import torch

from ltk8s.spec.train import Train
from ltk8s.training.batches import Batches, epoch_order, randomness, step_seed
from ltk8s.training.pixels import Pixels
from ltk8s.training.schedule import Schedule

ROWS = np.array([1, 3, 5, 7, 9, 11, 13], dtype=np.int64)


def batches(start=0, seed=0, batch_size=3, epochs=2):
    images = np.arange(20 * 4 * 4 * 3, dtype=np.int64).astype(np.uint8).reshape(20, 4, 4, 3)
    images[:, 0, 0, 0] = np.arange(20)  # an image's first number is its row
    pixels = Pixels(images, ROWS, torch.device("cpu"))
    schedule = Schedule.of(Train(epochs=epochs, batch_size=batch_size), len(ROWS))
    return Batches(pixels, ROWS * 100, schedule, seed=seed, start=start)


def rows(batch):
    return batch.images[:, 0, 0, 0].tolist()


def test_an_epoch_has_each_image_at_most_once_and_drops_the_partial_batch():
    first = [row for batch in list(batches())[:2] for row in rows(batch)]
    assert len(first) == len(set(first)) == 6
    assert set(first) < set(ROWS.tolist())


def test_labels_belong_to_their_images():
    assert all(batch.labels.tolist() == [row * 100 for row in rows(batch)] for batch in batches())


def test_epochs_differ_in_order():
    assert epoch_order(50, 0, 0).tolist() != epoch_order(50, 0, 1).tolist()
    assert sorted(epoch_order(50, 0, 1)) == list(range(50))


def test_seeds_differ_in_order_and_in_what_augmentation_draws():
    assert epoch_order(50, 0, 0).tolist() != epoch_order(50, 1, 0).tolist()
    assert not torch.equal(randomness(4, 0, 0), randomness(4, 1, 0))


def test_the_same_step_draws_the_same():
    assert torch.equal(randomness(8, 3, 5), randomness(8, 3, 5))
    assert step_seed(3, 5) == step_seed(3, 5)
    assert step_seed(3, 5) != step_seed(3, 6)


def test_a_later_start_yields_the_same_batches_from_there():
    whole, rest = list(batches()), list(batches(start=3))
    assert len(whole) == 4
    assert len(batches(start=3)) == len(rest) == 1
    assert [torch.equal(a, b) for a, b in zip(whole[3][1:], rest[0][1:], strict=True)] == [True] * 3


def test_one_small_batch_holds_all():
    assert [len(batch.labels) for batch in batches(batch_size=64)] == [7, 7]
