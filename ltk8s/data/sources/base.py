"""What a source of images is: named items with a label each, and a way to read one."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Literal, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.uint8]
"""One image, H×W×3."""

Read = Callable[[str], bytes | Pixels]
"""From an item's name to an encoded image or its pixels. It travels to other processes, so it can be pickled."""

SUFFIXES = (".png", ".jpg", ".jpeg", ".bmp", ".gif", ".webp", ".tif", ".tiff", ".ppm", ".pgm", ".pbm", ".pnm")


@dataclass(frozen=True, slots=True)
class Item:
    """One image of a source. ``part`` is None where the source does not say; ``group`` keeps images in one part."""

    name: str
    label: str
    part: Literal["train", "test"] | None = None
    group: str | None = None


@dataclass(frozen=True)
class Listing:
    """All that a source holds, before anything is decoded.

    ``bytes`` is what will be read; ``ignored`` counts the files that are hidden, no images, or outside of a class folder, and
    links that lead nowhere.
    """

    items: tuple[Item, ...]
    read: Read
    bytes: int
    ignored: int = 0
    parallel: bool = True


@runtime_checkable
class Source(Protocol):
    """Where images come from. ``title`` is what the manifest says about it: no path of this machine."""

    title: str

    def identity(self) -> str:
        """A string that changes when the content does; found without decoding, so that staging again costs a second."""

    def listing(self) -> Listing:
        """List the items. Raises UsageError, naming the files or classes, where they make no data set."""


def is_hidden(path: str) -> bool:
    """Whether a file or a folder above it is nobody's data: dot files, and what macOS and Windows leave behind.

    >>> is_hidden("cat/.DS_Store"), is_hidden("__MACOSX/cat/1.png"), is_hidden("cat/1.png")
    (True, True, False)
    """
    return any(part.startswith(".") or part in {"__MACOSX", "Thumbs.db", "desktop.ini"} for part in path.split("/"))


def is_image(path: str) -> bool:
    """Whether a file's name is that of an image."""
    return path.lower().endswith(SUFFIXES)


def readable(name: str) -> str:
    """A file's name as text that can be printed and stored: bytes of it that are no UTF-8 are written out.

    >>> readable("naïve.png"), readable("caf\\udce9.png")
    ('naïve.png', 'caf\\\\xe9.png')
    """
    return name.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")


def listed(names: Iterable[str], limit: int = 10) -> str:
    """Names for a sentence, as ``readable`` has them: the first ``limit`` and then a count.

    >>> listed(["cat", "dog", "eel"], limit=2)
    'cat, dog and 1 more'
    """
    every = list(names)
    shown = ", ".join(readable(name) for name in every[:limit])
    return f"{shown} and {len(every) - limit:,} more" if len(every) > limit else shown
