import numpy as np
import pytest

from ltk8s.data.sources import open_source
from ltk8s.data.sources.glyphs import CHARACTERS, FONTS, GlyphSource, draw_named, fonts_folder
from ltk8s.errors import UsageError


def test_fifty_classes_in_label_order():
    assert len(CHARACTERS) == 50 == len(set(CHARACTERS.values()))
    assert list(CHARACTERS) == sorted(CHARACTERS)


def test_class_names_differ_without_case_too():
    assert len({name.lower() for name in CHARACTERS}) == 50


def test_500_training_and_100_test_images_a_class():
    items = open_source("glyphs50").listing().items
    assert sum(item.part == "train" for item in items) == 25_000
    assert sum(item.part == "test" for item in items) == 5_000


def test_an_image_is_32_pixels_square_in_colour():
    image = draw_named(0, "train/A/0000.png")
    assert (image.shape, image.dtype) == ((32, 32, 3), np.uint8)


def test_an_image_is_a_function_of_its_name_and_seed():
    assert np.array_equal(draw_named(0, "train/A/0001.png"), draw_named(0, "train/A/0001.png"))
    others = [draw_named(1, "train/A/0001.png"), draw_named(0, "test/A/0001.png"), draw_named(0, "train/A/0002.png")]
    assert all(not np.array_equal(draw_named(0, "train/A/0001.png"), other) for other in others)


def test_a_small_set_is_a_part_of_a_larger_one():
    assert set(GlyphSource(10).listing().items) < set(GlyphSource(20).listing().items)


def test_every_font_is_there():
    assert [font for font in FONTS if not (fonts_folder() / f"{font}.ttf").is_file()] == []


def test_too_few_images_for_a_test_part_are_refused():
    with pytest.raises(UsageError, match="4 images per class are too few"):
        open_source("glyphs50", per_class=4)
