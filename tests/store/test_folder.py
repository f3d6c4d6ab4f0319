import pytest

from ltk8s.errors import NotFound
from ltk8s.store import layout
from ltk8s.store.folder import local_folder, upload_folder

PREFIX = layout.dataset("glyphs", "0123")
FILES = {"a.bin": b"1", "manifest.json": b"{}", "z.bin": b"333", "more/b.bin": b"22"}


@pytest.fixture
def folder(tmp_path):
    for name, data in FILES.items():
        (tmp_path / "folder" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "folder" / name).write_bytes(data)
    return tmp_path / "folder"


def test_every_file_of_a_folder_is_there_afterwards(store, folder):
    upload_folder(store, folder, PREFIX, last="manifest.json")
    assert {found.key: store.get(found.key) for found in store.list("")} == {
        PREFIX + name: data for name, data in FILES.items()
    }


def test_the_manifest_comes_last(store, folder):
    seen = []
    upload_folder(
        store, folder, PREFIX, last="manifest.json", on_bytes=lambda size: seen.append(store.exists(f"{PREFIX}manifest.json"))
    )
    assert seen == [False, False, False, True]


def test_bytes_are_told_as_they_arrive(store, folder):
    told = []
    upload_folder(store, folder, PREFIX, last="manifest.json", on_bytes=told.append)
    assert sum(told) == sum(len(data) for data in FILES.values())


def test_a_folder_of_the_store_is_at_hand_as_files(store, folder, tmp_path):
    upload_folder(store, folder, PREFIX, last="manifest.json")
    local = local_folder(store, PREFIX, ["a.bin", "manifest.json"], tmp_path / "cache")
    assert {name: (local / name).read_bytes() for name in ("a.bin", "manifest.json")} == {"a.bin": b"1", "manifest.json": b"{}"}


def test_nothing_is_copied_of_a_store_in_a_directory(store, folder, tmp_path):
    upload_folder(store, folder, PREFIX, last="manifest.json")
    local = local_folder(store, PREFIX, ["a.bin"], tmp_path / "cache")
    assert (tmp_path / "cache").exists() == store.url.startswith("s3")
    assert local == (tmp_path / ("store" if store.url.startswith("file") else "cache") / PREFIX)


def test_what_is_in_the_cache_is_not_downloaded_again(counting, folder, tmp_path):
    upload_folder(counting, folder, PREFIX, last="manifest.json")
    for _ in range(2):
        local_folder(counting, PREFIX, ["a.bin", "z.bin"], tmp_path / "cache")
    assert counting.calls["download"] == 2


def test_a_file_that_is_not_in_the_store_is_named(store, tmp_path):
    with pytest.raises(NotFound, match=r"glyphs/0123/a\.bin"):
        local_folder(store, PREFIX, ["a.bin"], tmp_path / "cache")
