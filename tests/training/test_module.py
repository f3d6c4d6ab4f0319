"""One training step."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from ltk8s.network.backbone import build
from ltk8s.network.preprocess import Preprocess
from ltk8s.spec.train import CrossEntropy, Train
from ltk8s.training.batches import Batch, Batches, randomness
from ltk8s.training.fit import snapshot
from ltk8s.training.loss import make_loss
from ltk8s.training.module import LearnerModule, trainer
from ltk8s.training.pixels import Pixels
from ltk8s.training.schedule import Schedule

pytestmark = pytest.mark.filterwarnings("ignore:.*LeafSpec:FutureWarning")  # what Lightning says about itself

IMAGES = torch.randint(0, 256, (24, 16, 16, 3), dtype=torch.uint8, generator=torch.Generator().manual_seed(0))
LABELS = torch.arange(24) % 3


def make_module(network=None, on_step=lambda *_: None, **train):
    recipe = Train.model_validate({"epochs": 2, "batch_size": 8, "image_size": 16, **train})
    torch.manual_seed(0)
    return LearnerModule(
        network or build("test_efficientnet", 3, None),
        make_loss(CrossEntropy(name="cross-entropy"), (8, 8, 8)),
        Preprocess((0.5,) * 3, (0.5,) * 3, 16, "bilinear"),
        recipe,
        Schedule.of(recipe, len(LABELS)),
        seed=0,
        on_step=on_step,
    )


def batch(step=0):
    return Batch(step, IMAGES[:8], LABELS[:8], randomness(8, 0, step))


@pytest.fixture
def fit():
    """Trains a module to the end, as a learner does but for what it writes down."""

    def run(module):
        pixels = Pixels(IMAGES.numpy(), torch.arange(24).numpy(), torch.device("cpu"))
        batches = Batches(pixels, LABELS.numpy(), module.schedule, seed=0)
        trainer(torch.device("cpu"), module.train_spec.clip, []).fit(module, batches)

    return run


def test_the_same_batch_is_augmented_the_same():
    module = make_module()
    assert torch.equal(module.augmented(batch()), module.augmented(batch()))
    assert not torch.equal(module.augmented(batch(0)), module.augmented(batch(1)))


@pytest.mark.parametrize("crop", ["none", "padded", "resized"])
def test_the_size_follows_the_schedule(crop):
    module = make_module(image_size=[12, 20], augment={"crop": crop})
    assert module.augmented(batch(0)).shape == (8, 3, 12, 12)
    assert module.augmented(batch(5)).shape == (8, 3, 20, 20)
    assert module.augmented(batch(5)).is_contiguous(memory_format=torch.channels_last)


def test_without_augmentation_images_are_only_prepared():
    module = make_module(augment={"flip": False, "crop": "none"})
    assert torch.equal(module.augmented(batch()), module.preprocess(IMAGES[:8]))


def test_dropout_is_a_function_of_the_step():
    network = nn.Sequential(nn.Flatten(), nn.Dropout(0.5))
    module = make_module()
    drawn = []
    for step in (0, 1, 0):
        module.on_train_batch_start(batch(step), step)
        drawn.append(network(torch.ones(1, 64)))
    assert torch.equal(drawn[0], drawn[2])
    assert not torch.equal(drawn[0], drawn[1])


def test_each_step_is_counted_once(fit):
    seen = []
    fit(make_module(on_step=lambda step, loss, logits, labels: seen.append((step, logits.shape, logits.dtype))))
    assert seen == [(step, (8, 3), torch.float32) for step in range(6)]


def test_frozen_statistics_stay_while_weights_learn(fit):
    frozen, free = make_module(freeze_bn=True), make_module()
    before = snapshot(frozen.network.state_dict())
    fit(frozen)
    fit(free)
    after, other = frozen.network.state_dict(), free.network.state_dict()
    assert torch.equal(after["bn1.running_mean"], before["bn1.running_mean"])
    assert not torch.equal(other["bn1.running_mean"], before["bn1.running_mean"])
    assert not torch.equal(after["bn1.weight"], before["bn1.weight"])


def test_gradients_are_clipped(fit):
    norms = []

    class Norms(torch.optim.AdamW):
        def step(self, closure=None):
            loss = closure()
            gradients = [p.grad for group in self.param_groups for p in group["params"]]
            norms.append(torch.nn.utils.get_total_norm(gradients).item())
            super().step()
            return loss

    module = make_module(clip=0.01)
    module.optimizer = Norms(module.optimizer.param_groups)
    fit(module)
    assert norms == pytest.approx([0.01] * 6, rel=0.01)


def test_bf16_computes_in_bf16_and_keeps_fp32_weights(fit):
    seen = []
    network = build("test_efficientnet", 3, None)
    network.conv_stem.register_forward_hook(lambda module, inputs, output: seen.append(output.dtype))
    fit(make_module(network, precision="bf16"))
    assert set(seen) == {torch.bfloat16}
    assert {parameter.dtype for parameter in network.parameters()} == {torch.float32}


def test_a_snapshot_does_not_follow():
    weight = torch.zeros(3)
    kept = snapshot({"a": [weight], "b": 1})
    weight += 1
    assert kept["a"][0].tolist() == [0, 0, 0]
    assert kept["b"] == 1
