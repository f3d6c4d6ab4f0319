"""A directory of image folders."""

from __future__ import annotations

import hashlib
import os
from functools import partial
from pathlib import Path

from ltk8s.data.sources.base import Listing
from ltk8s.data.sources.layout import arrange


class FolderSource:
    """Image folders below ``root``. Links to folders are followed, each folder once."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.title = f"image folders {root.resolve().name}"
        self._files, self._folders = walk(root)

    def identity(self) -> str:
        """Over paths, sizes and times of change, as build tools have it: reading every file would take as long as staging."""
        return files_identity(self.root, self._files)

    def listing(self) -> Listing:
        items, ignored = arrange(self._files, self._folders, repr(self.root.name))
        size = sum((self.root / item.name).stat().st_size for item in items)
        return Listing(items, partial(read_file, self.root), size, ignored)


def read_file(root: Path, name: str) -> bytes:
    return (root / name).read_bytes()


def files_identity(root: Path, names: list[str]) -> str:
    digest = hashlib.sha256()
    for name in sorted(names):
        status = (root / name).stat()
        digest.update(f"{name}\0{status.st_size}\0{status.st_mtime_ns}\n".encode())
    return f"files:{digest.hexdigest()}"


def walk(root: Path) -> tuple[list[str], list[str]]:
    """The files and folders below ``root``, as sorted ``/``-separated paths."""
    files: list[str] = []
    folders: list[str] = []
    seen: set[str] = set()
    for folder, inner, names in os.walk(root, followlinks=True):
        real = os.path.realpath(folder)
        if real in seen:
            inner.clear()
            continue
        seen.add(real)
        below = Path(folder).relative_to(root)
        folders += [(below / name).as_posix() for name in inner]
        files += [(below / name).as_posix() for name in names if (Path(folder) / name).is_file()]
    return sorted(files), sorted(folders)
