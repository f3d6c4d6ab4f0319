import hashlib
import os
import socket
from pathlib import Path

import pytest

from ltk8s.data.sources.folder import FolderSource
from ltk8s.errors import UsageError


def names(root):
    return sorted(item.name for item in FolderSource(root).listing().items)


@pytest.fixture(params=[False, True], ids=["listed forwards", "listed backwards"])
def any_disk(request, monkeypatch):
    """A disk that lists folders in order of names, and one that lists them the other way round."""
    scandir = os.scandir

    class Listed:
        def __init__(self, path):
            with scandir(path) as entries:
                self.entries = iter(sorted(entries, key=lambda entry: entry.name, reverse=request.param))

        def __enter__(self):
            return self

        def __exit__(self, *problem):
            pass

        def __iter__(self):
            return self.entries

        def __next__(self):
            return next(self.entries)

    monkeypatch.setattr(os, "scandir", Listed)


def test_items_are_read_by_their_path(folder):
    root = folder({"train/cat": 2, "test/cat": 1})
    listing = FolderSource(root).listing()
    assert sorted(item.name for item in listing.items) == ["test/cat/0000.png", "train/cat/0000.png", "train/cat/0001.png"]
    assert listing.read("train/cat/0000.png") == (root / "train/cat/0000.png").read_bytes()
    assert listing.bytes == sum(path.stat().st_size for path in root.rglob("*.png"))


def test_a_link_to_a_folder_is_followed_once(folder):
    root = folder({"cat": 1, "dog": 1})
    (root / "cat" / "loop").symlink_to(root, target_is_directory=True)
    (root / "eel").mkdir()
    (root / "eel" / "1.png").symlink_to(root / "dog" / "0000.png")
    assert sorted(item.name for item in FolderSource(root).listing().items) == ["cat/0000.png", "dog/0000.png", "eel/1.png"]


def test_a_broken_link_is_no_image_and_named(folder, caplog):
    root = folder({"cat": 1, "dog": 1})
    (root / "cat" / "gone.png").symlink_to(root / "nowhere.png")
    (root / "dog" / "circle.png").symlink_to(root / "dog" / "circle.png")
    listing = FolderSource(root).listing()
    assert len(listing.items) == 2
    assert listing.left_out == {"links that lead nowhere": 2}
    assert "in place of images, which are left out: cat/gone.png, dog/circle.png." in caplog.text


@pytest.mark.parametrize("link", ["a", "z"])
def test_real_folders_come_before_links_whatever_their_names(folder, any_disk, link):
    root = folder({"cat/more": 1, "dog": 1})
    (root / "cat" / link).symlink_to("more", target_is_directory=True)
    assert names(root) == ["cat/more/0000.png", "dog/0000.png"]


def test_of_two_links_to_one_folder_outside_the_first_by_name_counts(folder, any_disk, tmp_path):
    root = folder({"cat": 1, "dog": 1})
    root.rename(tmp_path / "elsewhere")
    (root / "eel").mkdir(parents=True)
    for name in ("2", "1"):
        (root / "eel" / name).symlink_to(tmp_path / "elsewhere" / "cat", target_is_directory=True)
    (root / "fox").symlink_to(tmp_path / "elsewhere" / "dog", target_is_directory=True)
    assert names(root) == ["eel/1/0000.png", "fox/0000.png"]


@pytest.mark.parametrize(
    ("counts", "link", "target", "first", "second"),
    [
        ({"dog": 1, "eel/young": 1}, "dog/shared", "../eel/young", "eel/young/0000.png", "dog/shared/0000.png"),
        ({"dog": 1, "eel/young": 1}, "young", "eel/young", "eel/young/0000.png", "young/0000.png"),
        ({"cat": 1, "dog": 1}, "ant", "cat", "cat/0000.png", "ant/0000.png"),
        ({"train/cat": 1, "train/dog": 1}, "test", "train", "train/cat/0000.png", "test/cat/0000.png"),
        ({"train/cat": 1, "train/dog": 1, "test/cat": 1}, "test/dog", "../train/dog", "train/dog/0000", "test/dog/0000.png"),
    ],
)
def test_a_folder_under_two_classes_or_parts_is_refused(folder, any_disk, counts, link, target, first, second):
    root = folder(counts)
    (root / link).symlink_to(target, target_is_directory=True)
    with pytest.raises(UsageError, match=f"under two classes or parts, by a link: {first}.* is {second} too"):
        FolderSource(root).listing()


def test_identity_follows_paths_sizes_and_times(folder):
    root = folder({"cat": 1, "dog": 1})
    first = FolderSource(root).identity()
    assert FolderSource(root).identity() == first
    os.utime(root / "cat/0000.png", ns=(0, 1))
    second = FolderSource(root).identity()
    (root / "cat/0000.png").rename(root / "cat/0001.png")
    assert len({first, second, FolderSource(root).identity()}) == 3


