import os

from ltk8s.data.sources.folder import FolderSource


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


def test_a_broken_link_is_no_image(folder):
    root = folder({"cat": 1, "dog": 1})
    (root / "cat" / "gone.png").symlink_to(root / "nowhere.png")
    assert len(FolderSource(root).listing().items) == 2


def test_identity_follows_paths_sizes_and_times(folder):
    root = folder({"cat": 1, "dog": 1})
    first = FolderSource(root).identity()
    assert FolderSource(root).identity() == first
    os.utime(root / "cat/0000.png", ns=(0, 1))
    second = FolderSource(root).identity()
    (root / "cat/0000.png").rename(root / "cat/0001.png")
    assert len({first, second, FolderSource(root).identity()}) == 3


def test_the_title_tells_no_path_of_this_machine(folder):
    assert FolderSource(folder({"cat": 1})).title == "image folders images"
