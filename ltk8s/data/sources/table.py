"""A CSV file that names images: ``path,label[,split,group]``, paths relative to the file.

It is read as spreadsheets and scripts of any system write it: separated by commas, semicolons or tabs, in UTF-8 or UTF-16,
with any line ends. What could be meant in two ways is refused, with its line.
"""

from __future__ import annotations

import csv
import io
import logging
import os
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from ltk8s.data.shards import file_sha256
from ltk8s.data.sources.base import Item, Listing, label_form, listed, look, readable, refuse_lookalikes
from ltk8s.data.sources.folder import files_identity, read_file
from ltk8s.data.sources.kinds import is_image, nobodys
from ltk8s.data.sources.layout import PARTS
from ltk8s.data.sources.locate import Located, locate
from ltk8s.errors import UsageError, did_you_mean
from ltk8s.spec.text import NotText, read_text

log = logging.getLogger(__name__)

COLUMNS = ("path", "label", "split", "group")
SEPARATORS = ",;\t"
MOST_BYTES = 1 << 30

_FORMULA = re.compile(r'=".*"|=[A-Za-z.]+\(.*|#N/A|#[A-Z0/]+[!?]', re.DOTALL)
"""What a spreadsheet wrote in place of a value."""


@dataclass(frozen=True, slots=True)
class Row:
    """A line of the table that names an image, as written; ``line`` is where it begins."""

    line: int
    item: Item


