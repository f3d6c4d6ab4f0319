"""A CSV file that names images: ``path,label[,split,group]``, paths relative to the file."""

from __future__ import annotations

import csv
import os
from collections import Counter
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Literal

from ltk8s.data.shards import file_sha256
from ltk8s.data.sources.base import Item, Listing, listed, readable
from ltk8s.data.sources.folder import files_identity, read_file
from ltk8s.errors import UsageError, did_you_mean

COLUMNS = ("path", "label", "split", "group")

PARTS: dict[str, Literal["train", "test"] | None] = {"": None, "train": "train", "test": "test"}


class TableSource:
    """The images that a CSV file names; ``split`` is train or test, images with one ``group`` stay in one part."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.title = f"table {readable(path.name)}"
        self._items = self._read()

    def identity(self) -> str:
        return f"table:{file_sha256(self.path)}:{files_identity(self.path.parent, [item.name for item in self._items])}"

    def listing(self) -> Listing:
        size = sum((self.path.parent / item.name).stat().st_size for item in self._items)
        return Listing(self._items, partial(read_file, self.path.parent), size)

    def _read(self) -> tuple[Item, ...]:
        try:
            with self.path.open(encoding="utf-8-sig", newline="") as file:
                rows = csv.DictReader(file, strict=True)
                self._check_columns(rows.fieldnames or [])
                items = tuple(self._item(row, rows.line_num) for row in rows)
        except (UnicodeDecodeError, csv.Error) as error:
            raise UsageError(f"{self.path.name} is no CSV in UTF-8: {error}.", "Save it as comma-separated UTF-8.") from None
        self._check(items)
        return items

    def _check_columns(self, columns: Sequence[str]) -> None:
        """A column of one's own is welcome; one that is nearly ``group`` would be lost in silence."""
        missing = [name for name in ("path", "label") if name not in columns]
        if missing:
            raise UsageError(
                f"{self.path.name} has no column {listed(missing)}; its first line is {','.join(columns)!r}.",
                f"Its first line must name the columns: {COLUMNS[0]},{COLUMNS[1]} and, if you like, {COLUMNS[2]},{COLUMNS[3]}.",
            )
        for column in set(columns) - set(COLUMNS):
            if meant := did_you_mean(column.strip().lower(), COLUMNS):
                raise UsageError(f"{self.path.name} has a column {column!r}.{meant}", "Rename it, or take it out.")

    def _item(self, row: dict[str | None, str], line: int) -> Item:
        if None in row:
            raise UsageError(
                f"Line {line} of {self.path.name} has more values than there are columns.", "Quote values that hold a comma."
            )
        path, label = (row["path"] or "").strip(), (row["label"] or "").strip()
        if not path or not label:
            raise UsageError(f"Line {line} of {self.path.name} has no {'label' if path else 'path'}.", "Fill it in.")
        split = (row.get("split") or "").strip().lower()
        if split not in PARTS:
            raise UsageError(f"Line {line} of {self.path.name} has the split {split!r}.", "A split is train or test.")
        return Item(Path(path).as_posix(), label, PARTS[split], (row.get("group") or "").strip() or None)

    def _check(self, items: tuple[Item, ...]) -> None:
        if not items:
            raise UsageError(f"{self.path.name} names no images.", "Below its first line, each line is one image.")
        twice = self._named_twice(items)
        if twice:
            raise UsageError(f"{self.path.name} names an image more than once: {listed(twice)}.", "Keep one line of each.")
        undecided = [item.name for item in items if item.part is None]
        if 0 < len(undecided) < len(items):
            raise UsageError(
                f"{self.path.name} gives some images a split and others none: {listed(undecided, 3)}.",
                "Fill the column, or leave it empty everywhere to have a test part drawn.",
            )
        missing = [item.name for item in items if not os.path.isfile(self.path.parent / item.name)]
        if missing:
            raise UsageError(
                f"{len(missing):,} of {len(items):,} files that {self.path.name} names are missing: {listed(missing)}.",
                f"Paths are relative to {self.path.name}.",
            )

    def _named_twice(self, items: tuple[Item, ...]) -> list[str]:
        """Names of files that several lines name, however they spell them."""
        files = [os.path.abspath(self.path.parent / item.name) for item in items]
        times = Counter(files)
        return list(dict.fromkeys(item.name for item, file in zip(items, files, strict=True) if times[file] > 1))
