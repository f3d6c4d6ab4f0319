"""What members of archives are called: code pages, separators, members that come twice, and what cannot be unpacked."""

import io
import os
import shutil
import struct
import subprocess
import tarfile
import zipfile
import zlib

import numpy as np
import pytest
from PIL import Image

from ltk8s.data.sources import open_source
from ltk8s.errors import UsageError

PNG = io.BytesIO()
Image.fromarray(np.zeros((8, 8, 3), np.uint8)).save(PNG, "PNG")

WINDOWS, UNIX = 0, 3


def make_zip(path, names, *, system=UNIX, extra=b""):
    """Names may be bytes: a zip's headers then have them as they are, without a mark for UTF-8."""
    raw = {}
    with zipfile.ZipFile(path, "w") as archive:
        for number, name in enumerate(names):
            if isinstance(name, bytes):
                stand_in = f"{number}".rjust(len(name), "_")
                raw[stand_in.encode()] = name
                name = stand_in
            member = zipfile.ZipInfo(name)
            member.create_system = system
            if extra and name.encode() in raw:
                member.extra = extra
            archive.writestr(member, PNG.getvalue())
    content = path.read_bytes()
    for stand_in, name in raw.items():
        assert content.count(stand_in) == 2
        content = content.replace(stand_in, name)
    path.write_bytes(content)
    return path


def make_tar(path, names, **how):
    with tarfile.open(path, "w", **how) as archive:
        for name in names:
            member = tarfile.TarInfo(name)
            member.size = PNG.tell()
            archive.addfile(member, io.BytesIO(PNG.getvalue()))
    return path


def classes(place, **how):
    listing = open_source("set", place, **how).listing()
    assert all(listing.read(item.name) == PNG.getvalue() for item in listing.items)
    return sorted(item.label for item in listing.items)


def test_names_in_utf_8_without_a_mark_are_utf_8(tmp_path):
    path = make_zip(tmp_path / "set.zip", ["M\u00f6we/image.png".encode(), "Ente/1.png"])
    assert classes(path) == ["Ente", "M\u00f6we"]


def test_info_zips_names_in_utf_8_are_read(tmp_path):
    for name in ("M\u00f6we", "Ente"):
        (tmp_path / "tree" / name).mkdir(parents=True)
        (tmp_path / "tree" / name / "1.png").write_bytes(PNG.getvalue())
    assert classes(zipped(tmp_path / "tree")) == classes(tmp_path / "tree") == ["Ente", "M\u00f6we"]


@pytest.mark.parametrize(
    ("label", "encoding"),
    [("M\u00f6we", "cp437"), ("\u6865\u6881", "gbk"), ("\u6a4b\u8868", "cp932"), ("\u6a4b\u8868", "shift_jis")],
)
@pytest.mark.parametrize("system", [WINDOWS, UNIX])
def test_names_in_another_code_page_are_refused_until_it_is_named(tmp_path, label, encoding, system):
    path = make_zip(tmp_path / "set.zip", [f"{label}/image.png".encode(encoding), "Ente/1.png"], system=system)
    with pytest.raises(UsageError, match=f"in a code page that the archive does not name: .*'{label}' in .* as --encoding"):
        open_source("set", path).listing()
    assert classes(path, encoding=encoding) == ["Ente", label]


def test_a_tar_with_names_in_another_code_page_is_refused_until_it_is_named(tmp_path):
    path = make_tar(tmp_path / "set.tar", ["M\u00f6we/1.png", "Ente/1.png"], encoding="cp1252", format=tarfile.GNU_FORMAT)
    with pytest.raises(UsageError, match=r"does not name: M\\xf6we is .*'M\u00f6we' in cp1252"):
        open_source("set", path).listing()
    assert classes(path, encoding="cp1252") == ["Ente", "M\u00f6we"]
    with pytest.raises(UsageError, match="has a name that is not in ascii"):
        open_source("set", path, encoding="ascii").listing()


def test_a_pax_header_is_utf_8_whatever_the_code_page(tmp_path):
    path = make_tar(tmp_path / "set.tar", ["M\u00f6we/1.png", "Ente/1.png"], format=tarfile.PAX_FORMAT)
    assert classes(path, encoding="cp932") == ["Ente", "M\u00f6we"]


def test_the_code_page_of_files_names_alone_changes_no_class(tmp_path):
    path = make_zip(tmp_path / "set.zip", ["Ente/\u6865\u6881\u6865\u6881.png".encode("gbk"), "cat/1.png"])
    assert classes(path) == ["Ente", "cat"]


