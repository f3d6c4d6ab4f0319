import pytest

from ltk8s.data.sources import open_source
from ltk8s.data.sources.archive import TarSource, ZipSource
from ltk8s.data.sources.cifar import CifarSource
from ltk8s.data.sources.glyphs import GlyphSource
from ltk8s.errors import UsageError


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("a.zip", ZipSource),
        ("a.tar", TarSource),
        ("a.tar.gz", TarSource),
        ("a.TGZ", TarSource),
        ("a.tar.xz", TarSource),
        ("a.TBZ2", TarSource),
        ("A.ZIP", ZipSource),
    ],
)
def test_files_are_told_apart_by_their_ending(tmp_path, name, kind):
    (tmp_path / name).touch()
    assert isinstance(open_source("set", tmp_path / name), kind)


def test_built_in_sets_need_no_place():
    assert isinstance(open_source("glyphs50"), GlyphSource)
    assert open_source("cifar50").classes == 50
    assert isinstance(open_source("mine", "cifar100"), CifarSource)


@pytest.mark.parametrize(
    ("place", "message"),
    [
        (None, "Where are the images of 'birds'? Only cifar50, cifar100, glyphs50 can be staged by name"),
        ("nowhere", "There is nothing at 'nowhere'"),
        (__file__, "'test_open.py' is neither a folder nor"),
    ],
)
def test_says_what_it_cannot_open(place, message):
    with pytest.raises(UsageError) as raised:
        open_source("birds", place)
    assert message in str(raised.value)


def test_per_class_is_for_glyphs_only(tmp_path):
    with pytest.raises(UsageError, match="--per-class sets the size of the built-in glyphs50 only"):
        open_source("birds", tmp_path, per_class=5)


@pytest.mark.parametrize("name", ["a.7z", "a.RAR", "a.tar.zst", "a.gz"])
def test_archives_that_are_not_read_are_named(tmp_path, name):
    (tmp_path / name).touch()
    with pytest.raises(UsageError, match=f"'{name}' is an archive of a kind that is not read here. Unpack it"):
        open_source("birds", tmp_path / name)


@pytest.mark.parametrize("name", ["a.zip.001", "a.z01", "a.tar.gz.aa", "a.part1.rar"])
def test_pieces_of_archives_are_named(tmp_path, name):
    (tmp_path / name).touch()
    with pytest.raises(UsageError, match=f"'{name}' is a piece of a split archive"):
        open_source("birds", tmp_path / name)


def test_a_place_that_cannot_be_looked_at_is_named():
    with pytest.raises(UsageError, match=r"Cannot read 'aaa.*: file name too long. Use a shorter name"):
        open_source("birds", "a" * 300)
