"""Classifiers other than a linear one."""

from __future__ import annotations

import pytest
import timm
import torch

from ltk8s.errors import MembersError, TaskError
from ltk8s.network import backbone
from ltk8s.network.backbone import build, checkpoint_header, load_checkpoint, save_checkpoint, save_weights
from ltk8s.network.head import CosineHead, give_cosine_head, head_path, normalise_head

ARCHES = ["test_efficientnet", "test_resnet"]


def cosine(arch: str = "test_efficientnet", scale: float = 30.0) -> torch.nn.Module:
    weights = save_weights(build(arch, 1000, None), arch)
    return build(arch, 5, weights, torch.Generator().manual_seed(0), cosine_scale=scale)


def test_logits_are_the_scale_times_the_cosine_by_hand() -> None:
    head = CosineHead(2, 2, 10.0)
    head.weight.data = torch.tensor([[3.0, 4.0], [0.0, -2.0]])
    # Between (1, 0) and (3, 4) it is 3/5; (0, −2) is at a right angle. Between (0, 5) and these it is 4/5 and −1.
    torch.testing.assert_close(head(torch.tensor([[1.0, 0.0], [0.0, 5.0]])), torch.tensor([[6.0, 0.0], [8.0, -10.0]]))


def test_cosines_are_computed_in_fp32() -> None:
    head = CosineHead(4, 3, 30.0)
    features = torch.randn(2, 4)
    with torch.autocast("cpu", torch.bfloat16):
        assert torch.equal(head(features), head(features.clone()))
        assert head(features).dtype == torch.float32


@pytest.mark.parametrize("arch", ARCHES)
def test_a_checkpoint_says_that_its_head_is_cosine_and_comes_back_with_it(arch: str) -> None:
    network = cosine(arch).eval()
    data = save_checkpoint(network, arch, 5)
    assert checkpoint_header(data) == {"arch": arch, "classes": 5, "head": "cosine"}
    images = torch.randn(2, 3, 32, 32)
    found = load_checkpoint(arch, 5, data)
    assert torch.equal(found(images), network(images))
    assert found(images).abs().max() <= 30


def test_a_head_that_this_version_does_not_know_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    data = save_checkpoint(cosine(), "test_efficientnet", 5)
    monkeypatch.setattr(backbone, "HEADS", ("linear",))
    with pytest.raises(MembersError, match="has a cosine head, which this version does not know"):
        load_checkpoint("test_efficientnet", 5, data)


def test_the_head_is_drawn_by_the_seed() -> None:
    assert torch.equal(cosine().get_classifier().weight, cosine().get_classifier().weight)


def test_normalised_weights_by_hand() -> None:
    network = build("test_efficientnet", 2, None)
    head = network.get_classifier()
    head.weight.data.zero_()
    head.weight.data[:, :2] = torch.tensor([[3.0, 4.0], [0.0, 16.0]])
    normalise_head(network, 0.5)
    # The norms are 5 and 16, to the power ½ √5 and 4.
    torch.testing.assert_close(head.weight[:, :2], torch.tensor([[3 / 5**0.5, 4 / 5**0.5], [0.0, 4.0]]))
    assert head.bias.tolist() == [0, 0]


def test_at_tau_1_all_weights_are_of_length_1() -> None:
    network = build("test_resnet", 5, None)
    normalise_head(network, 1.0)
    torch.testing.assert_close(network.get_classifier().weight.norm(dim=1), torch.ones(5))


def test_a_cosine_head_stays_as_it_is() -> None:
    network = cosine()
    before = network.get_classifier().weight.clone()
    normalise_head(network, 1.0)
    assert torch.equal(network.get_classifier().weight, before)


def test_a_network_without_a_linear_head_is_refused() -> None:
    network = build("test_efficientnet", 5, None)
    network.classifier = torch.nn.Identity()
    with pytest.raises(TaskError, match="no linear layer but Identity"):
        give_cosine_head(network, 30.0)


@pytest.mark.parametrize("arch", ["levit_128s", "deit_tiny_distilled_patch16_224"])
def test_a_network_with_two_classifiers_is_refused_by_name(arch: str) -> None:
    with pytest.raises(TaskError, match=r"The network .*Distilled.* has no single classifier\. Choose another network"):
        head_path(timm.create_model(arch, num_classes=5))
