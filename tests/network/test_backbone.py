"""Networks from initial weights and from checkpoints."""

from __future__ import annotations

import hashlib
import subprocess
import sys

import pytest
import torch

from ltk8s.errors import MembersError, TaskError
from ltk8s.network.backbone import (
    build,
    check_input,
    checkpoint_header,
    empty,
    head_names,
    initialise_head,
    load_checkpoint,
    save_checkpoint,
    save_weights,
)

ARCH = "test_efficientnet"


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


def pretrained():
    torch.manual_seed(7)
    return build(ARCH, 1000, None)


def test_takes_all_but_the_head_from_weights_of_other_classes():
    source = pretrained()
    network = build(ARCH, 5, save_weights(source, ARCH), generator())
    theirs = source.state_dict()
    for name, tensor in network.state_dict().items():
        assert torch.equal(tensor, theirs[name]) == (not name.startswith("classifier"))


def test_the_head_is_drawn_by_the_generator_alone():
    data = save_weights(pretrained(), ARCH)
    first, again, other = (build(ARCH, 5, data, generator(seed)).classifier.weight for seed in (0, 0, 1))
    assert torch.equal(first, again)
    assert not torch.equal(first, other)


def test_the_head_is_as_pytorch_draws_a_linear_layer():
    network = build(ARCH, 500, None, generator())
    bound = network.classifier.in_features**-0.5
    assert 0.99 * bound < network.classifier.weight.max() <= bound
    assert not network.classifier.bias.any()


def test_the_head_is_found_where_it_has_another_name():
    assert head_names(build("test_resnet", 5, None)) == ["fc.weight", "fc.bias"]


def test_only_the_head_is_initialised_anew(network):
    before = {name: tensor.clone() for name, tensor in network.state_dict().items()}
    initialise_head(network, generator(3))
    changed = [name for name, tensor in network.state_dict().items() if not torch.equal(tensor, before[name])]
    assert changed == ["classifier.weight"]


def test_is_channels_last(network):
    assert network.conv_stem.weight.is_contiguous(memory_format=torch.channels_last)


def test_refuses_weights_of_another_network():
    with pytest.raises(TaskError, match=r"The weights staged for 'test_resnet' are of another network"):
        build("test_resnet", 5, save_weights(pretrained(), ARCH))


def test_refuses_weights_that_are_none():
    with pytest.raises(TaskError, match="cannot be read as safetensors"):
        build(ARCH, 5, b"something else")


def test_names_the_nearest_network():
    with pytest.raises(TaskError, match=r"no network 'efficientnet_b00'\. Did you mean 'efficientnet_b0'"):
        build("efficientnet_b00", 5, None)


def test_a_checkpoint_comes_back_bit_for_bit_and_ready_to_predict(network):
    found = load_checkpoint(ARCH, 5, save_checkpoint(network, ARCH, 5))
    assert all(torch.equal(a, b) for a, b in zip(found.state_dict().values(), network.state_dict().values(), strict=True))
    assert not found.training
    assert found.conv_stem.weight.is_contiguous(memory_format=torch.channels_last)


def test_a_checkpoint_says_what_it_is(network):
    assert checkpoint_header(save_checkpoint(network, ARCH, 5)) == {"arch": ARCH, "classes": 5}


@pytest.mark.parametrize(("arch", "classes"), [(ARCH, 6), ("test_resnet", 5)])
def test_refuses_a_checkpoint_of_another_network_or_number_of_classes(network, arch, classes):
    with pytest.raises(MembersError, match=f"The checkpoint holds '{ARCH}' with 5 classes, not '{arch}' with {classes}"):
        load_checkpoint(arch, classes, save_checkpoint(network, ARCH, 5))


@pytest.mark.parametrize("cut", [0, 4, 100, -3])
def test_refuses_a_checkpoint_that_is_cut_off(network, cut):
    with pytest.raises(MembersError, match="cannot be read"):
        load_checkpoint(ARCH, 5, save_checkpoint(network, ARCH, 5)[:cut])


def test_another_process_writes_the_same_bytes(network):
    program = (
        "import torch, hashlib; from ltk8s.network.backbone import build, save_checkpoint; torch.manual_seed(0);"
        f"print(hashlib.sha256(save_checkpoint(build({ARCH!r}, 5, None), {ARCH!r}, 5)).hexdigest())"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == hashlib.sha256(save_checkpoint(network, ARCH, 5)).hexdigest()


def test_a_network_made_for_one_size_takes_no_other():
    vit = empty("vit_tiny_patch16_224", 3)
    check_input(vit, "vit_tiny_patch16_224", [224])
    with pytest.raises(TaskError, match="takes images of 224 pixels a side, not of 64 or 96"):
        check_input(vit, "vit_tiny_patch16_224", (96, 224, 64))
    check_input(empty(ARCH, 3), ARCH, [32, 64])
