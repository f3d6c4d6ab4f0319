"""An error that names the first of a list says where the rest is."""

import json
import subprocess
import sys

import pytest
from PIL import Image


@pytest.fixture
def lonely(tmp_path):
    """60 classes, of which 45 have one image."""
    for number in range(60):
        for image in range(1 if number < 45 else 2):
            place = tmp_path / "lonely" / f"class-{number:02}" / f"{image}.png"
            place.parent.mkdir(parents=True, exist_ok=True)
            Image.new("RGB", (8, 8), (number, image, 200)).save(place)
    return tmp_path / "lonely"


def test_the_whole_of_a_list_that_is_cut_is_in_a_file(process, lonely, tmp_path):
    done = process("data", "stage", "lonely", "--from", lonely, TMPDIR=str(tmp_path))
    assert done.returncode == 2
    (file,) = tmp_path.glob("ltk8s-*.txt")
    assert f"class-09 and 35 more.\nAll 45 are in {file}, and under --json. Add images" in done.stderr
    assert file.read_text().splitlines() == [f"class-{number:02}" for number in range(45)]


def test_the_whole_of_a_list_that_is_cut_is_in_the_json(process, lonely, tmp_path):
    done = process("data", "stage", "lonely", "--from", lonely, "--json", TMPDIR=str(tmp_path))
    document = json.loads(done.stdout)
    assert (done.returncode, document["every"]) == (2, [f"class-{number:02}" for number in range(45)])
    assert document["error"].startswith("A test part cannot be drawn")
    assert list(tmp_path.glob("ltk8s-*.txt")) == []


def test_where_no_file_can_hold_the_list_the_json_is_named(environment, lonely, tmp_path):
    limited = "import resource, sys; resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0)); from ltk8s.cli.app import main; main()"
    done = subprocess.run(
        [sys.executable, "-c", limited, "data", "stage", "x", "--from", str(lonely)],
        env={**environment, "TMPDIR": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert "class-09 and 35 more.\n--json prints all 45. Add images to them" in done.stderr
    assert list(tmp_path.glob("ltk8s-*.txt")) == []
