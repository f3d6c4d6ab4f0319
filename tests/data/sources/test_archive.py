import io
import os
import subprocess
import sys
import tarfile
import zipfile

import numpy as np
import pytest
from PIL import Image

from ltk8s.data.sources import open_source
from ltk8s.data.sources.archive import ZipSource
from ltk8s.errors import UsageError

PNG = io.BytesIO()
Image.fromarray(np.zeros((8, 8, 3), np.uint8)).save(PNG, "PNG")


def make_zip(path, names):
    with zipfile.ZipFile(path, "w") as archive:
        for name in names:
            archive.writestr(name, b"" if name.endswith("/") else PNG.getvalue())
    return path


def png(value):
    file = io.BytesIO()
    Image.new("RGB", (8, 8), (value, value, value)).save(file, "PNG")
    return file.getvalue()


def add_to_tar(archive, name, content):
    member = tarfile.TarInfo(name)
    member.size = len(content)
    archive.addfile(member, io.BytesIO(content))


def make_tar(path, names, kind=tarfile.REGTYPE):
    with tarfile.open(path, "w:gz" if path.suffix == ".gz" else "w") as archive:
        for name in names:
            member = tarfile.TarInfo(name)
            member.type = tarfile.DIRTYPE if name.endswith("/") else kind
            member.size = PNG.tell() if member.isfile() else 0
            archive.addfile(member, io.BytesIO(PNG.getvalue()))
    return path


@pytest.mark.parametrize("make", [make_zip, make_tar])
@pytest.mark.parametrize("suffix", ["", ".gz"])
def test_archives_are_read_like_folders(tmp_path, make, suffix):
    name = "set.zip" if make is make_zip else f"set.tar{suffix}"
    listing = open_source(
        "set", make(tmp_path / name, ["set/train/cat/1.png", "set/test/cat/1.png", "set/notes.txt"])
    ).listing()
    assert [(item.part, item.label) for item in listing.items] == [("train", "cat"), ("test", "cat")]
    assert listing.ignored == 1
    assert listing.bytes == 2 * PNG.tell()
    assert listing.read("set/train/cat/1.png") == PNG.getvalue()


@pytest.mark.parametrize("make", [make_zip, make_tar])
@pytest.mark.parametrize("name", ["../evil/1.png", "/etc/cat/1.png", "cat/../../1.png"])
def test_a_path_out_of_the_archive_is_refused(tmp_path, make, name):
    path = make(tmp_path / ("set.zip" if make is make_zip else "set.tar"), ["cat/1.png", name])
    with pytest.raises(UsageError, match=r"has a path that leads outside of it: "):
        open_source("set", path).listing()


@pytest.mark.parametrize("make", [make_zip, make_tar])
def test_nothing_is_written_beside_an_archive(tmp_path, make):
    path = make(tmp_path / ("set.zip" if make is make_zip else "set.tar"), ["cat/1.png", "dog/1.png"])
    open_source("set", path).listing()
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("make", [make_zip, make_tar])
def test_an_empty_class_folder_is_refused(tmp_path, make):
    path = make(tmp_path / ("set.zip" if make is make_zip else "set.tar"), ["cat/1.png", "dog/1.png", "eel/"])
    with pytest.raises(UsageError, match="class folders without an image: eel"):
        open_source("set", path).listing()


@pytest.mark.parametrize("name", ["set.zip", "set.tar.gz", "set.tar"])
def test_a_cut_archive_is_named(tmp_path, name):
    path = (make_zip if name == "set.zip" else make_tar)(tmp_path / name, [f"cat/{i}.png" for i in range(20)])
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with pytest.raises(UsageError, match=f"archive '{name}' cannot be read"):
        open_source("set", path).listing()


def test_a_link_in_place_of_an_image_is_refused(tmp_path):
    path = make_tar(tmp_path / "set.tar", ["cat/1.png"], kind=tarfile.SYMTYPE)
    with pytest.raises(UsageError, match="holds links in place of images: cat/1"):
        open_source("set", path).listing()


def test_how_to_pack_a_tar_without_hard_links_is_said(tmp_path):
    path = make_tar(tmp_path / "set.tar", ["cat/1.png"], kind=tarfile.LNKTYPE)
    with pytest.raises(UsageError, match="Pack it with `tar -h --hard-dereference`"):
        open_source("set", path).listing()


def test_of_a_name_that_a_tar_holds_twice_the_last_counts(tmp_path):
    contents = [("cat/1.png", 1), ("dog/1.png", 2), ("./cat/1.png", 3), ("dog/2.png", 4), ("eel/1.png", 5)]
    with tarfile.open(tmp_path / "set.tar", "w") as archive:
        for name, value in contents:
            add_to_tar(archive, name, png(value))
    listing = open_source("set", tmp_path / "set.tar").listing()
    assert [item.name for item in listing.items] == ["cat/1.png", "dog/1.png", "dog/2.png", "eel/1.png"]
    assert [listing.read(item.name) for item in listing.items] == [png(3), png(2), png(4), png(5)]


