import hashlib

import pytest

from ltk8s.errors import StoreError, TaskError, UsageError
from ltk8s.store import layout, open_store
from ltk8s.store.weights import WeightsCard, find_weights, list_weights, put_weights, read_weights


@pytest.fixture
def store(tmp_path):
    return open_store((tmp_path / "store").as_uri())


def stage(store, arch, data, day=1):
    card = WeightsCard(
        arch=arch,
        sha256=hashlib.sha256(data).hexdigest(),
        mean=(0.5, 0.5, 0.5),
        std=(0.5, 0.5, 0.5),
        interpolation="bicubic",
        parameters=5_288_548,
        source="a test",
        licence="Apache-2.0",
        created=f"2026-01-{day:02}T00:00:00+00:00",
    )
    put_weights(store, card, data)
    return card


def test_weights_are_found_by_the_networks_name(store):
    card = stage(store, "efficientnet_b0", b"tensors")
    stage(store, "efficientnet_b0_other", b"others")
    assert find_weights(store, "efficientnet_b0") == card
    assert read_weights(store, "efficientnet_b0", card.sha256) == b"tensors"


def test_the_weights_staged_last_are_meant(store):
    stage(store, "resnet50", b"new", day=2)
    stage(store, "resnet50", b"old", day=1)
    assert find_weights(store, "resnet50").sha256 == hashlib.sha256(b"new").hexdigest()


def test_all_weights_are_listed_oldest_first(store):
    stage(store, "resnet50", b"b", day=2)
    stage(store, "densenet121", b"a", day=1)
    assert [card.arch for card in list_weights(store)] == ["densenet121", "resnet50"]


def test_weights_that_are_not_what_their_card_says_are_refused(store):
    card = stage(store, "resnet50", b"tensors")
    with pytest.raises(ValueError, match="are not"):
        put_weights(store, card, b"others")


def test_a_known_network_without_weights_says_how_to_stage_them(store):
    with pytest.raises(UsageError, match=r"weights of 'efficientnet_b0' are not staged.*`ltk8s weights stage efficientnet_b0`"):
        find_weights(store, "efficientnet_b0")


def test_any_other_network_may_be_staged(store):
    with pytest.raises(UsageError, match="`ltk8s weights stage vit_tiny_patch16_224`"):
        find_weights(store, "vit_tiny_patch16_224")


@pytest.mark.parametrize(("arch", "near"), [("eficientnet_b0", "efficientnet_b0"), ("my_ntework", "my_network")])
def test_a_mistyped_network_suggests_the_nearest_known_or_staged(store, arch, near):
    stage(store, "my_network", b"tensors")
    with pytest.raises(UsageError, match=rf"no network '{arch}'\. Did you mean '{near}'\?"):
        find_weights(store, arch)


def test_a_network_that_is_no_key_is_refused(store):
    with pytest.raises(UsageError, match="cannot be a key"):
        find_weights(store, "../../etc")


def test_a_flipped_byte_in_weights_is_noticed(store):
    card = stage(store, "resnet50", b"tensors")
    store.put(layout.weights("resnet50", card.sha256), b"tensorz")
    with pytest.raises(TaskError, match=r"resnet50/.* are damaged: .* `ltk8s weights stage resnet50` again"):
        read_weights(store, "resnet50", card.sha256)


def test_weights_that_were_removed_are_named(store):
    card = stage(store, "resnet50", b"tensors")
    store.delete(layout.weights("resnet50", card.sha256))
    with pytest.raises(TaskError, match=rf"weights/resnet50/{card.sha256}.safetensors' are not in"):
        read_weights(store, "resnet50", card.sha256)


def test_a_damaged_card_is_named(store):
    store.put(layout.weights_card("resnet50", "0" * 64), b"{")
    with pytest.raises(StoreError, match=r"weights/resnet50/0+\.json' is no card of weights\. Remove it"):
        find_weights(store, "resnet50")
