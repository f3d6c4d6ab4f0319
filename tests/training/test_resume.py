"""The resume state: whole or ignored, and always the newest."""

from __future__ import annotations

import logging
import pickle
import threading

import pytest
import torch

from ltk8s.store import layout
from ltk8s.training.resume import MAGIC, ResumeKeeper, load_resume, pack, unpack


def state(step=7, task="a"):
    return {"task": task, "step": step, "network": {"w": torch.arange(3.0)}}


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
    from ltk8s.store import open_store

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
