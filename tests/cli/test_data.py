import json
import shutil
import tarfile

import numpy as np
import pytest
from PIL import Image


@pytest.fixture
def pictures(tmp_path):
    """Image folders: 40 images of each of four classes to train on, 10 to test on."""
    random = np.random.default_rng(0)
    for part, count in (("train", 40), ("test", 10)):
        for label in ("cat", "dog", "eel", "fox"):
            (tmp_path / "pictures" / part / label).mkdir(parents=True)
            for number in range(count):
                pixels = random.integers(0, 256, (8, 8, 3), np.uint8)
                Image.fromarray(pixels).save(tmp_path / "pictures" / part / label / f"{number:04d}.png")
    return tmp_path / "pictures"


@pytest.fixture
def staged(ltk8s, pictures):
    """The pictures in the store, as ``pets``."""
    result = ltk8s("data", "stage", "pets", "--from", pictures, "--json")
    assert result.exit_code == 0, result.stderr
    return json.loads(result.stdout)["manifest"]


def test_staging_tells_the_bytes_first_and_the_counts_last(ltk8s, pictures):
    lines = ltk8s("data", "stage", "pets", "--from", pictures).stdout.splitlines()
    assert lines[0].startswith("200 images, ")
    assert lines[0].endswith(" KiB, from image folders pictures")
    assert lines[-1].startswith("Staged pets ")
    assert "4 classes, 160 images to train on, 40 to test on" in lines[-1]


def test_staging_the_same_again_uploads_nothing(ltk8s, pictures, staged, environment, tmp_path):
    (shard,) = (tmp_path / "state/store").rglob("train-00000.safetensors")
    before = shard.stat().st_mtime_ns
    result = ltk8s("data", "stage", "pets", "--from", pictures)
    assert f"pets {staged['fingerprint']} is in the store already, with the same content: nothing to do." in result.stdout
    assert "images, " not in result.stdout
    assert shard.stat().st_mtime_ns == before


def test_the_same_content_from_another_place_is_not_uploaded_either(ltk8s, pictures, staged, tmp_path):
    shutil.copytree(pictures, tmp_path / "copy", copy_function=shutil.copyfile)
    first = ltk8s("data", "stage", "pets", "--from", tmp_path / "copy").stdout
    again = ltk8s("data", "stage", "pets", "--from", tmp_path / "copy").stdout
    assert "200 images" in first
    assert "nothing to do" in first
    assert "200 images" not in again


def test_other_content_is_a_new_version(ltk8s, pictures, staged):
    (pictures / "train/cat/0000.png").unlink()
    result = ltk8s("data", "stage", "pets", "--from", pictures)
    assert f"differs from {staged['fingerprint']}: this is a new version" in result.stdout
    assert json.loads(ltk8s("data", "show", "pets", "--json").stdout)["train"] == 159
    assert json.loads(ltk8s("data", "show", "pets", "--fingerprint", staged["fingerprint"], "--json").stdout)["train"] == 160


def test_staging_former_content_makes_it_current_again(ltk8s, pictures, staged, tmp_path):
    (pictures / "train/cat/0000.png").rename(tmp_path / "aside.png")
    ltk8s("data", "stage", "pets", "--from", pictures)
    (tmp_path / "aside.png").rename(pictures / "train/cat/0000.png")
    result = ltk8s("data", "stage", "pets", "--from", pictures)
    assert "it is the current version again" in result.stdout
    assert json.loads(ltk8s("data", "show", "pets", "--json").stdout)["fingerprint"] == staged["fingerprint"]


def test_staging_leaves_nothing_beside_the_store(ltk8s, pictures, staged, tmp_path):
    assert [path.name for path in (tmp_path / "state").iterdir()] == ["store"]


def test_staging_again_repairs_what_is_missing(ltk8s, pictures, staged, tmp_path):
    (shard,) = (tmp_path / "state/store").rglob("train-00000.safetensors")
    shard.unlink()
    assert (
        f"pets {staged['fingerprint']} was in the store already and is there anew"
        in ltk8s("data", "stage", "pets", "--from", pictures).stdout
    )
    assert shard.is_file()


def test_force_repairs_a_flipped_byte(ltk8s, pictures, staged, tmp_path):
    (shard,) = (tmp_path / "state/store").rglob("train-00000.safetensors")
    good = shard.read_bytes()
    shard.write_bytes(good[:-1] + bytes([good[-1] ^ 1]))
    broken = ltk8s("data", "export", "pets", tmp_path / "out")
    assert "train-00000.safetensors is corrupt" in broken.stderr
    assert "--force" in broken.stderr
    ltk8s("data", "stage", "pets", "--from", pictures, "--force")
    assert shard.read_bytes() == good


