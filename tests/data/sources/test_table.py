import os
import shutil
import subprocess
import sys
import unicodedata

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
        (
            "path,label\nall/0000.png,cat\nall/../all/0000.png,cat\n",
            r"than once: all/0000.png \(line 2\), all/../all/0000.png \(line 3\)",
        ),
        ("path,label,split\nall/0000.png,cat,train\nall/0001.png,cat,\n", "some images a split and others none: all/0001.png"),
        ("path,label\nall/9.png,cat\n", "1 of 1 files that images.csv names are missing: all/9.png"),
        ('path,label\n"all/0000.png,cat\n', "Line 2 of images.csv is not CSV: unexpected end of data"),
    ],
)
def test_refuses_what_it_cannot_understand(table, text, message):
    with pytest.raises(UsageError, match=message):
        open_source("set", table(text))


def test_another_encoding_is_refused(table):
    with pytest.raises(UsageError, match="is not CSV in UTF-8: line 2 has the byte 0xf6"):
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


TWO = [("all/0000.png", "cat", None, None), ("all/0001.png", "dog", None, None)]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize(
    "text",
    [
        "path,label\r\nall/0000.png,cat\r\nall/0001.png,dog",
        "path,label\rall/0000.png,cat\rall/0001.png,dog\r",
        "path;label\nall/0000.png;cat\nall/0001.png;dog\n",
        "path\tlabel\nall/0000.png\tcat\nall/0001.png\tdog\n",
        "sep=;\npath;label\nall/0000.png;cat\nall/0001.png;dog\n",
        "\n Path , LABEL \n\nall/0000.png , cat\n,\nall/0001.png, dog\n\n",
        '"path","label"\n"all/0000.png","cat"\n"all/0001.png","dog"\n',
        "path,label\nall/0000.png,cat,\nall/0001.png,dog,,\n",
        "path,label\nall\\0000.png,cat\n.\\all\\0001.png,dog\n",
    ],
)
def test_every_programs_way_of_writing(table, text, encoding):
    assert items(table(text, encoding)) == TWO


def test_a_quoted_value_holds_the_separator(table):
    assert items(table('path,label\nall/0000.png,"dog, ""black"""\n'))[0][1] == 'dog, "black"'


def test_parts_are_called_as_folders_may_be(table):
    path = table("path,label,split\nall/0000.png,cat,TRAINING\nall/0001.png,cat,Testing\n")
    assert [part for *_, part, _ in items(path)] == ["train", "test"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("path,label,Label\nall/0000.png,cat,dog\n", "has two columns label"),
        ("path,label\n\nall/0000.png,cat\nall/0001.png\n", "Line 4 of images.csv has no label"),
        ('path,label\nall/0000.png,"cat\nall/0001.png,dog"\n', "Line 2 of images.csv has a line break in its label"),
        ("path,label\nall/0000.png,cat\0\n", "Line 2 of images.csv has a NUL"),
        (f"path,label\nall/0000.png,{'x' * 200_000}\n", "Line 2 of images.csv is not CSV: field larger than field limit"),
        ('path,label\nall/0000.png,="0001"\n', "Line 2 of images.csv has a formula or an error as its label"),
        ("path,label\nall/0000.png,#NAME?\n", "Line 2 of images.csv has a formula or an error as its label"),
        ("path,label\nall/0000.png,\u200b\n", "Line 2 of images.csv has no label"),
        (
            "path,label\nall/0000.png,sea gull\nall/0001.png,sea\u00a0gull\n",
            r"look the same .*: sea gull and sea<U\+00A0>gull",
        ),
        ("path,label\nall/0000.png,gull\nall/0001.png,gull\u200b\n", r"look the same .*: gull and gull<U\+200B>\."),
        ("path,label,group\nall/0000.png,a,p 1\nall/0001.png,b,p\u00a01\n", "has groups whose names look the same"),
        ("path,label\nall/0000.PNG,cat\n", r"missing: all/0000.PNG \(line 2; there is all/0000.png\)"),
        ("path,label\nall/0000.png,cat\nall,dog\n", r"1 of 2 files that images.csv names are folders: all \(line 3\)"),
    ],
)
def test_refuses_with_the_line_what_could_be_meant_in_two_ways(table, text, message):
    with pytest.raises(UsageError, match=message):
        open_source("set", table(text))


@pytest.mark.parametrize("on_disk", ["NFC", "NFD"])
@pytest.mark.parametrize("written", ["NFC", "NFD"])
def test_names_in_either_normal_form_are_one(folder, on_disk, written):
    root = folder({unicodedata.normalize(on_disk, "Möwe/große"): 2})
    rows = [
        f"Möwe/große/{number}.png,{unicodedata.normalize(form, 'Möwe')}" for number, form in (("0000", "NFC"), ("0001", "NFD"))
    ]
    (root / "images.csv").write_text(unicodedata.normalize(written, f"path,label\n{rows[0]}\n") + rows[1] + "\n")
    found = open_source("set", root / "images.csv").listing()
    assert {item.label for item in found.items} == {"Möwe"}
    assert all(found.read(item.name) for item in found.items)


def test_one_file_under_two_labels_by_a_link_is_refused(table):
    path = table("path,label\nall/0000.png,cat\nall/link.png,dog\n")
    os.symlink("0000.png", path.parent / "all/link.png")
    with pytest.raises(UsageError, match=r"one file two labels .*all/0000.png \(line 2\), all/link.png \(line 3\)"):
        open_source("set", path)
    assert len(items(table("path,label\nall/0000.png,cat\nall/link.png,cat\n"))) == 2


def test_images_beside_those_that_are_named_are_counted(table, caplog):
    items(table("path,label\nall/0000.png,cat\n"))
    assert (
        "table images.csv leaves out 2 of the 3 images in the folders that it names: all/0001.png, all/0002.png." in caplog.text
    )


@pytest.mark.skipif(os.geteuid() == 0 and not shutil.which("setpriv"), reason="root may read everything")
@pytest.mark.parametrize(
    ("locked", "said"),
    [("all/0001.png", "1 of 2 files that images.csv names cannot be read (permission denied): all/0001.png (line 3)"),
     ("images.csv", "images.csv: permission denied. Give this user the right to it")],
)  # fmt: skip
def test_what_cannot_be_read_is_not_taken_for_missing(table, locked, said):
    path = table("path,label\nall/0000.png,cat\nall/0001.png,dog\n")
    (path.parent / locked).chmod(0)
    if os.geteuid() == 0:
        os.chown(path.parent / locked, 1234, 1234)
    plainly = ["setpriv", "--bounding-set=-dac_override,-dac_read_search,-fowner"] if os.geteuid() == 0 else []
    code = "import sys, pathlib; from ltk8s.data.sources.table import TableSource; TableSource(pathlib.Path(sys.argv[1]))"
    done = subprocess.run([*plainly, sys.executable, "-c", code, str(path)], capture_output=True, text=True, check=False)
    assert said in done.stderr


@pytest.mark.parametrize("line", ["all/none-{:02}.png,cat\n", "all/0000.png,cat{:02}\n"])
def test_a_list_that_is_cut_is_whole_in_the_error(table, line):
    with pytest.raises(UsageError, match="and 20 more") as raised:
        open_source("set", table("path,label\n" + "".join(line.format(number) for number in range(30))))
    assert len(raised.value.every) == 30
    assert "(line 31)" in raised.value.every[-1]
