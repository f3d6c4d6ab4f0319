import pytest

from ltk8s.data.sources import open_source
from ltk8s.errors import UsageError


@pytest.fixture
def table(folder):
    """Write a CSV beside three images 0000.png to 0002.png of a folder ``all``."""
    root = folder({"all": 3})

    def write(text, encoding="utf-8"):
        (root / "images.csv").write_bytes(text.encode(encoding))
        return root / "images.csv"

    return write


def items(path):
    return [(item.name, item.label, item.part, item.group) for item in open_source("set", path).listing().items]


def test_paths_and_labels(table):
    path = table("path,label\nall/0000.png,cat\nall/0001.png,dog\n")
    assert items(path) == [("all/0000.png", "cat", None, None), ("all/0001.png", "dog", None, None)]
    assert open_source("set", path).listing().read("all/0000.png") == (path.parent / "all/0000.png").read_bytes()


def test_splits_groups_and_columns_of_ones_own(table):
    path = table("group,note,split,label,path\np1,x,Train,cat,all/0000.png\n,y,test,cat,all/0001.png\n")
    assert items(path) == [("all/0000.png", "cat", "train", "p1"), ("all/0001.png", "cat", "test", None)]


def test_paths_are_written_in_one_way(table):
    assert [name for name, *_ in items(table("path,label\n./all//0000.png,cat\nall/./0001.png,dog\n"))] == [
        "all/0000.png",
        "all/0001.png",
    ]


def test_a_byte_order_mark_is_no_part_of_the_first_column(table):
    assert len(items(table("path,label\nall/0000.png,cat\n", "utf-8-sig"))) == 1


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("file,label\nx,y\n", "has no column path"),
        ("path,label,groups\nall/0000.png,cat,1\n", "has a column 'groups'. Did you mean 'group'"),
        ("path,label\n", "names no images"),
        ("", "has no column path, label"),
        ("path,label\nall/0000.png,\n", "Line 2 of images.csv has no label"),
        ("path,label\n,cat\n", "Line 2 of images.csv has no path"),
        ("path,label,split\nall/0000.png,cat,val\n", "Line 2 of images.csv has the split 'val'"),
        ("path,label\nall/0000.png,cat\nall/0000.png,dog\n", "names an image more than once: all/0000.png"),
        ("path,label\nall/0001.png,cat\nall/0000.png,dog, black\n", "Line 3 of images.csv has more values than there are col"),
        ("path,label,split\nall/0000.png,cat,train\n./all/0000.png,cat,test\n", "more than once: all/0000.png"),
        ("path,label\nall/0000.png,cat\nall/../all/0000.png,cat\n", "than once: all/0000.png, all/../all/0000.png"),
        ("path,label,split\nall/0000.png,cat,train\nall/0001.png,cat,\n", "some images a split and others none: all/0001.png"),
        ("path,label\nall/9.png,cat\n", "1 of 1 files that images.csv names are missing: all/9.png"),
        ('path,label\n"all/0000.png,cat\n', "is no CSV in UTF-8"),
    ],
)
def test_refuses_what_it_cannot_understand(table, text, message):
    with pytest.raises(UsageError, match=message):
        open_source("set", table(text))


def test_another_encoding_is_refused(table):
    with pytest.raises(UsageError, match="is no CSV in UTF-8"):
        open_source("set", table("path,label\nall/0000.png,Vögel\n", "latin-1"))


def test_identity_follows_the_table_and_its_images(table):
    path = table("path,label\nall/0000.png,cat\n")
    first = open_source("set", path).identity()
    (path.parent / "all/0001.png").touch()
    assert open_source("set", path).identity() == first
    (path.parent / "all/0000.png").write_bytes(b"other")
    assert open_source("set", path).identity() != first


def test_a_path_that_no_disk_can_have_is_missing(table):
    with pytest.raises(UsageError, match=r"1 of 1 files that .* names are missing"):
        open_source("three", table(f"path,label\n{'x' * 300}.png,cat\n")).listing()
