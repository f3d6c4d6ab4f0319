"""A directory of image folders."""

from __future__ import annotations

import hashlib
import os
from collections import deque
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from ltk8s.data.sources.base import Listing, readable
from ltk8s.data.sources.layout import arrange
from ltk8s.errors import UsageError


class FolderSource:
    """Image folders below ``root``. Links to folders are followed, each folder once."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.title = f"image folders {readable(root.resolve().name)}"
        self._tree = survey(root)

    def identity(self) -> str:
        """Over paths, sizes and times of change, as build tools have it: reading every file would take as long as staging."""
        return files_identity(self.root, self._tree.files)

    def listing(self) -> Listing:
        where = repr(self.root.name)
        refuse_two_ways(self._tree, where)
        items, ignored = arrange(self._tree.files, self._tree.folders, where)
        size = sum((self.root / item.name).stat().st_size for item in items)
        return Listing(items, partial(read_file, self.root), size, ignored + self._tree.broken)


def read_file(root: Path, name: str) -> bytes:
    return (root / name).read_bytes()


def files_identity(root: Path, names: list[str]) -> str:
    digest = hashlib.sha256()
    for name in sorted(names):
        status = (root / name).stat()
        line = f"{name}\0{status.st_size}\0{status.st_mtime_ns}\n"
        digest.update(line.encode("utf-8", "surrogateescape"))  # a name's own bytes, where they are no UTF-8
    return f"files:{digest.hexdigest()}"


def walk(root: Path) -> tuple[list[str], list[str]]:
    """The files and folders below ``root``, as sorted ``/``-separated paths. Links are followed, to each folder once."""
    tree = survey(root)
    return tree.files, tree.folders


@dataclass
class Tree:
    """What lies below a folder, as sorted ``/``-separated paths.

    ``again`` are the ways to a folder that another way led to before: from each to that other. ``broken`` counts what is
    listed and cannot be read as a file, such as links that lead nowhere.
    """

    files: list[str] = field(default_factory=list)
    folders: list[str] = field(default_factory=list)
    again: dict[str, str] = field(default_factory=dict)
    broken: int = 0


def survey(root: Path) -> Tree:
    """Look through ``root``: first what really lies there, then what links lead to, each in the order of names.

    So it does not depend on the order on the disk by which of two ways a folder is found.
    """
    tree = Tree()
    seen: dict[str, str] = {}
    starts = deque([root])
    while starts:
        for folder, inner, names in os.walk(starts.popleft()):
            path = Path(folder)
            below = path.relative_to(root)
            first = seen.setdefault(os.path.realpath(folder), below.as_posix())
            if first != below.as_posix():
                tree.again[below.as_posix()] = first
                inner.clear()
                continue
            inner.sort()
            starts.extend(path / name for name in inner if (path / name).is_symlink())
            files = [name for name in names if (path / name).is_file()]
            tree.folders += [(below / name).as_posix() for name in inner]
            tree.files += [(below / name).as_posix() for name in files]
            tree.broken += len(names) - len(files)
    tree.files.sort()
    tree.folders.sort()
    return tree


def refuse_two_ways(tree: Tree, where: str) -> None:
    """Refuse a folder that lies under two classes or parts by way of a link. A link to a folder around itself adds nothing.

    Raises:
        UsageError: naming both ways.
    """
    copies = {
        f"{again}{name.removeprefix(first)}": name
        for again, first in tree.again.items()
        if first != "." and not again.startswith(f"{first}/")
        for name in tree.files
        if name.startswith(f"{first}/")
    }
    if not copies:
        return
    items, _ = arrange([*tree.files, *copies], [], where)
    meant = {item.name: (item.part, item.label) for item in items}
    for copy, name in copies.items():
        if meant.get(copy) != meant.get(name):
            raise UsageError(
                f"{where} has images under two classes or parts, by a link: {readable(name)} is {readable(copy)} too.",
                "Remove one of the two ways to it.",
            )