def test_a_name_that_is_utf_8_by_chance_does_not_count_among_others_that_are_not(tmp_path):
    by_chance = "\u6a21".encode("gbk")
    by_chance.decode("utf-8")
    path = make_zip(tmp_path / "set.zip", [by_chance + b"/image.png", "Ente/\u6865\u6881\u6865\u6881.png".encode("gbk")])
    with pytest.raises(UsageError, match="in a code page that the archive does not name"):
        open_source("set", path).listing()


def test_a_name_kept_in_an_extra_field_counts(tmp_path):
    raw = "M\u00f6we/image.png".encode("cp850")
    content = b"\1" + struct.pack("<L", zlib.crc32(raw)) + "M\u00f6we/image.png".encode()
    extra = struct.pack("<HH", 0x7075, len(content)) + content
    assert classes(make_zip(tmp_path / "set.zip", [raw, "Ente/1.png"], extra=extra)) == ["Ente", "M\u00f6we"]


def test_a_name_marked_as_utf_8_that_is_not_is_named(tmp_path):
    path = make_zip(tmp_path / "set.zip", ["M\u00f6we/1.png", "Ente/1.png"])
    path.write_bytes(path.read_bytes().replace("\u00f6".encode(), b"\xff\xfe"))
    with pytest.raises(UsageError, match=r"marked as UTF-8 and is not: b'M\\xff\\xfewe/1.png'"):
        open_source("set", path).listing()


@pytest.mark.parametrize("encoding", ["cp99", "utf-16", "cp037", "hex"])
def test_an_unknown_code_page_is_a_usage_error(tmp_path, encoding):
    path = make_zip(tmp_path / "set.zip", ["cat/1.png", "dog/1.png"])
    with pytest.raises(UsageError, match=f"--encoding '{encoding}' is not a code page"):
        open_source("set", path, encoding=encoding)


def test_a_code_page_is_for_archives_only(tmp_path):
    with pytest.raises(UsageError, match="--encoding is for the names in zip and tar archives only"):
        open_source("set", tmp_path, encoding="cp932")


def test_the_code_page_is_part_of_the_identity(tmp_path):
    path = make_zip(tmp_path / "set.zip", ["cat/1.png"])
    assert open_source("set", path).identity() != open_source("set", path, encoding="cp932").identity()


def test_backslashes_of_windows_are_folders(tmp_path):
    path = make_zip(tmp_path / "set.zip", [b"train\\cat\\image.png", b"train\\dog\\image.png", b"train\\dog\\"], system=WINDOWS)
    listing = open_source("set", path).listing()
    assert sorted(item.name for item in listing.items) == ["train/cat/image.png", "train/dog/image.png"]
    assert listing.ignored == 0


@pytest.mark.parametrize(
    "name", [b"C:\\cat\\image.png", b"\\\\host\\cat\\image.png", b"..\\cat\\image.png", b"C:/cat/image.png"]
)
def test_a_path_of_windows_out_of_the_archive_is_refused(tmp_path, name):
    path = make_zip(tmp_path / "set.zip", ["cat/1.png", name], system=WINDOWS)
    with pytest.raises(UsageError, match="has a path that leads outside of it"):
        open_source("set", path).listing()


@pytest.mark.parametrize(("make", "name"), [(make_zip, "set.zip"), (make_tar, "set.tar")])
def test_paths_are_as_a_folder_would_have_them(tmp_path, make, name):
    assert classes(make(tmp_path / name, ["./cat/1.png", ".//dog/./1.png"])) == ["cat", "dog"]


@pytest.mark.filterwarnings("ignore:Duplicate name")
@pytest.mark.parametrize(("make", "name"), [(make_zip, "set.zip"), (make_tar, "set.tar")])
def test_a_member_that_comes_twice_is_counted(tmp_path, make, name):
    path = make(tmp_path / name, ["cat/1.png", "dog/1.png", "./cat/1.png", "cat/1.png"])
    listing = open_source("set", path).listing()
    assert len(listing.items) == 2
    assert listing.left_out == {"replaced by a later file of the same name": 2}


@pytest.fixture
def tree(tmp_path):
    for name in ("cat", "dog"):
        (tmp_path / "tree" / name).mkdir(parents=True)
        (tmp_path / "tree" / name / "1.png").write_bytes(PNG.getvalue())
    return tmp_path / "tree"


def zipped(tree, *how):
    assert shutil.which("zip"), "zip (Info-ZIP) is needed: it packs as people do."
    subprocess.run(["zip", "-qr", *how, "../set.zip", "."], cwd=tree, check=True)
    return tree.parent / "set.zip"


def tarred(tree, *how):
    subprocess.run(["tar", "-cf", "../set.tar", *how, "."], cwd=tree, check=True)
    return tree.parent / "set.tar"


def test_a_zip_of_many_bytes_is_read(tree):
    assert classes(zipped(tree, "-fz")) == ["cat", "dog"]


