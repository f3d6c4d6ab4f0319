import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from ltk8s.data.dataset import load_dataset
from ltk8s.data.manifest import Manifest
from ltk8s.data.sources import open_source
from ltk8s.data.stage import request, stage
from ltk8s.errors import LtkError, UsageError

BOTH = {"train/cat": 5, "train/dog": 3, "test/cat": 2, "test/dog": 2}


def test_images_keep_their_pixels_labels_and_order(folder, loaded):
    root = folder(BOTH)
    train = loaded(root).part("train")
    assert train.labels.tolist() == [0, 0, 0, 0, 0, 1, 1, 1]
    assert np.array_equal(train.images[6], np.asarray(Image.open(root / "train/dog/0001.png")))


def test_the_manifest_tells_classes_counts_and_size(folder, staged, tmp_path):
    manifest = staged(folder(BOTH))
    assert (manifest.classes, manifest.train_counts, manifest.test_counts) == (("cat", "dog"), (5, 3), (2, 2))
    assert (manifest.height, manifest.width, manifest.test_fraction, manifest.grouped) == (8, 8, None, False)
    assert Manifest.model_validate_json((tmp_path / "staged/manifest.json").read_bytes()) == manifest


def test_keys_tell_images_apart(folder, loaded):
    dataset = loaded(folder(BOTH))
    keys = [*dataset.part("train").keys, *dataset.part("test").keys]
    assert len(set(keys)) == 12


def test_a_test_part_is_drawn_where_there_is_none(folder, staged):
    manifest = staged(folder({"cat": 10, "dog": 5}), test_fraction=0.4, seed=7)
    assert (manifest.train_counts, manifest.test_counts) == ((6, 3), (4, 2))
    assert (manifest.test_fraction, manifest.test_seed) == (0.4, 7)


def test_shards_have_a_largest_size(folder, tmp_path):
    root = folder({"train/cat": 40, "train/dog": 40, "test/cat": 2, "test/dog": 2})
    manifest = stage("toy", root, tmp_path / "staged", shard_bytes=8192)
    assert len(manifest.shards) > 3
    assert all(shard.bytes <= 8192 for shard in manifest.shards)
    assert load_dataset(tmp_path / "staged").part("train").labels.tolist() == [0] * 40 + [1] * 40


def test_the_fingerprint_does_not_depend_on_shards_name_or_archive(folder, tmp_path):
    root = folder(BOTH)
    with zipfile.ZipFile(tmp_path / "toy.zip", "w") as archive:
        for path in root.rglob("*.png"):
            archive.write(path, f"wrapped/{path.relative_to(root)}")
    one = stage("toy", root, tmp_path / "one", shard_bytes=8192)
    other = stage("other", tmp_path / "toy.zip", tmp_path / "other")
    assert one.fingerprint == other.fingerprint
    assert len(one.fingerprint) == 16


@pytest.mark.parametrize("change", ["pixel", "class", "part"])
def test_the_fingerprint_follows_the_content(folder, tmp_path, change):
    root = folder(BOTH)
    before = stage("toy", root, tmp_path / "before").fingerprint
    if change == "pixel":
        (root / "train/cat/0000.png").write_bytes((root / "train/cat/0001.png").read_bytes())
    elif change == "class":
        for part in ("train", "test"):
            (root / part / "cat").rename(root / part / "car")
    else:
        (root / "train/cat/0004.png").rename(root / "test/cat/0004.png")
    assert stage("toy", root, tmp_path / "after").fingerprint != before


def test_copies_of_test_images_are_listed_and_kept(folder, staged):
    root = folder(BOTH)
    (root / "train/dog/0000.png").write_bytes((root / "test/cat/0001.png").read_bytes())
    manifest = staged(root)
    (pair,) = manifest.duplicates
    assert (pair.train, pair.test, pair.dropped) == ("train/dog/0000.png", "test/cat/0001.png", False)
    assert manifest.train_counts == (5, 3)


def test_copies_of_test_images_can_be_left_out(folder, loaded):
    root = folder(BOTH)
    (root / "train/dog/0000.png").write_bytes((root / "test/cat/0001.png").read_bytes())
    dataset = loaded(root, drop_duplicates=True)
    assert dataset.manifest.duplicates[0].dropped
    assert dataset.manifest.train_counts == (5, 2)
    assert not set(dataset.part("train").keys) & set(dataset.part("test").keys)