def test_a_link_that_takes_an_images_place_later_in_a_tar_is_refused(tmp_path):
    with tarfile.open(tmp_path / "set.tar", "w") as archive:
        add_to_tar(archive, "cat/1.png", png(1))
        link = tarfile.TarInfo("cat/1.png")
        link.type = tarfile.SYMTYPE
        archive.addfile(link)
    with pytest.raises(UsageError, match="holds links in place of images: cat/1"):
        open_source("set", tmp_path / "set.tar").listing()


def test_an_unpacked_tar_goes_when_nobody_reads_it_any_more(tmp_path):
    listing = open_source("set", make_tar(tmp_path / "set.tar", ["cat/1.png", "dog/1.png"])).listing()
    place = listing.read.path("cat/1.png")
    assert place.is_file()
    del listing
    assert not place.parent.exists()


def test_identity_follows_the_content(tmp_path):
    first = ZipSource(make_zip(tmp_path / "a.zip", ["cat/1.png"])).identity()
    (tmp_path / "b.zip").write_bytes((tmp_path / "a.zip").read_bytes())
    assert ZipSource(tmp_path / "b.zip").identity() == first
    assert ZipSource(make_zip(tmp_path / "a.zip", ["cat/1.png", "cat/2.png"])).identity() != first


def test_an_archive_that_takes_anothers_place_is_read_itself(tmp_path):
    read = {}
    for value in (10, 200):
        with zipfile.ZipFile(tmp_path / "set.zip", "w") as archive:
            for label in ("cat", "dog"):
                archive.writestr(f"{label}/1.png", png(value))
        listing = ZipSource(tmp_path / "set.zip").listing()
        read[value] = listing.read("cat/1.png")
    assert read == {10: png(10), 200: png(200)}


def test_a_full_disk_is_not_blamed_on_the_archive(tmp_path):
    make_tar(tmp_path / "set.tar", [f"{label}/{number}.png" for label in ("cat", "dog") for number in range(3)])
    script = (
        "import resource, sys; from ltk8s.data.sources import open_source;"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (10, 10)); open_source('set', sys.argv[1]).listing()"
    )
    (tmp_path / "scratch").mkdir()
    done = subprocess.run(
        [sys.executable, "-c", script, str(tmp_path / "set.tar")],
        env={**os.environ, "TMPDIR": str(tmp_path / "scratch")},
        capture_output=True,
        text=True,
        check=False,
    )
    said = f"Cannot unpack the archive into {tmp_path / 'scratch'}: file too large. Make room there, or set TMPDIR to another"
    assert said in done.stderr


@pytest.mark.parametrize("name", ["set.zip", "set.tar", "set.tar.gz"])
def test_an_archive_that_may_not_be_read_is_not_called_damaged(tmp_path, name):
    path = (make_zip if name == "set.zip" else make_tar)(tmp_path / name, ["cat/1.png", "dog/1.png"])
    source = open_source("set", path)
    path.unlink()  # gone in between
    for read in (source.identity, source.listing):
        with pytest.raises(UsageError, match=r"Cannot read .*set.*: no such file or directory\. Check the path"):
            read()


def test_a_zip_that_claims_more_than_memory_holds_is_refused_by_name(tmp_path):
    with zipfile.ZipFile(tmp_path / "set.zip", "w") as archive:
        for name in ("cat/1.png", "dog/1.png"):
            archive.writestr(name, PNG.getvalue())
        archive.infolist()[1].file_size = 3 << 30
    with pytest.raises(UsageError, match=r"files of more than 2 GiB in place of images: dog/1\.png\. Take them out"):
        open_source("set", tmp_path / "set.zip").listing()


def test_a_tar_that_claims_more_than_the_disk_holds_is_refused_before_it_is_unpacked(tmp_path):
    with tarfile.open(tmp_path / "set.tar", "w") as archive:
        add_to_tar(archive, "cat/1.png", PNG.getvalue())
        member = tarfile.TarInfo("dog/1.png")
        member.size = 3 << 30
        archive.addfile(member)
    with pytest.raises(UsageError, match=r"files of more than 2 GiB in place of images: dog/1\.png\. Take them out"):
        open_source("set", tmp_path / "set.tar").listing()


def test_a_tar_whose_map_of_a_sparse_file_is_broken_cannot_be_read(tmp_path):
    member = tarfile.TarInfo("cat/1.png")
    member.pax_headers = {"GNU.sparse.major": "1", "GNU.sparse.minor": "0", "GNU.sparse.realsize": "9"}
    member.size = 512
    with tarfile.open(tmp_path / "set.tar", "w", format=tarfile.PAX_FORMAT) as archive:
        archive.addfile(member, io.BytesIO(b"1\n0\nno number\n".ljust(512, b"\0")))
    with pytest.raises(UsageError, match=r"archive 'set.tar' cannot be read: .* It may be cut off"):
        open_source("set", tmp_path / "set.tar").listing()