def test_findings_are_said(ltk8s, pictures):
    Image.new("L", (8, 8)).save(pictures / "train/cat/0000.png")
    (pictures / "train/cat/notes.txt").touch()
    shutil.copyfile(pictures / "test/dog/0001.png", pictures / "train/dog/0003.png")
    shown = ltk8s("data", "stage", "pets", "--from", pictures).stdout
    assert "Converted: 1 grey." in shown
    assert "Ignored: 1 file: 1 .txt." in shown
    assert "Warning: 1 training image in the test part too, pixel for pixel (train/dog/0003.png = test/dog/0001.png)" in shown


def test_what_is_left_out_is_said_by_kind_and_kept(ltk8s, pictures):
    (pictures / "train/cat/@eaDir").mkdir()
    for name in ("@eaDir/0000.png", "a.heic", "b.heic", ".DS_Store"):
        (pictures / "train/cat" / name).touch()
    line = "Ignored: 4 files: 2 .heic (pictures that are not read: convert them to JPEG or PNG), 1 hidden, 1 in @eaDir."
    assert line in ltk8s("data", "stage", "pets", "--from", pictures).stdout
    assert line in " ".join(ltk8s("data", "show", "pets", COLUMNS="300").stdout.split())
    manifest = json.loads(ltk8s("data", "list", "--json").stdout)[0]
    assert manifest["left_out"] == {".heic": 2, "hidden": 1, "in @eaDir": 1}
    assert manifest["ignored"] == 4


def test_the_code_page_of_an_archive_is_an_option(ltk8s, pictures):
    with tarfile.open(pictures.parent / "pets.tar", "w", encoding="cp850", format=tarfile.GNU_FORMAT) as archive:
        for part in ("train", "test"):
            archive.add(pictures / part / "cat", f"{part}/M\u00f6we")
            archive.add(pictures / part / "dog", f"{part}/dog")
    refused = ltk8s("data", "stage", "pets", "--from", pictures.parent / "pets.tar")
    assert refused.exit_code == 2
    assert "Give the right one as --encoding" in refused.stderr
    assert ltk8s("data", "stage", "pets", "--from", pictures.parent / "pets.tar", "--encoding", "cp850").exit_code == 0
    assert json.loads(ltk8s("data", "list", "--json").stdout)[0]["classes"] == ["M\u00f6we", "dog"]


def test_dropped_duplicates_are_said(ltk8s, pictures):
    shutil.copyfile(pictures / "test/dog/0001.png", pictures / "train/dog/0003.png")
    shown = ltk8s("data", "stage", "pets", "--from", pictures, "--drop-duplicates").stdout
    assert "Left out: 1 training image" in shown
    assert "159 images to train on" in shown


def test_copies_within_the_training_part_are_said(ltk8s, pictures):
    shutil.copyfile(pictures / "train/dog/0001.png", pictures / "train/dog/0003.png")
    shown = " ".join(ltk8s("data", "stage", "pets", "--from", pictures).stdout.split())
    assert "Warning: 1 training image equal to an earlier one, pixel for pixel. A sweep would hold out one" in shown


def test_a_drawn_test_part_is_said(ltk8s, pictures):
    shown = ltk8s("data", "stage", "pets", "--from", pictures / "train", "--test-fraction", "0.25", "--seed", "3").stdout
    assert "The source has no test part: 25% of each class was drawn (seed 3)." in shown


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["birds"], "Where are the images of 'birds'?"),
        (["Birds", "--from", "."], "The data set's name 'Birds' is not valid"),
        (["birds", "--from", "nowhere"], "There is nothing at 'nowhere'."),
        (["birds", "--from", ".", "--per-class", "5"], "--per-class sets the size of the built-in glyphs50 only."),
    ],
)
def test_bad_requests_exit_2_and_say_what_to_do(ltk8s, arguments, message):
    result = ltk8s("data", "stage", *arguments)
    assert result.exit_code == 2
    assert message in result.stderr


def test_a_broken_image_stops_staging_before_anything_is_stored(ltk8s, pictures, tmp_path):
    (pictures / "train/cat/0007.png").write_bytes(b"nothing")
    result = ltk8s("data", "stage", "pets", "--from", pictures)
    assert result.exit_code == 2
    assert "1 of 200 images cannot be decoded: train/cat/0007.png" in result.stderr
    assert not list((tmp_path / "state").rglob("*.*"))