def test_identity_of_ordinary_names_stays_what_it_was(folder):
    root = folder({"cat": 1, "Vögel": 1})
    digest = hashlib.sha256()
    for name in ("Vögel/0000.png", "cat/0000.png"):
        os.utime(root / name, ns=(0, 7))
    for name in sorted(["Vögel/0000.png", "cat/0000.png"]):
        digest.update(f"{name}\0{(root / name).stat().st_size}\0{7}\n".encode())
    assert FolderSource(root).identity() == f"files:{digest.hexdigest()}"


def test_the_title_tells_no_path_of_this_machine(folder):
    assert FolderSource(folder({"cat": 1})).title == "image folders images"


def test_what_other_systems_put_beside_images_is_counted(folder):
    root = folder({"cat": 3, "dog": 3, "cat/@eaDir/0000.png": 2, "#recycle": 1, "$RECYCLE.BIN/cat": 1, "lost+found": 0})
    (root / "cat" / "Thumbs.db").touch()
    listing = FolderSource(root).listing()
    assert sorted({item.label for item in listing.items}) == ["cat", "dog"]
    assert len(listing.items) == 6
    assert listing.left_out == {"in @eaDir": 2, "in #recycle": 1, "in $RECYCLE.BIN": 1, "Thumbs.db": 1}


def test_a_class_may_link_to_a_hidden_folder(folder):
    root = folder({".data/cat": 2, "dog": 1})
    (root / "cat").symlink_to(".data/cat", target_is_directory=True)
    assert names(root) == ["cat/0000.png", "cat/0001.png", "dog/0000.png"]


def test_links_in_a_hidden_folder_are_not_followed(folder, tmp_path):
    root = folder({"cat": 1, "dog": 1, ".wine": 0})
    (tmp_path / "drive").mkdir()
    (tmp_path / "drive" / "system.png").touch()
    (root / ".wine" / "z:").symlink_to(tmp_path / "drive", target_is_directory=True)
    listing = FolderSource(root).listing()
    assert len(listing.items) == 2
    assert listing.ignored == 0


def test_pipes_and_sockets_are_no_images(folder, monkeypatch):
    root = folder({"cat": 1, "dog": 1})
    os.mkfifo(root / "cat" / "pipe.png")
    monkeypatch.chdir(root)
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind("dog/socket.png")
        listing = FolderSource(root).listing()
    assert len(listing.items) == 2
    assert listing.left_out == {"pipes, sockets or devices": 2}


@pytest.mark.parametrize("rights", [0o000, 0o111, 0o444])
@pytest.mark.parametrize("place", ["cat/more", "cat"])
def test_a_folder_that_cannot_be_read_is_named(folder, as_nobody, rights, place):
    root = folder({"cat": 1, "cat/more": 1, "dog": 1})
    with (
        as_nobody(root, {place: rights}),
        pytest.raises(UsageError, match=rf"Cannot read '{place}': permission denied\. Give"),
    ):
        FolderSource(root).listing()


def test_the_root_that_cannot_be_read_is_named(folder, as_nobody):
    root = folder({"cat": 1, "dog": 1})
    with as_nobody(root, {".": 0o000}), pytest.raises(UsageError, match=r"Cannot read 'images': permission denied"):
        FolderSource(root).listing()


def test_files_that_cannot_be_read_are_named_all_at_once(folder, as_nobody):
    root = folder({"cat": 2, "dog": 2})
    locked = {"cat/0001.png": 0o000, "dog/0000.png": 0o000}
    with as_nobody(root, locked), pytest.raises(UsageError, match=r"2 of 4 images .* for cat/0001.png, dog/0000.png\. Give"):
        FolderSource(root).listing()


def test_folders_of_other_systems_need_not_be_read(folder, as_nobody):
    root = folder({"cat": 1, "dog": 1, "lost+found": 1, ".Trash-0": 1})
    with as_nobody(root, {"lost+found": 0o000, ".Trash-0": 0o000}):
        assert len(FolderSource(root).listing().items) == 2


def test_a_folder_named_by_a_dot_has_its_name_in_messages(folder, monkeypatch):
    monkeypatch.chdir(folder({"none": 0}))
    with pytest.raises(UsageError, match="'images' holds no images"):
        FolderSource(Path()).listing()


def test_what_other_systems_change_leaves_the_identity(folder):
    root = folder({"cat": 1, "dog": 1})
    before = FolderSource(root).identity()
    folder({"cat/@eaDir": 1, ".thumbnails": 1})
    assert FolderSource(root).identity() == before


def test_a_file_that_fills_the_memory_is_refused_by_name(folder):
    root = folder({"cat": 2, "dog": 2})
    os.truncate(root / "dog" / "0001.png", 3 << 30)  # a hole: it takes no room on the disk
    with pytest.raises(UsageError, match=r"'images' has files of more than 2 GiB in place of images: dog/0001\.png"):
        FolderSource(root).listing()


def test_names_of_files_under_two_classes_act_on_no_terminal(folder):
    root = folder({"cat": 1, "dog": 1})
    (root / "cat" / "0000.png").rename(root / "cat" / "\x1b[31m.png")
    (root / "eel").symlink_to("cat")
    with pytest.raises(UsageError, match=r"by a link: cat/<U\+001B>\[31m.png is eel/<U\+001B>"):
        FolderSource(root).listing()
