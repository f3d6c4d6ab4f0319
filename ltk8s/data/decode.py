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

from ltk8s.data.pillow import own_limits
from ltk8s.data.recognise import POSTSCRIPT, recognise
from ltk8s.data.sources.base import Pixels, Read
from ltk8s.errors import reason
from ltk8s.processes import cpus, spread

if TYPE_CHECKING:
    from PIL.Image import Image
    from PIL.ImageFile import ImageFile

Size = tuple[int, int]
"""Width and height in pixels, as Pillow has them."""

CHUNK = 64
"""Images that go to a process at once."""

WORTH_PROCESSES = 4000
"""Below this many images, starting processes takes longer than decoding."""

DARK = 64
"""An image is nearly black if all its values are below this, of 255."""

SIDEWAYS = (5, 6, 7, 8)
"""The orientations of EXIF that swap width and height."""


@dataclass(frozen=True, slots=True)
class Decoded:
    """``pixels`` uint8 H×W×3, the SHA-256 of their bytes, and what was changed on the way.

    ``used_bits`` is how many bits the largest value of the file takes, where its type has more than 8; None for all others.
    """

    pixels: Pixels
    sha256: bytes
    converted: tuple[str, ...] = ()
    used_bits: int | None = None

    @property
    def dark(self) -> bool:
        """Whether it is nearly black without being meant to be black: no value is above a quarter of white."""
        return int(self.pixels.max()) < DARK and bool(self.pixels.any() or self.used_bits)


@dataclass(frozen=True, slots=True)
class Undecodable:
    """An image that could not be decoded, and why. ``error`` is the system's, where it could not even be read."""

    why: str
    error: OSError | None = None


def decode_all(
    read: Read, names: Sequence[str], size: Size | None, *, bits: int | None = None, parallel: bool = True
) -> Iterator[Decoded | Undecodable]:
    """Decode each of ``names``, in order, as ``decode`` does; in several processes where there are many."""
    processes = min(cpus(), 16)
    if not parallel or processes < 2 or len(names) < WORTH_PROCESSES:
        yield from (decode_named(read, name, size, bits) for name in names)
        return
    chunks = [names[i : i + CHUNK] for i in range(0, len(names), CHUNK)]
    yield from chain.from_iterable(
        spread(_decode_chunk, chunks, processes, does="decodes images", set_up=_set_up, arguments=(read, size, bits))
    )


_worker: tuple[Read, Size | None, int | None]


def _set_up(read: Read, size: Size | None, bits: int | None) -> None:
    """In a new process: keep what every chunk needs."""
    global _worker
    _worker = (read, size, bits)


def _decode_chunk(names: Sequence[str]) -> list[Decoded | Undecodable]:
    read, size, bits = _worker
    return [decode_named(read, name, size, bits) for name in names]


def decode_named(read: Read, name: str, size: Size | None, bits: int | None = None) -> Decoded | Undecodable:
    """Read and decode one image. Whatever a broken file makes a decoder raise is the answer, not an error."""
    try:
        content = read(name)
    except OSError as error:
        return Undecodable(reason(error), error if error.errno is not None else None)
    except Exception as error:
        return Undecodable(_words(error))
    try:
        return decode(content, size, bits) if isinstance(content, bytes) else _decoded(content)
    except Exception as error:
        return Undecodable(_words(error))


def _words(error: Exception) -> str:
    if isinstance(error, MemoryError):
        return "there is not enough memory to decode it"
    return " ".join(str(error).split()) or type(error).__name__


