"""glyphs50: fifty characters, drawn. A data set that is at hand everywhere, for first contact and tests.

Every image is a pure function of (seed, part, class, index), so a small data set is a part of a larger one. It never stands
for photographs in a claim.
"""

from __future__ import annotations

import importlib.util
import math
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import numpy as np

from ltk8s.data.sources.base import Item, Listing, Pixels
from ltk8s.data.split import generator
from ltk8s.errors import UsageError

if TYPE_CHECKING:
    from PIL.Image import Image

VERSION = 1
"""Raise it when an image changes: staged data sets are known by it."""

SIDE = 32
TRAIN_PER_CLASS = 500
TEST_SHARE = 5
"""One test image for so many training images."""

ROTATION, SHEAR, SCALE, SHIFT = 12.0, 0.1, (0.8, 1.05), 2.0
CLUTTER, NOISE, CONTRAST = 1, 15.0, 100.0
"""How hard it is: set so that at ratio 0.02 a plain network is right on 20 to 50 % of the images of the rare classes. With
ImageNet's tf_efficientnet_lite0 at 32 pixels that is .33 after 396 steps, and .22 after 312 on a set with 200 a class.
"""

GREEK = {
    "alpha": "α", "beta": "β", "delta": "δ", "epsilon": "ε", "eta": "η", "lambda": "λ", "mu": "μ", "omega": "ω",
    "phi": "φ", "pi": "π", "psi": "ψ", "sigma": "σ", "tau": "τ", "theta": "θ", "xi": "ξ", "zeta": "ζ",
}  # fmt: skip

CHARACTERS = {character: character for character in "23456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"} | GREEK
"""From a class's name to what is drawn, in label order. 0 and 1 are left out: O and I look the same in some fonts."""

FONTS = (
    "DejaVuSans", "DejaVuSans-Bold", "DejaVuSans-Oblique", "DejaVuSansMono", "DejaVuSansMono-Bold", "DejaVuSerif",
    "DejaVuSerif-Bold", "DejaVuSerif-Italic", "STIXGeneral", "STIXGeneralBol", "STIXGeneralItalic",
)  # fmt: skip


_RAMP = np.linspace(0, 1, SIDE)
_LOWEST = np.array([-ROTATION, -SHEAR, SCALE[0]])
_SPAN = np.array([ROTATION, SHEAR, SCALE[1]]) - _LOWEST

Colour = tuple[int, int, int]


class GlyphSource:
    """``per_class`` training images of each character, and a fifth as many to test on."""

    def __init__(self, per_class: int = TRAIN_PER_CLASS, seed: int = 0) -> None:
        if per_class < TEST_SHARE:
            raise UsageError(f"{per_class} images per class are too few for glyphs50.", f"Use {TEST_SHARE} or more.")
        self.per_class = per_class
        self.seed = seed
        self.title = f"glyphs50, built in ({per_class} + {per_class // TEST_SHARE} per class)"

    def identity(self) -> str:
        return f"glyphs50:{VERSION}:{self.seed}:{self.per_class}"

    def listing(self) -> Listing:
        fonts_folder()
        sizes: dict[Literal["train", "test"], int] = {"train": self.per_class, "test": self.per_class // TEST_SHARE}
        items = tuple(
            Item(f"{part}/{label}/{index:04d}.png", label, part)
            for part, size in sizes.items()
            for label in CHARACTERS
            for index in range(size)
        )
        return Listing(items, partial(draw_named, self.seed), len(items) * SIDE * SIDE * 3)


def draw_named(seed: int, name: str) -> Pixels:
    """Draw the image that is called ``part/label/index.png``, uint8 32×32×3."""
    _, label, _ = name.split("/")
    rng = generator("glyphs50", VERSION, seed, name)
    image, brightness = _background(rng)
    characters = list(CHARACTERS.values())
    for _ in range(CLUTTER):
        angle = 2 * math.pi * rng.random()
        _paint(
            image, characters[rng.integers(len(characters))], rng, (17 * math.cos(angle), 17 * math.sin(angle)), _colour(rng)
        )
    x, y = SHIFT * (2 * rng.random(2) - 1)
    _paint(image, CHARACTERS[label], rng, (x, y), _ink(rng, brightness))
    noise = rng.standard_normal((SIDE, SIDE, 3), np.float32) * NOISE
    pixels: Pixels = np.clip(np.asarray(image) + noise, 0, 255).astype(np.uint8)
    return pixels


def _background(rng: np.random.Generator) -> tuple[Image, float]:
    """A gradient between two near colours, and its mean brightness."""
    from PIL import Image

    first = 255 * rng.random(3)
    second = np.clip(first + 160 * rng.random(3) - 80, 0, 255)
    across, down = rng.random(2) / 2
    pixels = first + (second - first) * (across * _RAMP[None, :, None] + down * _RAMP[:, None, None])
    return Image.fromarray(pixels.astype(np.uint8)), float(pixels.mean())


def _colour(rng: np.random.Generator) -> Colour:
    red, green, blue = rng.integers(0, 256, 3).tolist()
    return red, green, blue


def _ink(rng: np.random.Generator, background: float) -> Colour:
    """A colour at least CONTRAST brighter or darker than the background."""
    darker, lighter = max(background - CONTRAST, 0), min(background + CONTRAST, 255)
    level = (darker + 255 - lighter) * rng.random()
    level = level if level < darker else level - darker + lighter
    red, green, blue = (min(max(int(level + shift), 0), 255) for shift in (80 * rng.random(3) - 40).tolist())
    return red, green, blue


def _paint(image: Image, character: str, rng: np.random.Generator, at: tuple[float, float], colour: Colour) -> None:
    """Paint a character in a random font, turned, sheared and scaled, ``at`` so many pixels from the centre."""
    from PIL import Image

    glyph = _glyph(character, FONTS[rng.integers(len(FONTS))])
    turn, shear, scale = (_LOWEST + _SPAN * rng.random(3)).tolist()
    cos, sin = math.cos(math.radians(turn)) / scale, math.sin(math.radians(turn)) / scale
    a, b, d, e = cos + shear * sin, sin - shear * cos, -sin, cos
    centre, x, y = glyph.width / 2, SIDE / 2 + at[0], SIDE / 2 + at[1]
    matrix = (a, b, centre - a * x - b * y, d, e, centre - d * x - e * y)
    mask = glyph.transform((SIDE, SIDE), Image.Transform.AFFINE, matrix, Image.Resampling.BILINEAR)
    image.paste(colour, (0, 0), mask)


@cache
def _glyph(character: str, font: str) -> Image:
    """A character in white on black, its ink centred in 40×40."""
    from PIL import Image, ImageDraw, ImageFont

    side = 40
    image = Image.new("L", (side, side))
    face = ImageFont.truetype(fonts_folder() / f"{font}.ttf", 28)
    left, top, right, bottom = face.getbbox(character)
    ImageDraw.Draw(image).text(((side - left - right) / 2, (side - top - bottom) / 2), character, fill=255, font=face)
    return image


@cache
def fonts_folder() -> Path:
    """Where matplotlib keeps its fonts; found without importing it.

    Raises:
        UsageError: if matplotlib is not installed.
    """
    found = importlib.util.find_spec("matplotlib")
    if found is None or found.origin is None:
        raise UsageError(
            "glyphs50 is drawn with the fonts inside matplotlib, which is not installed.", "Run `pip install matplotlib`."
        )
    return Path(found.origin).parent / "mpl-data" / "fonts" / "ttf"