def test_copies_within_the_training_part_are_counted_unless_they_are_one_group(folder, staged):
    root = folder({"all": 8})
    for copy, of in ((1, 0), (2, 0), (4, 3)):
        (root / f"all/{copy:04}.png").write_bytes((root / f"all/{of:04}.png").read_bytes())
    rows = ["train,cat,", "train,cat,", "train,cat,", "train,dog,d", "train,dog,d", "train,dog,", "test,cat,", "test,dog,"]
    lines = [f"all/{number:04}.png,{row}" for number, row in enumerate(rows)]
    (root / "set.csv").write_text("\n".join(["path,split,label,group", *lines]))
    assert staged(root / "set.csv").copies == 2


def test_a_class_of_copies_only_is_refused(folder, staged):
    root = folder({**BOTH, "train/dog": 1})
    (root / "train/dog/0000.png").write_bytes((root / "test/dog/0001.png").read_bytes())
    with pytest.raises(UsageError, match="Without copies of test images these classes have nothing to train on: dog"):
        staged(root, drop_duplicates=True)


def test_undecodable_images_are_named_up_to_ten(folder, staged, tmp_path):
    root = folder({**BOTH, "train/cat": 14})
    for number in range(12):
        (root / f"train/cat/{number:04d}.png").write_bytes(b"nothing")
    with pytest.raises(
        UsageError,
        match=r"12 of 21 images cannot be decoded: train/cat/0000.png: it is not an image .*0009.* and 2 more\.",
    ) as raised:
        staged(root)
    assert [line.partition(":")[0] for line in raised.value.every] == [f"train/cat/{number:04d}.png" for number in range(12)]
    assert not (tmp_path / "staged/manifest.json").exists()


def test_different_sizes_are_refused_with_their_range(folder, staged):
    root = folder(BOTH)
    Image.new("RGB", (30, 20)).save(root / "train/cat/0000.png")
    Image.new("RGB", (40, 50)).save(root / "train/cat/0001.png")
    with pytest.raises(UsageError, match=r"3 sizes, short sides from 8 to 40 pixels; the commonest is 8×8 \(10 of 12 images\)"):
        staged(root)


def test_size_makes_them_equal(folder, staged):
    root = folder(BOTH)
    manifest = staged(root, size=16)
    assert (manifest.height, manifest.width) == (16, 16)
    assert manifest.converted == {"enlarged": 12}


def test_groups_are_numbered_and_kept_together(folder, loaded):
    root = folder({"all": 12})
    rows = [f"all/{i:04d}.png,{'cat' if i < 6 else 'dog'},{'' if i == 0 else f'p{i // 2}'}" for i in range(12)]
    (root / "images.csv").write_text("\n".join(["path,label,group", *rows]))
    dataset = loaded(root / "images.csv", test_fraction=0.4)
    train, test = (set(dataset.part(part).groups.tolist()) - {-1} for part in ("train", "test"))
    assert dataset.manifest.grouped
    assert train
    assert test
    assert not train & test


def test_ignored_files_are_counted(folder, staged):
    root = folder(BOTH)
    (root / "train/cat/notes.txt").touch()
    (root / ".hidden").touch()
    assert staged(root).ignored == 2


def test_progress_counts_every_image(folder, staged):
    steps = []
    staged(folder(BOTH), progress=steps.append)
    assert sum(steps) == 12


def test_a_request_follows_source_and_options(folder):
    options = {"size": None, "test_fraction": 0.2, "seed": 0, "drop_duplicates": False}
    source = open_source("toy", folder(BOTH))
    first = request(source, **options)
    assert request(open_source("toy", folder({})), **options) == first
    changes = [{"size": 8}, {"test_fraction": 0.3}, {"seed": 1}, {"drop_duplicates": True}]
    assert len({first, *(request(source, **{**options, **change}) for change in changes)}) == 5


def test_glyphs_are_staged_by_name(tmp_path):
    manifest = stage("glyphs50", open_source("glyphs50", per_class=5), tmp_path)
    assert (len(manifest.classes), set(manifest.train_counts), set(manifest.test_counts)) == (50, {5}, {1})


