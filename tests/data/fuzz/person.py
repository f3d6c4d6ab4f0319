"""What a person sees in a folder of images. Nothing here knows how ltk8s looks at it."""

from __future__ import annotations

import io
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from PIL import Image

from tests.data.fuzz.names import is_doubtful, is_hidden, is_part, is_unfit, look

FORMATS = {"jpg": "JPEG", "jpe": "JPEG", "jfif": "JPEG", "jp2": "JPEG2000", "tif": "TIFF", "ppm": "PPM"}
SOURCE = "tree"
"""What the folder or archive is called."""

SIDE = 8
STEP = 40
"""Colours of pictures lie this far apart in each channel: more than any format's loss."""


@lru_cache(maxsize=4096)
def picture(colour: int, suffix: str = "png") -> bytes:
    """A picture in a colour of its own, which is all that tells it from others."""
    file = io.BytesIO()
    kind = FORMATS.get(suffix.lower(), suffix.upper()).replace("JPG", "JPEG").replace("TIFF", "TIFF")
    lossless = {"lossless": True} if kind == "WEBP" else {}
    Image.new("RGB", (SIDE, SIDE), rgb(colour)).save(file, kind, **lossless)
    return file.getvalue()


def rgb(colour: int) -> tuple[int, int, int]:
    """One of 343 colours.

    >>> rgb(0), rgb(8)
    ((7, 7, 7), (47, 47, 7))
    """
    return tuple(7 + STEP * (colour // 7**channel % 7) for channel in range(3))


def colour_of(pixels: tuple[int, int, int]) -> int:
    """The colour that pixels were before a lossy format."""
    return sum(round((value - 7) / STEP) * 7**channel for channel, value in enumerate(pixels))


@dataclass(frozen=True)
class Link:
    """A link in a folder, ``hard`` or symbolic, to a path."""

    target: str
    hard: bool = False


Entry = bytes | Link | None
"""A file's content, a link, or a folder (None)."""

Seen = Counter[tuple[str | None, str, int]]
"""How often a picture is in a part (None: none is given) and a class."""


@dataclass(repr=False)
class Tree:
    """Files and folders, and what a person says that they are.

    ``entries`` go from paths, in the order in which they are made, to what lies there; ``outside`` likewise, beside the tree.
    ``faults`` are what each must be refused for, by any of its names; ``doubts`` are names that may be refused. ``left_out``
    counts the files that are no pictures of a class, and ``shown`` are the paths of those that are.
    """

    root: str = ""
    parted: bool = False
    entries: dict[str, Entry] = field(default_factory=dict)
    outside: dict[str, Entry] = field(default_factory=dict)
    folders: list[tuple[str | None, str]] = field(default_factory=list)
    pictures: list[tuple[str | None, str, int]] = field(default_factory=list)
    shown: list[str] = field(default_factory=list)
    left_out: int = 0
    faults: list[tuple[str, ...]] = field(default_factory=list)
    doubts: list[str] = field(default_factory=list)
    colours: int = 0

    def __repr__(self) -> str:
        """What lies where, one a line."""
        lines = [f"{path!a}: {_kind(entry)}" for path, entry in self.entries.items()]
        lines += [f"../{path!a}: {_kind(entry)}" for path, entry in self.outside.items()]
        lines += [f"{len(self.pictures)} pictures in {self.folders!a}, {self.left_out} files left out"]
        return "\n  ".join(["", *lines, f"faults {self.all_faults()!a}", f"doubts {self.all_doubts()!a}"])

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        """As hypothesis prints an example."""
        printer.text(repr(self))

    def free(self, path: str) -> bool:
        """Whether nothing lies at a path, or at one that this could be taken for on another disk."""
        return path not in self.entries

    def class_folder(self, part: str | None, name: str) -> str:
        """A class's folder, by the part's folder, if any, and the class's."""
        return "/".join(step for step in (self.root, part, name) if step)

    def new_colour(self) -> int:
        self.colours += 1
        return self.colours - 1

    def add(self, path: str, part: str | None, name: str, content: bytes, colour: int) -> None:
        """Add a picture of a class."""
        self.entries[path] = content
        self.sees(path, part, name, colour)

    def sees(self, path: str, part: str | None, name: str, colour: int) -> None:
        """Count a picture for its class, unless a folder on the way to it is hidden."""
        if any(is_hidden(step) for step in path.split("/")):
            self.left_out += 1
        else:
            self.pictures.append((part, name, colour))
            self.shown.append(path)

    def visible(self) -> list[tuple[str | None, str]]:
        """The class folders that a person sees."""
        return [(part, name) for part, name in self.folders if not is_hidden(name)]

    def count(self, suffix: str) -> int:
        """How many files of a suffix a person sees."""
        seen = [path for path in self.entries if not any(is_hidden(step) for step in path.split("/"))]
        return sum(path.lower().endswith(suffix) and self.entries[path] is not None for path in seen)

    def expected(self) -> Seen:
        """What should be staged: names that are one to the eye in one Unicode normal form."""
        both = {_part_of(part) for part, _, _ in self.pictures} >= {"train", "test"}
        return Counter((_part_of(part) if both else None, normal(name), colour) for part, name, colour in self.pictures)

    def all_faults(self) -> list[tuple[str, ...]]:
        """What must be refused, each by the names of which a message has one."""
        return [*self.faults, *self._faults_of_names(), *self._faults_of_counts()]

    def all_doubts(self) -> list[str]:
        """What may be refused."""
        names = [name for _, name in self.visible()]
        spelled = defaultdict(set)
        for part, name in self.visible():
            spelled[part, normal(name)].add(name)
        return [
            *self.doubts,
            *(name for name in names if is_doubtful(name)),
            *(name for several in spelled.values() if len(several) > 1 for name in several),
            *(name for name in names if is_part(name) and not self.parted),
        ]

    def _faults_of_names(self) -> Iterator[tuple[str, ...]]:
        labels = {normal(name) for _, name in self.visible()}
        yield from ((label,) for label in labels if is_unfit(label))
        looks = defaultdict(set)
        for label in labels:
            looks[look(label)].add(label)
        yield from (tuple(same) for same in looks.values() if len(same) > 1)

    def _faults_of_counts(self) -> Iterator[tuple[str, ...]]:
        seen = self.expected()
        labels = {normal(name) for _, name in self.visible()}
        parts = {part for part, _, _ in seen}
        for label in labels:
            for part in parts or {None}:
                held = sum(n for (p, c, _), n in seen.items() if (p, c) == (part, label))
                if held < (2 if part is None else 1):
                    yield (label,)
        if len(labels) < 2 or not seen:
            yield (*labels, SOURCE)
        if {_part_of(part) for part, _, _ in self.pictures} == {"test"}:
            yield ("train",)
        for part, name in self.visible():
            if not any((p, c) == (part, name) for p, c, _ in self.pictures):
                yield (name,)


def _kind(entry: Entry) -> str:
    return "folder" if entry is None else str(entry) if isinstance(entry, Link) else f"{len(entry)} bytes {entry[:9]!r}"


def normal(name: str) -> str:
    """A name in the normal form that keyboards write.

    >>> normal("Mo\\u0308we") == "M\\u00f6we"
    True
    """
    return unicodedata.normalize("NFC", name)


def _part_of(folder: str | None) -> str | None:
    if folder is None:
        return None
    return "train" if folder.casefold().startswith("train") else "test"
