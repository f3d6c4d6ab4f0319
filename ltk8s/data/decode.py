"""From encoded images to uint8 RGB pixels of one size, with a count of all that had to be converted."""

from __future__ import annotations

import hashlib
import io
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING

import numpy as np

from ltk8s.data.sources.base import Pixels, Read
from ltk8s.processes import cpus, spread

if TYPE_CHECKING:
    from PIL.Image import Image

Size = tuple[int, int]
"""Width and height in pixels, as Pillow has them."""

CHUNK = 64
"""Images that go to a process at once."""

WORTH_PROCESSES = 4000
"""Below this many images, starting processes takes longer than decoding."""

SIDEWAYS = (5, 6, 7, 8)
"""The orientations of EXIF that swap width and height."""


@dataclass(frozen=True, slots=True)
class Decoded:
    """``pixels`` uint8 H×W×3, the SHA-256 of their bytes, and what was changed on the way."""

    pixels: Pixels
    sha256: bytes
    converted: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Undecodable:
    """An image that could not be decoded, and why."""

    why: str


def decode_all(
    read: Read, names: Sequence[str], size: Size | None, *, parallel: bool = True
) -> Iterator[Decoded | Undecodable]:
    """Decode each of ``names``, in order; in several processes where there are many."""
    processes = min(cpus(), 16)
    if not parallel or processes < 2 or len(names) < WORTH_PROCESSES:
        yield from (decode_named(read, name, size) for name in names)
        return
    chunks = [names[i : i + CHUNK] for i in range(0, len(names), CHUNK)]
    yield from chain.from_iterable(
        spread(_decode_chunk, chunks, processes, does="decodes images", set_up=_set_up, arguments=(read, size))
    )


_worker: tuple[Read, Size | None]


def _set_up(read: Read, size: Size | None) -> None:
    """In a new process: keep what every chunk needs."""
    global _worker
    _worker = (read, size)


def _decode_chunk(names: Sequence[str]) -> list[Decoded | Undecodable]:
    read, size = _worker
    return [decode_named(read, name, size) for name in names]


def decode_named(read: Read, name: str, size: Size | None) -> Decoded | Undecodable:
    """Read and decode one image. Whatever a broken file makes a decoder raise is the answer, not an error."""
    from PIL import UnidentifiedImageError

    try:
        content = read(name)
        return decode(content, size) if isinstance(content, bytes) else _decoded(content)
    except UnidentifiedImageError:
        return Undecodable("it is no image that can be read")
    except Exception as error:
        return Undecodable(" ".join(str(error).split()) or type(error).__name__)


def decode(data: bytes, size: Size | None = None) -> Decoded:
    """Decode one image to RGB, upright as its EXIF says, alpha over white; of several frames the first.

    Args:
        data: the encoded image, in any format that Pillow reads.
        size: scale the image until it fills this width and height, antialiased, and cut out the centre. None keeps the size.

    Raises:
        Exception: whatever Pillow raises on a broken file.
    """
    from PIL import Image, ImageOps

    converted: list[str] = []
    with warnings.catch_warnings(), Image.open(io.BytesIO(data)) as opened:
        warnings.simplefilter("ignore")
        if getattr(opened, "n_frames", 1) > 1:
            converted.append("first of several frames")
        before = opened.size
        sixteen = _is_16_bit(opened)
        if size is not None:
            opened.draft(None, (2 * max(size), 2 * max(size)))
        opened.load()
        image: Image.Image = opened
        orientation = _orientation(opened)
        if orientation != 1:
            image = ImageOps.exif_transpose(opened)
            before = before[::-1] if orientation in SIDEWAYS else before
            converted.append("turned upright")
        image, kind = _to_rgb(image, sixteen)
        converted += [kind] if kind else []
        if size is not None and image.size != size:
            enlarged = any(have < wanted for have, wanted in zip(before, size, strict=True))
            image = ImageOps.fit(image, size, Image.Resampling.BICUBIC)
            converted.append("enlarged" if enlarged else "resized")
        return _decoded(np.array(image), converted)


def _orientation(image: Image) -> int:
    """EXIF's orientation, 1 to 8; upright where the EXIF cannot be read, as every viewer has it."""
    try:
        return int(image.getexif().get(0x0112, 1))
    except Exception:
        return 1


def _decoded(pixels: Pixels, converted: Sequence[str] = ()) -> Decoded:
    return Decoded(pixels, hashlib.sha256(pixels.tobytes()).digest(), tuple(converted))


def _is_16_bit(image: Image) -> bool:
    """Whether a channel has 16 bits. Pillow cuts colour images to 8 while reading; only the raw mode tells."""
    raw = " ".join(str(tile[3]) for tile in getattr(image, "tile", ()))
    return image.mode.startswith("I") or ";16" in raw


def _to_rgb(image: Image, sixteen: bool) -> tuple[Image, str]:
    """The image in RGB, and the name of the conversion that took ('' for none)."""
    from PIL import Image

    if image.mode == "F":
        raise ValueError("its pixels are floating-point numbers")
    if image.mode.startswith("I"):
        values = np.asarray(image).astype(np.int64)
        if values.min() < 0 or values.max() > 0xFFFF:
            raise ValueError("its pixels have more than 16 bits")
        return Image.fromarray(((values + 128) // 257).astype(np.uint8)).convert("RGB"), "16-bit"
    if image.mode in {"RGBA", "LA", "PA", "RGBa", "La"} or "transparency" in image.info:
        image = image.convert("RGBA")
        white = Image.new("RGBA", image.size, "white")
        return Image.alpha_composite(white, image).convert("RGB"), "16-bit" if sixteen else "alpha"
    kind = {"RGB": "", "L": "grey", "1": "grey", "P": "palette", "CMYK": "CMYK"}.get(image.mode, image.mode)
    return image.convert("RGB"), "16-bit" if sixteen else kind