def test_a_file_name_that_is_no_utf8_is_staged_and_named_readably(folder, tmp_path):
    root = folder(BOTH)
    odd = root / "train" / "cat" / os.fsdecode(b"caf\xe9.png")
    shutil.copyfile(root / "test" / "cat" / "0000.png", odd)
    source = open_source("toy", root)
    request(source, size=None, test_fraction=0.2, seed=0, drop_duplicates=False)
    manifest = stage("toy", source, tmp_path / "staged")
    assert manifest.train_counts == (6, 3)
    assert [(pair.train, pair.test) for pair in manifest.duplicates] == [("train/cat/caf\\xe9.png", "test/cat/0000.png")]


def test_a_folder_whose_name_is_no_utf8_can_be_staged(folder, tmp_path):
    root = folder(BOTH).rename(tmp_path / os.fsdecode(b"caf\xe9"))
    assert stage("toy", root, tmp_path / "staged").source == "image folders caf\\xe9"


def test_everything_that_stands_in_the_way_is_said_at_once(folder, staged):
    root = folder({**BOTH, "train/cat": 14})
    (root / "train/cat/0000.png").write_bytes(b"<!DOCTYPE html>")
    Image.new("RGB", (30, 20)).save(root / "train/cat/0002.png")
    source = open_source("toy", root)
    listing = source.listing()
    (root / "train/cat/0003.png").unlink()  # gone in between
    with pytest.raises(UsageError) as raised:
        staged(source, listing=listing)
    assert "1 of 21 images cannot be read: train/cat/0003.png: no such file or directory." in raised.value.what
    assert (
        "1 of 21 images cannot be decoded: train/cat/0000.png: it is a web page: fetch the image itself." in raised.value.what
    )
    assert "The images differ in size" in raised.value.what
    assert raised.value.do.startswith("Check the path. Remove or replace them and stage again. Give --size N")


@pytest.fixture
def twelve_bits(tmp_path):
    """Six 16-bit images of two classes, with values up to 4,095."""
    random = np.random.default_rng(0)
    for number in range(12):
        place = tmp_path / "deep" / "ab"[number % 2] / f"{number}.png"
        place.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(random.integers(0, 4096, (8, 8), np.uint16)).save(place)
    return tmp_path / "deep"


def test_images_that_become_nearly_black_are_counted(twelve_bits, staged):
    manifest = staged(twelve_bits)
    assert (manifest.dark, manifest.used_bits, manifest.bits) == ({"16-bit": 12}, 12, None)


def test_bits_scales_values_to_their_own_range(twelve_bits, loaded, tmp_path):
    dataset = loaded(twelve_bits, bits=12)
    assert (dataset.manifest.dark, dataset.manifest.bits) == ({}, 12)
    assert dataset.part("train").images.max() >= 250


def test_bits_is_part_of_the_request(twelve_bits):
    options = {"size": None, "test_fraction": 0.2, "seed": 0, "drop_duplicates": False}
    source = open_source("toy", twelve_bits)
    assert request(source, **options, bits=12) != request(source, **options) == request(source, **options, bits=None)


def test_grey_images_of_zeros_and_ones_are_counted_as_nearly_black(folder, staged):
    root = folder(BOTH)
    Image.fromarray(np.eye(8, dtype=np.uint8)).save(root / "train/cat/0000.png")
    assert staged(root).dark == {"8-bit": 1}


def test_a_folder_that_cannot_be_written_is_explained(folder):
    with pytest.raises(LtkError, match=r"Cannot write the staged images into /dev/null: not a directory"):
        stage("toy", folder(BOTH), Path("/dev/null/out"))


def test_a_full_disk_while_staging_is_explained(folder, tmp_path):
    script = (
        "import resource, sys; from ltk8s.data.stage import stage; from pathlib import Path;"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (500, 500));"
        "stage('toy', Path(sys.argv[1]), Path(sys.argv[2]))"
    )
    command = [sys.executable, "-c", script, str(folder(BOTH)), str(tmp_path / "staging" / "out")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    said = done.stderr.splitlines()[-1]
    assert said.startswith(
        f"ltk8s.errors.LtkError: Cannot write the staged images into {tmp_path / 'staging'}: file too large. "
    )
    assert said.endswith("Make room there, or set LTK8S_STATE_DIR to another disk.")
