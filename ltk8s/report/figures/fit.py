"""Texts that fit their room: broken into lines, and shortened in the middle where even that is not enough."""

from __future__ import annotations

import re
from functools import cache

from ltk8s.escaping import one_line
from ltk8s.report.figures.letters import drawable, families, quiet

LABELS = 145.0
"""Points: how wide the labels beside a panel's axes may get, so that the axes keep more than half of it."""

PIECES = re.compile(r"[^\s_/:;=+-]*(?:[\s_/:;=+-]+|$)")
"""A text's pieces, each with the signs after it: a line may end there."""


def wrapped(text: str, room: float, size: float, *, lines: int = 1, bold: bool = False) -> str:
    """Return a text in lines that fit.

    Args:
        room: points that a line may take.
        size: of the letters, in points.
        lines: how many there may be. Of a text that needs more, the middle becomes ``…``: names differ at both ends.
    """
    text = one_line(text)
    broken = _broken(text, room, size, bold)
    if len(broken) <= lines:
        return "\n".join(broken)
    low, high = 1, len(text) // 2
    while low < high:  # the most letters at each end that fit
        middle = (low + high + 1) // 2
        low, high = (middle, high) if len(_broken(_cut(text, middle), room, size, bold)) <= lines else (low, middle - 1)
    return "\n".join(_broken(_cut(text, low), room, size, bold))


def in_legend(text: str) -> str:
    """A label as a legend takes it: matplotlib leaves out those that begin with an underscore."""
    return f" {text}" if text.startswith("_") else text


def width(text: str, size: float, *, bold: bool = False) -> float:
    """How wide a line of text is drawn, in points."""
    return _width(text, bold) * size / 10


def _cut(text: str, each: int) -> str:
    return f"{text[:each].rstrip()}…{text[-each:].lstrip()}"


def _broken(text: str, room: float, size: float, bold: bool) -> list[str]:
    lines = [""]
    for piece in PIECES.findall(text):
        if lines[-1] and width((lines[-1] + piece).rstrip(), size, bold=bold) > room:
            lines.append("")
        for letter in [piece] if width(piece.rstrip(), size, bold=bold) <= room else piece:
            if lines[-1] and width((lines[-1] + letter).rstrip(), size, bold=bold) > room:
                lines.append("")
            lines[-1] += letter
    return [line.strip() for line in lines if line.strip()] or [""]


@cache
def _width(text: str, bold: bool) -> float:
    from matplotlib.font_manager import FontProperties
    from matplotlib.textpath import text_to_path

    if not text:
        return 0.0
    font = FontProperties(family=families(text), size=10, weight="bold" if bold else "normal")
    with quiet():
        return float(text_to_path.get_text_width_height_descent(drawable(text), font, ismath=False)[0])