def decode(data: bytes, size: Size | None = None, bits: int | None = None) -> Decoded:
    """Decode one image to RGB, upright as its EXIF says, alpha over white; of several frames the first.

    Args:
        data: the encoded image, in any format that Pillow reads.
        size: scale the image until it fills this width and height, antialiased, and cut out the centre. None keeps the size.
        bits: where a file's values have more than 8 bits, how many of them they use: the largest value that these can hold
            becomes white. None takes them for values of 16 bits.

    Raises:
        ValueError: if it is not an image that can be read, is too large, or has values that so many bits cannot hold.
        Exception: whatever Pillow raises on a broken file.

    >>> from PIL import Image
    >>> file = io.BytesIO()
    >>> Image.fromarray(np.full((2, 2), 4095, np.uint16)).save(file, "PNG")
    >>> [decode(file.getvalue(), bits=bits).pixels[0, 0, 0].item() for bits in (None, 12)]
    [16, 255]
    """
    from PIL import ImageOps
    from PIL.Image import Resampling

    converted: list[str] = []
    with warnings.catch_warnings(action="ignore"), own_limits(), _opened(data) as opened:
        if getattr(opened, "n_frames", 1) > 1:
            converted.append("first of several frames")
        before = opened.size
        sixteen = _is_16_bit(opened)
        if size is not None:
            opened.draft(None, (2 * max(size), 2 * max(size)))
        orientation = _orientation(opened)
        opened.load()  # it turns a TIFF upright already, and may find a PNG's EXIF behind its pixels
        image: Image = opened
        if (left := _orientation(opened)) != 1:
            image, orientation = ImageOps.exif_transpose(opened), left
            before = before[::-1] if left in SIDEWAYS else before
        if orientation != 1:
            converted.append("turned upright")
        used_bits = None
        if image.mode.startswith("I"):
            image, used_bits = _from_integers(image, bits or 16)
            converted.append("16-bit")
        else:
            if sixteen and bits not in (None, 16):
                raise ValueError(f"of its colours only the upper 8 of 16 bits are read, so that {bits} bits cannot be scaled")
            image, kind = _to_rgb(image, sixteen)
            converted += [kind] if kind else []
        if size is not None and image.size != size:
            enlarged = any(have < wanted for have, wanted in zip(before, size, strict=True))
            image = ImageOps.fit(image, size, Resampling.BICUBIC)
            converted.append("enlarged" if enlarged else "resized")
        return _decoded(np.array(image), converted, used_bits)


def _opened(data: bytes) -> ImageFile:
    """The image, its pixels not decoded yet. PostScript is not for Pillow, which would run it as a program."""
    from PIL import Image, UnidentifiedImageError

    if data.startswith(POSTSCRIPT):
        raise ValueError(recognise(data))
    try:
        return Image.open(io.BytesIO(data))
    except UnidentifiedImageError:
        raise ValueError(recognise(data) or "it is not an image that can be read") from None


def _orientation(image: Image) -> int:
    """EXIF's orientation, 1 to 8; upright where the EXIF cannot be read, as every viewer has it."""
    try:
        return int(image.getexif().get(0x0112, 1))
    except Exception:
        return 1


def _decoded(pixels: Pixels, converted: Sequence[str] = (), used_bits: int | None = None) -> Decoded:
    return Decoded(pixels, hashlib.sha256(pixels.tobytes()).digest(), tuple(converted), used_bits)


def _is_16_bit(image: Image) -> bool:
    """Whether a channel has 16 bits. Pillow cuts colour images to 8 while reading; only the raw mode tells."""
    raw = " ".join(str(tile[3]) for tile in getattr(image, "tile", ()))
    return image.mode.startswith("I") or ";16" in raw


def _to_rgb(image: Image, sixteen: bool) -> tuple[Image, str]:
    """The image in RGB, and the name of the conversion that took ('' for none)."""
    from PIL import Image

    if image.mode == "F":
        raise ValueError("its pixels are floating-point numbers")
    if image.mode in {"RGBA", "LA", "PA", "RGBa", "La"} or "transparency" in image.info:
        image = image.convert("RGBA")
        white = Image.new("RGBA", image.size, "white")
        return Image.alpha_composite(white, image).convert("RGB"), "16-bit" if sixteen else "alpha"
    kind = {"RGB": "", "L": "grey", "1": "grey", "P": "palette", "CMYK": "CMYK"}.get(image.mode, image.mode)
    return image.convert("RGB"), "16-bit" if sixteen else kind


def _from_integers(image: Image, bits: int) -> tuple[Image, int]:
    """A grey image of more than 8 bits in RGB, the largest value of ``bits`` bits as white; and how many bits it uses."""
    from PIL import Image

    values = np.asarray(image).astype(np.int64)
    if values.min() < 0:
        raise ValueError("it has values below 0")
    largest, white = int(values.max()), 2**bits - 1
    if largest > white:
        raise ValueError(f"it has values up to {largest:,}, which take more than {bits} bits (--bits {largest.bit_length()})")
    return Image.fromarray(((255 * values + white // 2) // white).astype(np.uint8)).convert("RGB"), largest.bit_length()
