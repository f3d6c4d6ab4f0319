import pytest
from PIL import Image

from ltk8s.data.sources.kinds import describe, image_suffixes, is_image, left_out_as, nobodys


@pytest.mark.parametrize("suffix", [".jfif", ".jpe", ".JPG", ".avif", ".jp2", ".webp", ".tif", ".tga", ".png"])
def test_what_pillow_writes_and_reads_is_an_image_by_its_suffix(tmp_path, suffix):
    Image.new("RGB", (8, 8)).save(tmp_path / f"1{suffix}")
    with Image.open(tmp_path / f"1{suffix}") as image:
        image.load()
    assert is_image(f"cat/1{suffix}")


@pytest.mark.parametrize("suffix", [".pdf", ".eps", ".mpg", ".h5", ".grib", ".wmf", ".pcd", ".heic", ".txt", ".zip"])
def test_what_pillow_cannot_decode_is_not_an_image(suffix):
    assert suffix not in image_suffixes()


@pytest.mark.parametrize("name", ["png", ".png", "1.png\n", "1.png/2", "1"])
def test_a_name_without_an_images_suffix_is_not_an_image(name):
    assert not is_image(name)


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("cat/@eaDir/1.jpg/SYNOPHOTO_THUMB_M.jpg", "in @eaDir"),
        ("#recycle/cat/1.jpg", "in #recycle"),
        ("cat/@Recycle/1.jpg", "in @Recycle"),
        ("$RECYCLE.BIN/S-1-5/$R1.jpg", "in $RECYCLE.BIN"),
        ("System Volume Information/1.jpg", "in System Volume Information"),
        ("lost+found/1.jpg", "in lost+found"),
        ("cat/Thumbs.db", "Thumbs.db"),
        ("__MACOSX/cat/._1.jpg", "in __MACOSX"),
        ("__pycache__/1.png", "in __pycache__"),
        ("Photos Previews.lrdata/1.jpg", "in Photos Previews.lrdata"),
        ("cat/._1.jpg", "hidden"),
        ("cat/.ipynb_checkpoints/1-checkpoint.png", "hidden"),
        (".thumbnails/1.png", "hidden"),
        ("cat/.1.jpg.icloud", "hidden (not downloaded from iCloud)"),
    ],
)
def test_what_other_systems_put_beside_images_is_nobodys_data(path, kind):
    assert nobodys(path) == left_out_as(path) == kind


@pytest.mark.parametrize("path", ["cat/1.jpg", "recycled/1.jpg", "thumbs/1.jpg", "eaDir/1.jpg", "a#recycle/1.jpg"])
def test_names_that_may_be_a_class_are_data(path):
    assert nobodys(path) is None


def test_few_kinds_are_named_and_the_rest_is_counted():
    kinds = {f".{letter}": 20 - i for i, letter in enumerate("abcdefghij")} | {".cr2": 1}
    said = describe(kinds)
    assert said.startswith("1 .cr2 (pictures that are not read: convert them to JPEG or PNG), 20 .a, 19 .b, ")
    assert said.endswith("14 .g and 36 of other kinds")