class TableSource:
    """The images that a CSV file names; ``split`` is train or test, images with one ``group`` stay in one part."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.title = f"table {readable(path.name)}"
        rows = self._rows()
        located = locate(path.parent, [row.item.name for row in rows])
        self._refuse_absent(rows, located)
        self._size = sum(each.size for each in located)
        self._items = tuple(replace(row.item, name=each.name) for row, each in zip(rows, located, strict=True))
        self._refuse_twice(rows, located)
        self._warn_of_unnamed()

    def identity(self) -> str:
        return f"table:{file_sha256(self.path)}:{files_identity(self.path.parent, [item.name for item in self._items])}"

    def listing(self) -> Listing:
        return Listing(self._items, partial(read_file, self.path.parent), self._size)

    def _rows(self) -> list[Row]:
        """What the table says, before anything is looked up on the disk."""
        lines = self._lines()
        _, header = next(lines, (0, []))
        columns = [cell.strip().lower() for cell in header]
        self._check_columns(header, columns)
        rows = [self._row(line, cells, columns) for line, cells in lines]
        if not rows:
            raise UsageError(f"{self.path.name} names no images.", "Below its first line, each line is one image.")
        undecided = [row for row in rows if row.item.part is None]
        if 0 < len(undecided) < len(rows):
            raise UsageError(
                f"{self.path.name} gives some images a split and others none: {listed(_places(undecided), 3)}.",
                "Fill the column, or leave it empty everywhere to have a test part drawn.",
                every=_places(undecided),
            )
        refuse_lookalikes([row.item.label for row in rows], self.path.name)
        refuse_lookalikes([row.item.group for row in rows if row.item.group], self.path.name, "groups")
        return rows

    def _lines(self) -> Iterator[tuple[int, list[str]]]:
        """The number of each line that is not blank, and its cells. A quoted cell may hold line breaks."""
        text = self._text()
        first = next((line for line in io.StringIO(text, newline="") if line.strip(f"{SEPARATORS} \r\n")), "")
        told = re.fullmatch(r"sep=(.)\s*", first)  # which spreadsheets write and understand
        reader = csv.reader(io.StringIO(text, newline=""), delimiter=told[1] if told else _separator(first), strict=True)
        begin = 1
        try:
            for cells in reader:
                if any(cell.strip() for cell in cells) and not (told and begin == 1):
                    yield begin, cells
                begin = reader.line_num + 1
        except csv.Error as error:
            raise UsageError(
                f"Line {begin} of {self.path.name} is not CSV: {error}.", 'Close its quotes, and write a quote inside as "".'
            ) from None

    def _text(self) -> str:
        try:
            text = read_text(self.path, most=MOST_BYTES)
        except NotText as error:
            raise UsageError(f"{self.path.name} is not CSV in UTF-8: {error}.", "Save it as 'CSV UTF-8'.") from None
        if "\0" in text:
            line = len(text[: text.index("\0")].splitlines() or [""])
            raise UsageError(f"Line {line} of {self.path.name} has a NUL character.", "Save it as 'CSV UTF-8'.")
        return text

    def _check_columns(self, header: Sequence[str], columns: Sequence[str]) -> None:
        """A column of one's own is welcome; one that is nearly ``group`` would be lost in silence."""
        missing = [name for name in ("path", "label") if name not in columns]
        if missing:
            raise UsageError(
                f"{self.path.name} has no column {listed(missing)}; its first line is {','.join(header)[:200]!r}.",
                f"Its first line must name the columns: {COLUMNS[0]},{COLUMNS[1]} and, if you like, {COLUMNS[2]},{COLUMNS[3]}.",
            )
        if twice := [name for name in COLUMNS if columns.count(name) > 1]:
            raise UsageError(f"{self.path.name} has two columns {listed(twice)}.", "Take one of them out.")
        for written, column in zip(header, columns, strict=True):
            if column not in COLUMNS and (meant := did_you_mean(column, COLUMNS)):
                raise UsageError(f"{self.path.name} has a column {written!r}.{meant}", "Rename it, or take it out.")

    def _row(self, line: int, cells: Sequence[str], columns: Sequence[str]) -> Row:
        if any(cell.strip() for cell in cells[len(columns) :]):
            raise self._wrong(line, "has more values than there are columns", "Quote values that hold the separator.")
        values = {name: cell for name, cell in zip(columns, cells, strict=False) if name in COLUMNS}
        path, label, group = (self._value(line, name, values.get(name, "")) for name in ("path", "label", "group"))
        if not path or not label:
            raise self._wrong(line, f"has no {'label' if path else 'path'}", "Fill it in.")
        split = values.get("split", "").strip()
        part = PARTS.get(split.casefold())
        if split and part is None:
            raise self._wrong(line, f"has the split {split!r}", "A split is train or test; take the lines of others out.")
        return Row(line, Item(Path(path).as_posix(), label_form(label), part, label_form(group) or None))

    def _value(self, line: int, column: str, cell: str) -> str:
        value = cell.strip()
        if not look(value):
            return ""
        if "\n" in value or "\r" in value:
            raise self._wrong(line, f"has a line break in its {column}", "Close its quotes, or take the line break out.")
        if _FORMULA.fullmatch(value):
            raise self._wrong(line, f"has a formula or an error as its {column}: {value[:80]}", "Write the value itself.")
        return value

    def _wrong(self, line: int, what: str, do: str) -> UsageError:
        return UsageError(f"Line {line} of {self.path.name} {what}.", do)

    def _refuse_absent(self, rows: Sequence[Row], located: Sequence[Located]) -> None:
        """Raise UsageError where a named file is not there, or cannot be read: those of the commonest reason."""
        absent: dict[str, list[str]] = defaultdict(list)
        for row, each in zip(rows, located, strict=True):
            if each.why:
                hint = f"; there is {readable(each.instead)}" if each.instead else ""
                absent[each.why].append(f"{row.item.name} (line {row.line}{hint})")
        for why, places in sorted(absent.items(), key=lambda each: -len(each[1])):
            do = f"Paths are relative to {self.path.name}." if why == "are missing" else "Correct the table or the files."
            what = f"{len(places):,} of {len(rows):,} files that {self.path.name} names {why}: {listed(places)}."
            raise UsageError(what, do, every=places)

    def _refuse_twice(self, rows: Sequence[Row], located: Sequence[Located]) -> None:
        """Refuse a path on several lines, however it is spelt, and a file that links give two labels or parts."""
        files = [os.path.abspath(self.path.parent / item.name) for item in self._items]
        times = Counter(files)
        twice = [row for row, file in zip(rows, files, strict=True) if times[file] > 1]
        if twice:
            raise UsageError(
                f"{self.path.name} names an image more than once: {listed(_places(twice))}.",
                "Keep one line of each.",
                every=_places(twice),
            )
        meant: dict[tuple[int, int], Row] = {}
        for row, each in zip(rows, located, strict=True):
            first = meant.setdefault(each.inode, row)
            if each.inode[1] and (first.item.label, first.item.part) != (row.item.label, row.item.part):
                raise UsageError(
                    f"{self.path.name} gives one file two labels or splits, by a link: {listed(_places([first, row]))}.",
                    "Keep one of the two lines.",
                )

    def _warn_of_unnamed(self) -> None:
        """Say how many images lie in the folders of those that are named, and are left out."""
        named = {os.path.abspath(self.path.parent / item.name) for item in self._items}
        beside = [
            file.path
            for folder in sorted({os.path.dirname(file) for file in named})
            for file in os.scandir(folder)
            if is_image(file.name) and not nobodys(file.name) and file.path not in named
        ]
        if beside:
            names = [os.path.relpath(file, os.path.abspath(self.path.parent)) for file in sorted(beside)]
            log.warning(
                "%s leaves out %s of the %s images in the folders that it names: %s.",
                self.title,
                f"{len(names):,}",
                f"{len(names) + len(named):,}",
                listed(names, 3),
            )


def _separator(header: str) -> str:
    """The separator by which a header has the columns that it must have; a comma where none does."""
    for separator in SEPARATORS:
        columns = {cell.strip().strip('"').strip().lower() for cell in header.split(separator)}
        if {"path", "label"} <= columns:
            return separator
    return ","


def _places(rows: Iterable[Row]) -> list[str]:
    return [f"{row.item.name} (line {row.line})" for row in rows]
