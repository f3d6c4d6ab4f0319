"""Many images through one network."""

from __future__ import annotations

import pytest
import torch

from ltk8s.data.dataset import MappedImages
from ltk8s.network.predict import predict
from ltk8s.network.preprocess import Preprocess

HALF = (0.5, 0.5, 0.5)
PREPROCESS = Preprocess(HALF, HALF, 16, "bilinear")


def test_gives_the_networks_logits_in_order(network, images):
    expected = network.eval()(PREPROCESS(torch.from_numpy(images)))
    logits = predict(network.train(), images, PREPROCESS, batch_size=7)
    assert logits.dtype == torch.float32
    assert torch.allclose(logits, expected, atol=1e-5)


def test_twice_gives_the_same_bits(network, images):
    assert torch.equal(predict(network, images, PREPROCESS), predict(network, images, PREPROCESS))


def test_images_on_disk_give_the_same_bits(network, images):
    mapped = MappedImages([images[:13], images[13:]])
    assert torch.equal(predict(network, mapped, PREPROCESS), predict(network, images, PREPROCESS))


def test_bf16_is_near_fp32(network, images):
    full, half = predict(network, images, PREPROCESS), predict(network, images, PREPROCESS, precision="bf16")
    assert half.dtype == torch.float32
    assert not torch.equal(full, half)
    assert torch.allclose(full.softmax(1), half.softmax(1), atol=0.05)


def test_flip_averages_each_image_with_its_mirror_image(network, images):
    mirrored = images[:, :, ::-1]
    flipped = predict(network, images, PREPROCESS, flip=True)
    expected = (predict(network, images, PREPROCESS) + predict(network, mirrored, PREPROCESS)) / 2
    assert torch.allclose(flipped, expected, atol=1e-5)
    assert not torch.allclose(flipped, predict(network, images, PREPROCESS), atol=1e-5)


def test_large_images_come_in_smaller_batches(network, images):
    sizes = []
    network.register_forward_hook(lambda module, inputs, output: sizes.append(len(output)))
    predict(network, images, Preprocess(HALF, HALF, 224, "bilinear"), batch_size=32)
    assert sizes == [8, 8, 4]


def test_ends_where_it_is_told_to(network, images):
    calls = []

    def stop_at_the_third():
        calls.append(1)
        if len(calls) == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        predict(network, images, PREPROCESS, batch_size=5, checkpoint=stop_at_the_third)
    assert len(calls) == 3


def test_no_images_give_no_logits(network, images):
    assert len(predict(network, images[:0], PREPROCESS)) == 0
