import threading

import pytest

from ltk8s.errors import StoreError
from ltk8s.store.files import FileStore
from ltk8s.store.many import get_many


def test_objects_come_in_the_order_asked_for_without_those_that_are_missing(store):
    for key in ("a", "b", "c"):
        store.put(key, key.encode())
    assert list(get_many(store, ["c", "x", "a"]).items()) == [("c", b"c"), ("a", b"a")]


def test_no_keys_are_no_objects(store):
    assert get_many(store, []) == {}


def test_objects_are_read_side_by_side():
    class Meeting:
        """Answers only when four are waiting for it."""

        def __init__(self) -> None:
            self.barrier = threading.Barrier(4)

        def get(self, key: str) -> bytes:
            self.barrier.wait(timeout=10)
            return key.encode()

    assert len(get_many(Meeting(), ["a", "b", "c", "d"])) == 4


def test_a_store_that_fails_fails(tmp_path):
    (tmp_path / "a").mkdir()
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    with pytest.raises(StoreError, match="Cannot read 'loop' in the store"):
        get_many(FileStore(tmp_path), ["loop"])
