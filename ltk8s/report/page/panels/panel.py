"""A figure with its place in the page's words."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from ltk8s.report.figures import Drawing


@dataclass(frozen=True)
class Panel:
    """A figure that is yet to be drawn, and what is written below it; what holds for a whole group is written once, below it.

    ``name`` is its file's stem. ``draw`` makes the drawing of that name, and can be pickled: panels are drawn side by side.
    """

    name: str
    draw: Callable[[str], Drawing]
    caption: str = ""

    def drawing(self) -> Drawing:
        return self.draw(self.name)


def slug(ratio: float | None) -> str:
    """A ratio in a file's name, each ratio another one.

    >>> slug(0.02), slug(0.02000001), slug(None)
    ('0-02', '0-02000001', 'full')
    """
    return "full" if ratio is None else repr(ratio).replace(".", "-")


def capital(text: str) -> str:
    return text[:1].upper() + text[1:]
