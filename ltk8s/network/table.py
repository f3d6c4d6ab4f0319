"""A results table as an artifact: CSV and Markdown, from rows with the same columns."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Sequence
from typing import Any

from ltk8s.escaping import markdown, spreadsheet

Row = dict[str, Any]


def to_csv(table: Sequence[Row]) -> bytes:
    text = io.StringIO()
    writer = csv.DictWriter(text, fieldnames=list(table[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows({name: spreadsheet(value) for name, value in row.items()} for row in table)
    return text.getvalue().encode()


def to_markdown(table: Sequence[Row], text: Callable[[Any], str] = str) -> bytes:
    """The table as Markdown; ``text`` writes one value."""
    lines = [list(table[0]), ["---"] * len(table[0]), *([_cell(value, text) for value in row.values()] for row in table)]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines).encode()


def _cell(value: Any, text: Callable[[Any], str]) -> str:
    return markdown(value).replace("|", "\\|") if isinstance(value, str) else text(value)
