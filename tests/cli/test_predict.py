"""What `ltk8s pull` and `ltk8s predict` refuse before anything is loaded; test_for_real has them at work."""

import os
import subprocess
import sys

import pytest

from ltk8s.cli.images import expand
from ltk8s.errors import UsageError


@pytest.fixture
def photos(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("a.jpg", "inner/b.PNG", "inner/notes.txt", "inner/.hidden.png", "none/notes.txt"):
        (tmp_path / "photos" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "photos" / name).touch()
    return tmp_path


def test_a_folder_stands_for_all_images_below_it(photos):
    assert expand(["photos"]).paths == ["photos/a.jpg", "photos/inner/b.PNG"]


def test_a_file_is_taken_whatever_it_is_called(photos):
    assert expand(["photos/inner/notes.txt"]).paths == ["photos/inner/notes.txt"]


def test_a_pattern_finds_images(photos):
    assert expand(["photos/**/*"]).paths == ["photos/a.jpg", "photos/inner/b.PNG"]


def test_each_image_is_taken_once(photos):
    assert expand(["photos/a.jpg", "photos", "photos/*.jpg"]).paths == ["photos/a.jpg", "photos/inner/b.PNG"]


@pytest.mark.parametrize(
    ("text", "said"), [("photos/none", "below"), ("photos/c.jpg", "There is no image"), ("*.gif", r"\*\.gif")]
)
def test_nothing_found_is_an_error(photos, text, said):
    with pytest.raises(UsageError, match=said):
        expand(["photos/a.jpg", text])


@pytest.fixture
def nas(photos):
    """A folder as network storage leaves it, with a phone's pictures."""
    for name in ("@eaDir/a.jpg/SYNOPHOTO_THUMB_M.jpg", "b.heic", "c.heic", "d.jfif"):
        (photos / "photos" / name).parent.mkdir(parents=True, exist_ok=True)
        (photos / "photos" / name).touch()
    (photos / "photos" / "gone.png").symlink_to("nowhere.png")
    os.mkfifo(photos / "photos" / "pipe.png")
    return photos


def test_what_a_folder_has_beside_images_is_counted(nas):
    found = expand(["photos"])
    assert found.paths == ["photos/a.jpg", "photos/d.jfif", "photos/inner/b.PNG"]
    assert found.left_out == {
        ".heic": 2,
        "in @eaDir": 1,
        ".txt": 2,
        "hidden": 1,
        "links that lead nowhere": 1,
        "pipes, sockets or devices": 1,
    }


def test_what_a_pattern_finds_beside_images_is_counted(nas):
    found = expand(["photos/**/*", "photos/*.jf*", "photos/inner"])
    assert found.paths == ["photos/a.jpg", "photos/d.jfif", "photos/inner/b.PNG"]
    assert found.left_out == {
        ".heic": 2,
        "in @eaDir": 1,
        ".txt": 2,
        "hidden": 1,
        "links that lead nowhere": 1,
        "pipes, sockets or devices": 1,
    }


def test_what_is_named_is_meant_whatever_it_is_called(nas):
    assert expand(["photos/@eaDir/*/*.jpg"]).paths == ["photos/@eaDir/a.jpg/SYNOPHOTO_THUMB_M.jpg"]
    assert expand(["photos/*/.*.png"]).paths == ["photos/inner/.hidden.png"]
    assert expand(["photos/b.heic", "photos"]).left_out[".heic"] == 1


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("photos/*.heic", r"There is no image 'photos/\*.heic', but 2 .heic \(pictures that are not read"),
        ("photos/none", "There is no image below 'photos/none', but 1 .txt"),
        ("photos/pipe.png", "'photos/pipe.png' is not a file"),
    ],
)
def test_what_is_there_in_place_of_images_is_said(nas, text, said):
    with pytest.raises(UsageError, match=said):
        expand([text])


@pytest.mark.parametrize("text", ["photos", "photos/**/*.jpg", "photos/*/*.PNG"])
def test_a_folder_that_cannot_be_read_is_named(tmp_path, photos, text):
    for folder in (tmp_path, *tmp_path.parents[:2]):
        folder.chmod(0o755)
    (photos / "photos" / "inner").chmod(0)
    before = os.geteuid()
    if before == 0:  # root may read everything
        os.seteuid(65534)
    try:
        with pytest.raises(UsageError, match=r"Cannot read '(photos/)?inner': permission denied\. Give this user the right"):
            expand([text])
    finally:
        os.seteuid(before)
        (photos / "photos" / "inner").chmod(0o755)


def test_a_directory_that_was_not_pulled_is_refused(ltk8s, photos):
    result = ltk8s("predict", photos / "photos", photos / "photos" / "a.jpg")
    assert result.exit_code == 2
    assert "is no pulled directory: it has no ensemble.json" in result.stderr
    assert "`ltk8s pull RUN DIR`" in result.stderr


def test_without_torch_it_says_what_to_install(environment):
    script = "import sys; sys.modules['torch'] = None; from ltk8s.cli.classifier import require_torch; require_torch()"
    done = subprocess.run([sys.executable, "-c", script], env=environment, capture_output=True, text=True, check=False)
    assert "torch and timm are not there. Run `pip install '.[train]'` in a checkout of ltk8s." in done.stderr


def test_pull_refuses_what_is_not_finished(ltk8s, submitted, tmp_path):
    (record,) = submitted("baseline")
    result = ltk8s("pull", "baseline", tmp_path / "model")
    assert result.exit_code == 2
    assert f"The run {record.run!r} is not finished." in result.stderr
    assert not (tmp_path / "model").exists()