def test_list_shows_each_data_set_once(ltk8s, pictures, staged):
    (pictures / "train/cat/0000.png").unlink()
    ltk8s("data", "stage", "pets", "--from", pictures)
    lines = ltk8s("data", "list").stdout.splitlines()
    assert len(lines) == 2
    assert lines[1].split()[:5] == [
        "pets",
        json.loads(ltk8s("data", "list", "--json").stdout)[-1]["fingerprint"],
        "4",
        "159",
        "40",
    ]
    assert lines[1].split()[-1] == "2"


def test_an_empty_store_says_how_to_begin(ltk8s):
    assert "`ltk8s data stage glyphs50`" in ltk8s("data", "list").stdout
    assert json.loads(ltk8s("data", "list", "--json").stdout) == []


def test_show_draws_the_tail_of_a_ratio(ltk8s, staged):
    shown = ltk8s("data", "show", "pets", "--ratio", "0.1").stdout
    assert "█▄▂▁  smallest / largest = 0.1" in shown
    assert "cat 40  dog 18  eel 8  fox 4" in shown
    assert "0 many (over 100), 1 medium (20 to 100), 3 few (under 20)" in shown
    assert "--dataset pets --ratio 0.1" in shown


def test_show_as_json(ltk8s, staged):
    shown = json.loads(ltk8s("data", "show", "pets", "--ratio", "0.1", "--json").stdout)
    assert shown["train_counts"] == {"cat": 40, "dog": 18, "eel": 8, "fox": 4}
    assert shown["groups"] == {"many": 0, "medium": 1, "few": 3}
    assert shown["detectable"] == pytest.approx(100 * (1.96 + 0.84) * (0.2 / 40) ** 0.5, rel=0.001)


def test_show_says_when_a_ratio_leaves_a_class_empty(ltk8s, staged):
    shown = ltk8s("data", "show", "pets", "--ratio", "0.01").stdout
    assert "A class is left without an image: choose a larger ratio." in shown


@pytest.mark.parametrize("ratio", ["0", "1.5", "none"])
def test_a_ratio_outside_of_0_to_1_is_refused(ltk8s, staged, ratio):
    result = ltk8s("data", "show", "pets", "--ratio", ratio)
    assert result.exit_code == 2
    assert f"--ratio {ratio} is not valid" in result.stderr


def test_an_unknown_data_set_suggests_the_nearest(ltk8s, staged):
    result = ltk8s("data", "show", "pet")
    assert result.exit_code == 2
    assert "Did you mean 'pets'?" in result.stderr


def test_what_is_exported_is_staged_as_the_same_content(ltk8s, staged, tmp_path):
    assert "Wrote 200 images to " in ltk8s("data", "export", "pets", tmp_path / "out").stdout
    again = json.loads(ltk8s("data", "stage", "again", "--from", tmp_path / "out", "--json").stdout)
    assert again["manifest"]["fingerprint"] == staged["fingerprint"]


def test_export_cuts_the_tail(ltk8s, staged, tmp_path):
    result = ltk8s("data", "export", "pets", tmp_path / "out", "--ratio", "0.1", "--split-seed", "2", "--json")
    assert json.loads(result.stdout)["images"] == 70 + 40
    assert len(list((tmp_path / "out/train/fox").iterdir())) == 4


def test_export_leaves_a_full_folder_alone(ltk8s, staged, tmp_path):
    result = ltk8s("data", "export", "pets", tmp_path / "pictures")
    assert result.exit_code == 2
    assert "holds something already" in result.stderr


def test_a_data_set_goes_through_s3(ltk8s, minio, pictures, tmp_path):
    store = minio.address()
    staged = json.loads(
        ltk8s("data", "stage", "pets", "--from", pictures, "--store", store, "--json", **minio.credentials).stdout
    )
    result = ltk8s("data", "export", "pets", tmp_path / "out", "--store", store, **minio.credentials)
    assert "Wrote 200 images" in result.stdout
    assert staged["outcome"] == "new"


def test_the_built_in_glyphs_are_staged_by_a_real_process(process):
    result = process("data", "stage", "glyphs50", "--per-class", "100")
    assert result.returncode == 0, result.stderr
    assert "50 classes, 5,000 images to train on, 1,000 to test on" in result.stdout
