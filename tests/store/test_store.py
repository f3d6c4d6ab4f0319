"""What every store does, whatever is behind it."""

import subprocess
import sys
from datetime import UTC, datetime, timedelta

import pytest

from ltk8s.errors import NotFound, UsageError
from ltk8s.store import open_store

LARGE = bytes(range(256)) * 2**16 + b"end"  # 16 MiB and a bit: several parts

NO_KEYS = ["", "/etc/passwd", "../outside", "a/../../outside", "a//b", "a/", ".parts/x", "a/.hidden", "a\\b", "a\nb"]


def test_an_object_is_read_as_it_was_written(store):
    store.put("a/b", b"content")
    assert store.get("a/b") == b"content"


def test_an_empty_object_is_an_object(store):
    store.put("empty", b"")
    assert store.get("empty") == b""
    assert store.exists("empty")


def test_put_replaces_what_is_there(store):
    store.put("a", b"first, and longer")
    store.put("a", b"second")
    assert store.get("a") == b"second"


def test_reading_what_is_not_there_names_the_key(store):
    with pytest.raises(NotFound, match=r"no object 'not/there'") as raised:
        store.get("not/there")
    assert raised.value.key == "not/there"


def test_put_if_absent_writes_only_once(store):
    assert store.put_if_absent("a/b", b"first") is True
    assert store.put_if_absent("a/b", b"second") is False
    assert store.get("a/b") == b"first"


def test_put_if_absent_of_equal_content_is_won_only_once(store):
    assert [store.put_if_absent("a", b"same"), store.put_if_absent("a", b"same")] == [True, False]


def test_of_two_processes_that_put_if_absent_one_wins(address, store):
    race = (
        "import sys; from ltk8s.store import open_store; store = open_store(sys.argv[1]);"
        "store.exists('warm'); print('ready', flush=True); sys.stdin.readline();"
        "print([n for n in range(20) if store.put_if_absent(f'race/{n}', sys.argv[2].encode())])"
    )
    racers = [
        subprocess.Popen([sys.executable, "-c", race, address, name], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        for name in ("left", "right")
    ]
    assert [racer.stdout.readline() for racer in racers] == ["ready\n", "ready\n"]
    for racer in racers:
        racer.stdin.write("go\n")
        racer.stdin.flush()
    left, right = (eval(racer.communicate()[0]) for racer in racers)
    assert sorted(left + right) == list(range(20))
    assert [n for n in range(20) if store.get(f"race/{n}") == b"left"] == left


def test_exists_means_the_very_key(store):
    store.put("a/b/c", b"x")
    assert store.exists("a/b/c")
    assert not store.exists("a/b")
    assert not store.exists("a/b/c/d")


def test_list_yields_what_starts_with_the_prefix_in_order_of_key(store):
    for key in ["b", "a/2", "a/10", "a-b", "a/x/y", "ab"]:
        store.put(key, b"x")
    assert [found.key for found in store.list("a/")] == ["a/10", "a/2", "a/x/y"]
    assert [found.key for found in store.list("a")] == ["a-b", "a/10", "a/2", "a/x/y", "ab"]
    assert [found.key for found in store.list("")] == ["a-b", "a/10", "a/2", "a/x/y", "ab", "b"]


def test_list_of_an_empty_store_is_empty(store):
    assert list(store.list("learners/")) == []


def test_list_tells_size_and_time(store):
    store.put("a", b"12345")
    (found,) = store.list("")
    assert found.size == 5
    assert abs(found.modified - datetime.now(UTC)) < timedelta(minutes=1)


def test_delete_removes_an_object_and_is_content_with_none(store):
    store.put("a/b", b"x")
    store.delete("a/b")
    store.delete("a/b")
    assert not store.exists("a/b")
    assert list(store.list("")) == []


def test_a_large_object_survives_the_way_there_and_back(store):
    store.put("large", LARGE)
    assert store.get("large") == LARGE


def test_a_file_survives_the_way_there_and_back(store, tmp_path):
    (tmp_path / "there").write_bytes(LARGE)
    store.upload("large", tmp_path / "there")
    store.download("large", tmp_path / "new folder" / "back")
    assert (tmp_path / "new folder" / "back").read_bytes() == LARGE
    assert [path.name for path in (tmp_path / "new folder").iterdir()] == ["back"]


def test_a_download_of_what_is_not_there_leaves_no_file(store, tmp_path):
    with pytest.raises(NotFound):
        store.download("not/there", tmp_path / "file")
    assert not (tmp_path / "file").exists()


@pytest.mark.parametrize("key", NO_KEYS)
def test_what_is_no_key_is_refused(store, key):
    for refused in (
        store.get,
        store.exists,
        store.delete,
        lambda key: store.put(key, b""),
        lambda key: store.put_if_absent(key, b""),
    ):
        with pytest.raises(UsageError, match="cannot be a key"):
            refused(key)


@pytest.mark.parametrize("prefix", ["/", "../", "a//", "a/../", ".parts/", "a/."])
def test_what_is_no_prefix_is_refused(store, prefix):
    with pytest.raises(UsageError, match="cannot be a key"):
        list(store.list(prefix))


def test_the_address_opens_the_same_store_again(store):
    store.put("a", b"x")
    assert open_store(store.address).get("a") == b"x"
    assert open_store(store.address).url == store.url


def test_the_url_says_where_but_not_how(store):
    assert "?" not in store.url
    assert store.address.startswith(store.url)


def test_the_time_is_that_of_the_clock_that_dates_objects(store):
    store.put("a", b"x")
    (found,) = store.list("a")
    assert abs(store.now() - found.modified) < timedelta(seconds=10)
