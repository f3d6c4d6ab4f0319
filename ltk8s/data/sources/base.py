"""What a source of images is: named items with a label each, and a way to read one."""

from __future__ import annotations

import unicodedata
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from ltk8s.errors import UsageError

Pixels = NDArray[np.uint8]
"""One image, H×W×3."""

Read = Callable[[str], bytes | Pixels]
"""From an item's name to an encoded image or its pixels. It travels to other processes, so it can be pickled."""


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

    ``bytes`` is what will be read; ``left_out`` counts the files that are no item, by kind (``kinds.describe`` says them).
    """

    items: tuple[Item, ...]
    read: Read
    bytes: int
    left_out: Mapping[str, int] = field(default_factory=dict)
    parallel: bool = True

    @property
    def ignored(self) -> int:
        """How many files are no item."""
        return sum(self.left_out.values())


@runtime_checkable
class Source(Protocol):
    """Where images come from. ``title`` is what the manifest says about it: no path of this machine."""

    title: str

    def identity(self) -> str:
        """A string that changes when the content does; found without decoding, so that staging again costs a second."""

    def listing(self) -> Listing:
        """List the items. Raises UsageError, naming the files or classes, where they make no data set."""


LARGEST = 2 << 30
"""Bytes of the largest file that is read as an image. Archives can claim any size and hold zeros for it."""


def refuse_large(sizes: Mapping[str, int], where: str) -> None:
    """Refuse files that would fill the memory before anything could be said about them.

    Args:
        sizes: bytes of each image's file, unpacked.
        where: what has them, for the message.

    Raises:
        UsageError: naming them.

    >>> refuse_large({"cat/1.png": 3 << 30}, "'set'")
    Traceback (most recent call last):
    ltk8s.errors.UsageError: 'set' has files of more than 2 GiB in place of images: cat/1.png. Take them out and stage again.
    """
    large = [name for name, size in sizes.items() if size > LARGEST]
    if large:
        raise UsageError(
            f"{where} has files of more than {LARGEST >> 30} GiB in place of images: {listed(large)}.",
            "Take them out and stage again.",
        )


def readable(name: str) -> str:
    """A file's name as text that can be printed and stored: bytes of it that are no UTF-8 are written out.

    >>> readable("naïve.png"), readable("caf\\udce9.png")
    ('naïve.png', 'caf\\\\xe9.png')
    """
    return name.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")


def listed(names: Iterable[str], limit: int = 10) -> str:
    """Names for a sentence, as ``readable`` and ``spelled`` have them: the first ``limit`` and then a count.

    >>> listed(["cat", "dog", "eel"], limit=2)
    'cat, dog and 1 more'
    """
    every = list(names)
    shown = ", ".join(spelled(readable(name), keep=JOINERS) for name in every[:limit])
    return f"{shown} and {len(every) - limit:,} more" if len(every) > limit else shown


JOINERS = "\u200c\u200d\ufe0e\ufe0f"
"""Characters without a width that Persian, Hindi and emoji are written with."""

UNSEEN = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u180b\u180c\u180d\u180f\u3164\uffa0") | {
    chr(n) for n in range(0xFE00, 0xFE10)
}
"""Invisible characters whose category in Unicode does not say so."""


def label_form(name: str) -> str:
    """The one form of Unicode (NFC) that labels have: file systems and programs write ``ö`` as one character or as two.

    >>> label_form("Mo\u0308we") == "M\u00f6we"
    True
    """
    return unicodedata.normalize("NFC", name)


def look(name: str) -> str:
    """What the eye sees of a name: two names with one look cannot be told apart on a screen.

    >>> look("snow\u00a0 leopard\u200b ") == "snow leopard"
    True
    """
    seen = "".join(" " if _is_blank(c) else c for c in label_form(name) if _is_blank(c) or not _is_unseen(c))
    return label_form(" ".join(seen.split()))


def spelled(name: str, keep: str = "") -> str:
    """A name with what the eye cannot see in it written out, except for the characters of ``keep``.

    >>> spelled("cat\u200b"), spelled("snow\u00a0leopard "), spelled("snow leopard")
    ('cat<U+200B>', 'snow<U+00A0>leopard<U+0020>', 'snow leopard')
    """
    last = len(name) - 1

    def written(i: int, character: str) -> str:
        if character == " ":
            plain = 0 < i < last and name[i - 1] != " "
        else:
            plain = character in keep or not (_is_blank(character) or _is_unseen(character))
        return character if plain else f"<U+{ord(character):04X}>"

    return "".join(written(i, character) for i, character in enumerate(name))


def _is_blank(character: str) -> bool:
    return character in "\t\n\r\u2800" or unicodedata.category(character) == "Zs"


def _is_unseen(character: str) -> bool:
    return unicodedata.category(character) in {"Cc", "Cf", "Zl", "Zp"} or character in UNSEEN


def refuse_lookalikes(names: Iterable[str], where: str, what: str = "classes") -> None:
    r"""Refuse names that a person takes for one, such as ``cat`` and ``cat`` with a blank behind it.

    Args:
        names: in ``label_form``.
        where: what has them, for the message.
        what: what they name, in the plural.

    Raises:
        UsageError: naming them, each with its invisible characters written out.

    >>> refuse_lookalikes(["gull", "gull\u200b"], "birds.csv")  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    ltk8s.errors.UsageError: birds.csv has classes whose names look the same (...): gull and gull<U+200B>. ...
    """
    alike: dict[str, set[str]] = defaultdict(set)
    for name in names:
        alike[look(name)].add(name)
    unseen = alike.pop("", set())
    if unseen:
        raise UsageError(f"{where} has {what} whose name cannot be seen: {spelled(min(unseen))}.", "Give it another name.")
    several = [" and ".join(spelled(name) for name in sorted(same)) for _, same in sorted(alike.items()) if len(same) > 1]
    if several:
        raise UsageError(
            f"{where} has {what} whose names look the same (blanks, invisible characters): {'; '.join(several)}.",
            "Give each of them one name, and two of them names that can be told apart.",
        )