def test_an_encrypted_zip_is_named(tree):
    with pytest.raises(UsageError, match=r"is encrypted: .*\. Give an archive without a password"):
        open_source("set", zipped(tree, "-P", "secret")).listing()


def test_a_split_zip_is_named(tree):
    (tree / "cat" / "notes.bin").write_bytes(os.urandom(200_000))
    with pytest.raises(UsageError, match=r"'set.zip' is a piece of a split archive\. Unpack it"):
        open_source("set", zipped(tree, "-s", "64k")).listing()


def test_a_zip_in_a_method_that_is_not_read_is_named(tmp_path):
    path = make_zip(tmp_path / "set.zip", ["cat/1.png", "dog/1.png"])
    content = bytearray(path.read_bytes())
    content[content.index(b"PK\1\2") + 10] = 9
    path.write_bytes(content)
    with pytest.raises(UsageError, match=r"are packed by Deflate64, which is not read here: cat/1.png"):
        open_source("set", path).listing()


@pytest.mark.parametrize("pack", [lambda tree: zipped(tree, "-y"), tarred], ids=["zip", "tar"])
def test_links_in_an_archive_are_refused_where_a_person_sees_images(tree, pack):
    (tree / "dog" / "2.png").symlink_to("../cat/1.png")
    with pytest.raises(UsageError, match=r"holds links in place of images: dog/2.png"):
        open_source("set", pack(tree)).listing()
    (tree / "dog" / "2.png").unlink()
    (tree / "eel").symlink_to("cat", target_is_directory=True)
    with pytest.raises(UsageError, match="holds links in place of folders: eel \u2192 cat"):
        open_source("set", pack(tree)).listing()


@pytest.mark.parametrize("pack", [lambda tree: zipped(tree, "-y"), tarred], ids=["zip", "tar"])
def test_other_links_in_an_archive_are_counted(tree, pack):
    (tree / "latest").symlink_to("elsewhere")
    assert open_source("set", pack(tree)).listing().left_out == {"links": 1}


def test_a_pipe_in_a_tar_is_not_an_image(tree):
    os.mkfifo(tree / "dog" / "2.png")
    listing = open_source("set", tarred(tree)).listing()
    assert len(listing.items) == 2
    assert listing.left_out == {"pipes, sockets or devices": 1}


@pytest.mark.parametrize("form", ["gnu", "posix"])
def test_sparse_files_in_a_tar_are_whole(tree, form):
    os.truncate(tree / "dog" / "1.png", 1_000_000)
    listing = open_source("set", tarred(tree, "--sparse", f"--format={form}")).listing()
    assert listing.read("dog/1.png") == (tree / "dog" / "1.png").read_bytes()


def test_archives_in_an_archive_are_named(tree):
    inner = zipped(tree)
    with zipfile.ZipFile(inner.with_name("outer.zip"), "w") as archive:
        archive.write(inner, "train.zip")
    with pytest.raises(UsageError, match=r"'outer.zip' holds no images, but 1 .zip .* Unpack the archives"):
        open_source("set", inner.with_name("outer.zip")).listing()


NAMES = (
    "train/M\u00f6we/1.png",
    "train/Mo\u0308we/2.PNG",
    "train/Mo\u0308we/deep/3.jfif",
    "test/M\u00f6we/4.png",
    "train/a b/x\\y.png",
    "train/a b/ .png",
    "TEST/a b/cafe.png",
    "train/-x/*.png",
    "test/-x/1.png/1.png",
    "train/-x/1.heic",
    "train/-x/none",
    "train/-x/1.png ",
    "train/@eaDir/a b/1.png",
    "train/-x/._1.png",
    ".git/train/cat/1.png",
    "__MACOSX/train/M\u00f6we/1.png",
    "preview.png",
    "sets.tar.gz",
)


@pytest.mark.parametrize("wrapper", ["", "set/"])
@pytest.mark.parametrize("pack", [zipped, tarred, lambda tree: tarred(tree, "--format=posix")], ids=["zip", "tar", "pax"])
def test_an_archive_gives_what_the_folder_gives(tmp_path, pack, wrapper):
    for number, name in enumerate(NAMES):
        place = tmp_path / "tree" / wrapper / name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(b"%d" % number)

    def given(place):
        listing = open_source("set", place).listing()
        items = sorted((item.name, item.part, item.label, listing.read(item.name)) for item in listing.items)
        return items, listing.left_out, listing.bytes

    items, left_out, _ = given(tmp_path / "tree")
    assert given(pack(tmp_path / "tree")) == given(tmp_path / "tree")
    assert len(items) == 9
    assert len(items) + sum(left_out.values()) == len(NAMES)
