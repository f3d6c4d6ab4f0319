"""A figure with its place in the page's words."""

from __future__ import annotations

from dataclasses import dataclass

from ltk8s.report.figures import Drawing


@dataclass(frozen=True)
class Panel:
    """A drawing and what is written below it; what holds for all drawings of a group is written once, below them."""

    drawing: Drawing
    caption: str = ""


def slug(ratio: float | None) -> str:
    """A ratio in a file's name.

    >>> slug(0.02), slug(None)
    ('0-02', 'full')
    """
    return "full" if ratio is None else f"{ratio:g}".replace(".", "-")


def capital(text: str) -> str:
    return text[:1].upper() + text[1:]
