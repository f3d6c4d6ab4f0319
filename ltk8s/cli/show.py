"""How tables, numbers and times look, the same in every command."""

from __future__ import annotations

from rich.table import Table
from rich.text import Text

STYLES = {
    "done": "green",
    "created": "cyan",
    "running": "cyan",
    "shared": "blue",
    "retried": "yellow",
    "failed": "red",
    "blocked": "red",
    "missing": "red",
    "cancelled": "red",
}
"""Colours of phases and outcomes; all others are plain."""


def table(*headings: str) -> Table:
    """A table without lines: columns two spaces apart, so that it reads well on a terminal and in a pipe."""
    made = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    for heading in headings:
        made.add_column(heading, overflow="fold")
    return made


def styled(word: str) -> Text:
    """A phase or outcome in its colour."""
    return Text(word, style=STYLES.get(word, ""))


def duration(seconds: float | None) -> str:
    """A time as a person says it.

    >>> duration(42), duration(150), duration(7260), duration(None)
    ('42 s', '2 min 30 s', '2 h 1 min', '')
    """
    if seconds is None:
        return ""
    total = round(seconds)
    if total < 60:
        return f"{total} s"
    if total < 3600:
        return f"{total // 60} min {total % 60} s"
    return f"{total // 3600} h {total % 3600 // 60} min"


def about(seconds: float) -> str:
    """A time that is estimated, no more exact than that.

    >>> about(187.3), about(121), about(1443), about(9100)
    ('about 3 min 10 s', 'about 2 min', 'about 24 min', 'about 2.5 h')
    """
    if seconds < 600:
        return f"about {duration(max(10, 10 * round(seconds / 10)))}".removesuffix(" 0 s")
    return f"about {seconds / 60:.0f} min" if seconds < 7200 else f"about {seconds / 3600:.1f} h"


def size(count: float) -> str:
    """A number of bytes in binary units.

    >>> size(512), size(3 * 1024**2)
    ('512 B', '3.0 MiB')
    """
    for unit in ("B", "KiB", "MiB", "GiB"):
        if count < 1024:
            return f"{count:.0f} B" if unit == "B" else f"{count:.1f} {unit}"
        count /= 1024
    return f"{count:.1f} TiB"


def counted(number: int, noun: str) -> str:
    """A number with its noun.

    >>> counted(1, "learner"), counted(3, "learner")
    ('1 learner', '3 learners')
    """
    return f"{number} {noun}{'' if number == 1 else 's'}"
