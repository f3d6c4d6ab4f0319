"""Commands on a disk of 100 KiB, and without rights: what a person is told, and what is left."""

import os
import shutil
import subprocess
import sys
import tarfile

import numpy as np
import pytest
from PIL import Image

LTK8S = [sys.executable, "-c", "from ltk8s.cli.app import main; main()"]


@pytest.fixture
def small(tmp_path):
    """A disk of 100 KiB."""
    disk = tmp_path / "small"
    disk.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=100k", "tmpfs", str(disk)], capture_output=True, text=True, check=False
    )
    if mounted.returncode:
        pytest.skip(f"mounting is not permitted here: {mounted.stderr.strip()}")
    yield disk
    subprocess.run(["umount", "--lazy", str(disk)], check=True)


@pytest.fixture
def photos(tmp_path):
    """400 KiB of images in folders, and in ``photos.tar`` beside them."""
    random = np.random.default_rng(0)
    for number in range(40):
        place = tmp_path / "photos" / "ab"[number % 2] / f"{number}.png"
        place.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(random.integers(0, 256, (64, 64, 3), np.uint8)).save(place)
    with tarfile.open(tmp_path / "photos.tar", "w") as archive:
        archive.add(tmp_path / "photos", "photos")
    return tmp_path / "photos"


def test_unpacking_on_a_full_disk(process, photos, small):
    done = process("data", "stage", "x", "--from", f"{photos}.tar", TMPDIR=str(small))
    assert done.stderr == (
        f"Error: Cannot unpack the archive into {small}: no space left on device.\n"
        "Make room there, or set TMPDIR to another disk.\n"
    )
    assert list(small.iterdir()) == []


def test_staging_on_a_full_disk(process, photos, small, tmp_path):
    store = (tmp_path / "store").as_uri()
    done = process("data", "stage", "x", "--from", photos, "--store", store, LTK8S_STATE_DIR=str(small / "state"))
    assert done.stderr == (
        f"Error: Cannot write the staged images into {small / 'state'}: no space left on device.\n"
        "Make room there, or set LTK8S_STATE_DIR to another disk.\n"
    )
    assert list((small / "state").iterdir()) == []


def test_a_store_on_a_full_disk(process, photos, small):
    done = process("data", "stage", "x", "--from", photos, "--store", small.as_uri())
    assert (
        f" in the store {small.as_uri()}: no space left on device.\nMake room there, or remove what no run needs" in done.stderr
    )
    assert process("data", "list", "--store", small.as_uri()).stdout.startswith("No data sets in")
    assert list((small / ".parts").iterdir()) == []


def test_exporting_on_a_full_disk(process, photos, small):
    assert process("data", "stage", "x", "--from", photos).returncode == 0
    done = process("data", "export", "x", small / "out")
    assert done.stderr == (
        f"Error: Cannot write images into {small / 'out'}: no space left on device.\n"
        "Make room there, or choose another folder.\n"
    )
    assert list((small / "out").iterdir()) == []


def test_an_archive_that_is_somebody_elses(environment, photos, tmp_path):
    archive = tmp_path / "photos.tar"
    if os.geteuid() == 0:
        os.chown(archive, 1234, 1234)
    archive.chmod(0o600 if os.geteuid() == 0 else 0)
    if os.geteuid() == 0 and not shutil.which("setpriv"):
        pytest.skip("root may read everything, and there is no setpriv to give that up")
    without_rights = ["setpriv", "--bounding-set=-dac_override,-dac_read_search,-fowner"] if os.geteuid() == 0 else []
    command = [*without_rights, *LTK8S, "data", "stage", "x", "--from", str(archive)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.stderr == (
        f"Error: Cannot read {archive}: permission denied.\nGive this user the right to it, or choose another place.\n"
    )
