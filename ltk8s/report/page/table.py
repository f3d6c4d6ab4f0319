"""A table of the page: what stands in it, and what it sorts by."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Item:
    """One cell: its text, lines of small print below, and the value that sorting compares (the text where None).

    ``kind`` is CSS classes; each line of ``small`` is a text with classes of its own. ``share`` (0 to 1) draws a bar;
    ``link`` is where the text leads and ``anchor`` what leads here. ``folded`` shows the small print on demand.
    """

    text: str
    small: tuple[tuple[str, str], ...] = ()
    sort: float | str | None = None
    kind: str = ""
    share: float | None = None
    code: bool = False
    link: str = ""
    anchor: str = ""
    folded: bool = False


@dataclass(frozen=True)
class Head:
    """A column's heading; numbers stand to the right. ``small`` is a second line."""

    text: str
    number: bool = True
    small: str = ""


@dataclass(frozen=True)
class Line:
    """A row; one that ``stays`` keeps its place at the end however the table is sorted."""

    items: tuple[Item, ...]
    kind: str = ""
    stays: bool = False


@dataclass(frozen=True)
class Table:
    """``lines`` are as long as ``heads``."""

    caption: str
    heads: Sequence[Head]
    lines: Sequence[Line]
    notes: Sequence[str] = field(default_factory=tuple)


NONE = Item("–", sort="")


def number(text: str, value: float | None, *small: tuple[str, str], kind: str = "") -> Item:
    """A number with what it sorts by; a dash that sorts last where there is none."""
    return NONE if value is None else Item(text, tuple(small), value, kind)
