"""The resume state: whole or ignored, and always the newest."""

from __future__ import annotations

import hashlib
import logging
import pickle
import threading

import pytest
import torch

from ltk8s.errors import StoreError
from ltk8s.store import layout, open_store
from ltk8s.training.resume import MAGIC, ResumeKeeper, load_resume, pack, unpack


def state(step=7, task="a"):
    rest = {"attempts": 1, "seconds": 2.0, "train_seconds": 1.0, "curve": {}, "optimizer": {}, "average": []}
    return {"task": task, "step": step, "network": {"w": torch.arange(3.0)}, **rest}


def sealed(payload):
    """Bytes that nobody damaged, of a state that torch cannot load."""
    return MAGIC + hashlib.sha256(payload).hexdigest().encode() + b"\n" + payload


def test_comes_back_as_it_was(store):
    store.put(layout.resume("a"), pack(state()))
    found = load_resume(store, "a")
    assert found["step"] == 7
    assert torch.equal(found["network"]["w"], torch.arange(3.0))


def test_there_may_be_none(store, caplog):
    assert load_resume(store, "a") is None
    assert not caplog.records


@pytest.mark.parametrize("data", [b"", b"something", MAGIC, pack(state())[:-1], pack(state())[:-5] + b"xxxxx"])
def test_one_that_cannot_be_read_is_ignored_with_a_warning(store, caplog, data):
    store.put(layout.resume("a"), data)
    with caplog.at_level(logging.WARNING):
        assert load_resume(store, "a") is None
    assert "Training starts from the beginning." in caplog.text


@pytest.mark.parametrize(
    "data",
    [
        sealed(b""),
        sealed(b"garbage"),
        pack({"task": threading.Thread}),
        pack([1, 2]),
        pack({"task": "a"}),
        pack({name: value for name, value in state().items() if name != "optimizer"}),
    ],
    ids=["empty", "garbage", "a class", "a list", "little", "no optimizer"],
)
def test_one_that_is_intact_and_cannot_be_used_is_ignored_with_a_warning(store, caplog, data):
    store.put(layout.resume("a"), data)
    with caplog.at_level(logging.WARNING):
        assert load_resume(store, "a") is None
    (record,) = caplog.records
    assert record.getMessage().startswith("The resume state is ignored: ")
    assert record.getMessage().endswith(". Training starts from the beginning.")
    assert "\n" not in record.getMessage()


def test_a_store_that_cannot_be_reached_is_not_taken_for_a_bad_state(tmp_path):
    place = tmp_path / "store" / layout.resume("a")
    place.parent.mkdir(parents=True)
    place.symlink_to(place)
    with pytest.raises(StoreError):
        load_resume(open_store((tmp_path / "store").as_uri()), "a")


def test_one_of_another_task_is_ignored_with_a_warning(store, caplog):
    store.put(layout.resume("a"), pack(state(task="b")))
    assert load_resume(store, "a") is None
    assert "it belongs to b" in caplog.text


def test_nothing_in_it_is_ever_executed():
    with pytest.raises(pickle.UnpicklingError):
        unpack(pack({"task": threading.Thread}))


def test_the_keeper_writes_in_the_background(store):
    keeper = ResumeKeeper(store, "a")
    keeper.keep(state(step=1))
    keeper.flush()
    assert unpack(store.get(layout.resume("a")))["step"] == 1


def test_the_newest_wins(store):
    keeper = ResumeKeeper(store, "a")
    for step in range(50):
        keeper.keep(state(step))
    keeper.flush()
    assert unpack(store.get(layout.resume("a")))["step"] == 49


def test_a_store_that_fails_is_a_warning(tmp_path, caplog):
    (tmp_path / "file").write_text("in the way")
    keeper = ResumeKeeper(open_store((tmp_path / "file" / "store").as_uri()), "a")
    keeper.keep(state())
    keeper.flush()
    assert "The resume state could not be written" in caplog.text


def test_forgets_when_all_is_done(store):
    keeper = ResumeKeeper(store, "a")
    keeper.keep(state())
    keeper.forget()
    assert not store.exists(layout.resume("a"))
