"""A file of this machine is there whole or not at all; links are followed, and devices stay devices."""

import os
from pathlib import Path

import pytest

from ltk8s.errors import StoreError
from ltk8s.store.aside import written_aside


def test_a_file_has_its_name_when_it_is_whole(tmp_path):
    with written_aside(tmp_path / "new" / "file") as opened:
        opened.write(b"half")
        assert not (tmp_path / "new" / "file").exists()
    assert (tmp_path / "new" / "file").read_bytes() == b"half"
    assert os.listdir(tmp_path / "new") == ["file"]


def fail_half_way(path):
    with written_aside(path) as opened:
        opened.write(b"half")
        raise RuntimeError


def test_what_fails_leaves_what_was_there(tmp_path):
    (tmp_path / "file").write_bytes(b"old")
    with pytest.raises(RuntimeError):
        fail_half_way(tmp_path / "file")
    assert (tmp_path / "file").read_bytes() == b"old"
    assert os.listdir(tmp_path) == ["file"]


def test_a_link_stays_one(tmp_path):
    (tmp_path / "elsewhere").write_bytes(b"old")
    (tmp_path / "link").symlink_to("elsewhere")
    with written_aside(tmp_path / "link") as opened:
        opened.write(b"new")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "elsewhere").read_bytes() == b"new"


def test_a_pipe_is_written_and_stays_one(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    reader = os.open(tmp_path / "pipe", os.O_RDONLY | os.O_NONBLOCK)
    with written_aside(tmp_path / "pipe") as opened:
        opened.write(b"through")
    assert os.read(reader, 100) == b"through"
    os.close(reader)
    assert (tmp_path / "pipe").is_fifo()


def test_a_directory_in_the_way_is_said(tmp_path):
    (tmp_path / "taken").mkdir()
    with (
        pytest.raises(StoreError, match=r"Cannot write .*/taken: is a directory\. Check the path\."),
        written_aside(tmp_path / "taken"),
    ):
        pass
    assert os.listdir(tmp_path) == ["taken"]


def test_a_directory_in_the_way_is_said_before_anything_is_done(tmp_path):
    done = []
    with pytest.raises(StoreError), written_aside(tmp_path):
        done.append("hours of work")
    assert not done


def test_a_pipe_without_a_name_is_written():
    """As in `--to /dev/stdout | less` and `--to >(less)`."""
    reader, writer = os.pipe()
    with written_aside(Path(f"/dev/fd/{writer}")) as opened:
        opened.write(b"through")
    assert os.read(reader, 100) == b"through"
    os.close(reader)
    os.close(writer)


def test_a_name_as_long_as_a_file_may_have_is_written(tmp_path):
    with written_aside(tmp_path / ("n" * 255)) as opened:
        opened.write(b"whole")
    assert (tmp_path / ("n" * 255)).read_bytes() == b"whole"
    assert len(os.listdir(tmp_path)) == 1


def test_a_name_that_is_too_long_is_said(tmp_path):
    with pytest.raises(StoreError, match=r"file name too long\. Use a shorter name\."), written_aside(tmp_path / ("n" * 256)):
        pass
    assert os.listdir(tmp_path) == []


def test_a_full_device_is_said():
    with (
        pytest.raises(StoreError, match=r"Cannot write /dev/full: no space left on device\. Make room there"),
        written_aside(Path("/dev/full")) as opened,
    ):
        opened.write(b"lost")


def test_an_error_of_another_file_is_not_blamed_on_the_one_that_is_written(tmp_path):
    with pytest.raises(FileNotFoundError, match="other"), written_aside(tmp_path / "file"):
        (tmp_path / "other").read_bytes()
    assert os.listdir(tmp_path) == []


def test_a_link_around_in_a_circle_is_said(tmp_path):
    (tmp_path / "loop").symlink_to("loop")
    with (
        pytest.raises(StoreError, match=r"loop: too many levels of symbolic links\. Check the path\."),
        written_aside(tmp_path / "loop"),
    ):
        pass
