"""What is particular to a store in a directory."""

import errno
import os
import subprocess
import sys
import threading
import time
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ltk8s.errors import StoreError
from ltk8s.store.files import STALE_SECONDS, FileStore

names = st.text("ab-./é", min_size=1, max_size=4).map(lambda text: text.strip("./").replace("//", "/").replace("/.", "/"))


@pytest.fixture
def store(tmp_path):
    return FileStore(tmp_path / "store")


@contextmanager
def as_nobody():
    """Root may write everywhere; for a while, be someone who may not."""
    before = os.geteuid()
    if before == 0:
        os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(before)


def test_the_first_write_makes_the_directory(tmp_path):
    FileStore(tmp_path / "not" / "there").put("a", b"x")
    assert (tmp_path / "not" / "there" / "a").read_bytes() == b"x"


def test_a_directory_that_cannot_be_made_is_explained(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(
        StoreError, match=r"Cannot write 'a' in the store file://.*file/store: not a directory\. Check the path"
    ):
        FileStore(tmp_path / "file" / "store").put("a", b"x")


def test_a_directory_without_the_right_to_write_is_explained(store):
    store.put("a", b"x")
    store.directory.chmod(0o500)
    with as_nobody(), pytest.raises(StoreError, match=r"Cannot write 'b' in .*: permission denied\. Give this user the right"):
        store.put("b", b"x")


def test_a_directory_without_the_right_to_read_is_explained(store):
    store.put("a/b", b"x")
    store.directory.chmod(0o000)
    with as_nobody():
        for refused in (store.get, store.exists, store.delete, lambda key: list(store.list(key))):
            with pytest.raises(StoreError, match=r"a/b' in .*: permission denied\. Give this user the right"):
                refused("a/b")
    store.directory.chmod(0o700)


def test_a_full_disk_is_explained_and_leaves_nothing(store):
    store.put("old", b"kept")
    write = (
        "import resource, sys; from pathlib import Path; from ltk8s.store.files import FileStore;"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, 10_000));"
        "FileStore(Path(sys.argv[1])).put('old', bytes(20_000))"
    )
    done = subprocess.run([sys.executable, "-c", write, str(store.directory)], capture_output=True, text=True)
    assert "StoreError: Cannot write 'old' in the store file:///" in done.stderr
    assert ": file too large. Make room there, or remove what no run needs (`ltk8s gc`), or choose" in done.stderr
    assert store.get("old") == b"kept"
    assert list((store.directory / ".parts").iterdir()) == []


def test_where_there_are_no_hard_links_a_result_is_written_once_all_the_same(store, monkeypatch):
    def refuse(*_):
        raise OSError(errno.EPERM, os.strerror(errno.EPERM))

    monkeypatch.setattr(os, "link", refuse)
    assert [store.put_if_absent("a", data) for data in (b"first", b"second")] == [True, False]
    assert store.get("a") == b"first"


def test_what_killed_writers_left_behind_is_swept_after_a_day(store):
    store.put("a", b"x")
    stale, fresh = store.directory / ".parts" / "stale", store.directory / ".parts" / "fresh"
    stale.write_bytes(b"half")
    fresh.write_bytes(b"half")
    os.utime(stale, (0, time.time() - STALE_SECONDS - 1))
    store.put("b", b"x")
    assert list((store.directory / ".parts").iterdir()) == [fresh]


def test_deleting_the_last_object_of_a_folder_removes_the_folder(store):
    store.put("a/b/c", b"x")
    store.put("a/d", b"x")
    store.delete("a/b/c")
    assert sorted(path.name for path in (store.directory / "a").iterdir()) == ["d"]


def test_writing_beside_a_delete_that_removes_folders_never_fails(store):
    def delete() -> None:
        for _ in range(300):
            store.delete("a/b/x")

    deleting = threading.Thread(target=delete)
    deleting.start()
    while deleting.is_alive():
        store.put("a/b/x", b"x")
    deleting.join()
    store.put("a/b/y", b"y")
    assert store.get("a/b/y") == b"y"


def test_a_folder_is_no_object(store):
    store.put("a/b", b"x")
    with pytest.raises(StoreError, match="no object 'a'"):
        store.get("a")


@given(keys=st.sets(names.filter(bool), max_size=8), prefix=names | st.just(""))
def test_a_listing_is_that_of_s3(tmp_path_factory, keys, prefix):
    keys = {key for key in keys if not any(other.startswith(f"{key}/") for other in keys)}
    store = FileStore(tmp_path_factory.mktemp("listing"))
    for key in keys:
        store.put(key, b"")
    expected = sorted((key for key in keys if key.startswith(prefix)), key=str.encode)
    assert [found.key for found in store.list(prefix)] == expected


def test_a_file_that_cannot_be_read_is_not_blamed_on_the_store(store, tmp_path):
    with pytest.raises(StoreError, match=rf"Cannot read {tmp_path}: is a directory\."):
        store.upload("a", tmp_path)
    assert not store.exists("a")


def test_a_place_that_cannot_be_written_is_not_blamed_on_the_store(store):
    store.put("a", b"x")
    with pytest.raises(StoreError, match="Cannot write /dev/null/file: not a directory"):
        store.download("a", Path("/dev/null/file"))


def test_what_is_being_written_is_not_swept_though_a_clock_has_jumped(store, tmp_path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    writer = threading.Thread(target=store.upload, args=("large", pipe))
    writer.start()
    with pipe.open("wb") as source:
        source.write(b"half")
        while not (parts := list((store.directory / ".parts").glob("*"))):
            time.sleep(0.01)
        os.utime(parts[0], (0, time.time() - 2 * STALE_SECONDS))  # as old as it is for a clock that is two days ahead
        FileStore(store.directory).put("a", b"x")
        assert parts[0].exists()
        source.write(b" and half")
    writer.join()
    assert store.get("large") == b"half and half"


def test_the_time_is_the_file_systems_and_leaves_nothing(store):
    store.put("a", b"x")
    (found,) = store.list("a")
    assert abs(store.now() - found.modified) < timedelta(seconds=10)
    assert list((store.directory / ".parts").iterdir()) == []
