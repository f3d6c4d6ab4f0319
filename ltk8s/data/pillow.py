"""Pillow with limits of our own. Its defaults are for web servers: pictures of today's phones are over them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

MAX_PIXELS = 2**28
"""The largest image that is read: 268 megapixels. Phones take pictures of 200; while it is decoded, an image of this size takes
1 GiB of memory (4 bytes a pixel), which a machine that trains has. What claims to be larger may be a bomb of a few bytes.
"""

MAX_TEXT = 2**28
"""Bytes of text and colour profile beside the pixels of a PNG. Nothing of it is used, so that it is no reason to refuse one."""


@contextmanager
def own_limits() -> Iterator[None]:
    """Have Pillow read what is within these limits; afterwards its own hold again.

    Raises:
        ValueError: for an image with more pixels, in place of Pillow's own error.
    """
    from PIL import Image, PngImagePlugin

    before = Image.MAX_IMAGE_PIXELS, PngImagePlugin.MAX_TEXT_CHUNK, PngImagePlugin.MAX_TEXT_MEMORY
    try:
        Image.MAX_IMAGE_PIXELS = MAX_PIXELS // 2  # Pillow warns of what is over its limit, and refuses over twice as much
        PngImagePlugin.MAX_TEXT_CHUNK = PngImagePlugin.MAX_TEXT_MEMORY = MAX_TEXT
        yield
    except Image.DecompressionBombError as error:
        raise ValueError(_too_large(str(error))) from None
    finally:
        Image.MAX_IMAGE_PIXELS, PngImagePlugin.MAX_TEXT_CHUNK, PngImagePlugin.MAX_TEXT_MEMORY = before


def _too_large(said: str) -> str:
    """What to say for Pillow's error, which names the number of pixels first."""
    found = re.search(r"\d+", said)
    how_many = f"{int(found[0]) / 1e6:,.0f} megapixels" if found else "many megapixels"
    return f"too large: {how_many}, and {MAX_PIXELS / 1e6:.0f} are read at most; scale it down"
