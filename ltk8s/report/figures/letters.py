"""Which fonts have the letters of a text. Of letters that no installed font has, a picture shows the numbers."""

from __future__ import annotations

import logging
import unicodedata
import warnings
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from matplotlib.ft2font import FT2Font

MAIN = "DejaVu Sans"
"""Comes along with matplotlib."""

WEIGHTS = ("normal", "bold")


@contextmanager
def quiet() -> Iterator[None]:
    """What matplotlib says while it draws, such as that a font has no bold, is nothing that a person could mend."""
    log = logging.getLogger("matplotlib")
    level = log.level
    log.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        log.setLevel(level)


def families(text: str) -> list[str]:
    """The fonts to draw a text with, the main one first: others only for the letters that it lacks."""
    return [MAIN, *dict.fromkeys(family for letter in sorted(set(text)) if (family := _other(letter)))]


def missing(texts: Iterable[str]) -> str:
    """The letters of these texts that no installed font has, each once."""
    return "".join(sorted({letter for text in texts for letter in text if not _is_drawable(letter)}))


def drawable(text: str) -> str:
    """The text with the numbers of letters that no installed font has; signs that only change others are left out.

    >>> drawable("Möwe, \\U000f0000")
    'Möwe, U+F0000'
    """
    return "".join(letter if _is_drawable(letter) else _number(letter) for letter in text)


def _number(letter: str) -> str:
    return "" if unicodedata.category(letter) in {"Cf", "Mn", "Me"} else f"U+{ord(letter):04X}"


def _is_drawable(letter: str) -> bool:
    return _has_main(letter) or _other(letter) is not None


@cache
def _has_main(letter: str) -> bool:
    return letter == "\n" or all(_has(_path(MAIN, weight), letter) for weight in WEIGHTS)


@cache
def _other(letter: str) -> str | None:
    """An installed font that has a letter which the main one lacks."""
    if _has_main(letter):
        return None
    return next((family for family, path in _installed() if _has(path, letter)), None)


@cache
def _installed() -> list[tuple[str, str]]:
    """Families with the file of their upright, regular face, by name; the "last resort" has but boxes."""
    from matplotlib.font_manager import findSystemFonts, fontManager

    known = {font.fname for font in fontManager.ttflist}
    for path in findSystemFonts():
        if path not in known:  # installed after matplotlib had made its list, which it keeps for good
            with suppress(OSError, RuntimeError, ValueError):
                fontManager.addfont(path)
    regular = [font for font in fontManager.ttflist if font.style == "normal" and str(font.weight) in {"400", "normal"}]
    names = sorted({font.name for font in regular if "last resort" not in font.name.lower()})
    return [(name, _path(name, "normal")) for name in names]


@cache
def _path(family: str, weight: str) -> str:
    from matplotlib.font_manager import FontProperties, fontManager

    return str(fontManager.findfont(FontProperties(family=family, weight=weight)))


def _has(path: str, letter: str) -> bool:
    font = _font(path)
    return font is not None and font.get_char_index(ord(letter)) != 0


@cache
def _font(path: str) -> FT2Font | None:
    """A font's file, or None for one that cannot be drawn with: an emoji font of coloured pictures has no outlines."""
    from matplotlib.ft2font import FT2Font

    try:
        font = FT2Font(path)
    except (OSError, RuntimeError):
        return None
    return font if font.scalable else None
