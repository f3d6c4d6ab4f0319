"""A directory of image folders."""

from __future__ import annotations

import errno
import hashlib
import logging
import os
import stat
from collections import deque
from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from ltk8s.data.sources.base import Listing, listed, readable, refuse_large, spelled
from ltk8s.data.sources.kinds import NOWHERE, SPECIAL, is_image, nobodys
from ltk8s.data.sources.layout import arrange
from ltk8s.errors import UsageError, system_error, system_errors

log = logging.getLogger(__name__)


class FolderSource:
    """Image folders below ``root``. Links to folders are followed, each folder once."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.title = f"image folders {readable(root.resolve().name)}"
        self._tree = survey(root)

    def identity(self) -> str:
        """Over paths, sizes and times of change, as build tools have it: reading every file would take as long as staging."""
        return files_identity(self.root, [name for name in self._tree.files if not nobodys(name)])

    def listing(self) -> Listing:
        where = repr(readable(self.root.resolve().name))
        refuse_two_ways(self._tree, where)
        items, left_out = arrange(self._tree.files, self._tree.folders, where)
        names = [item.name for item in items]
        sizes = files_sizes(self.root, names)
        refuse_locked(self.root, names)
        refuse_large(sizes, where)
        left_out.update(self._tree.not_files.values())
        lost = [name for name, kind in self._tree.not_files.items() if kind == NOWHERE and is_image(name)]
        if lost:
            log.warning(
                "%s has links that lead nowhere in place of images, which are left out: %s.", where, listed(sorted(lost), 3)
            )
        return Listing(items, partial(read_file, self.root), sum(sizes.values()), left_out)


def read_file(root: Path, name: str) -> bytes:
    return (root / name).read_bytes()


def files_sizes(root: Path, names: Sequence[str]) -> dict[str, int]:
    """The bytes that each file has."""
    sizes = {}
    for name in names:
        with _reading(name):
            sizes[name] = (root / name).stat().st_size
    return sizes


def refuse_locked(root: Path, names: Sequence[str]) -> None:
    """Refuse files that this user may not read, all of them at once.

    Raises:
        UsageError: naming them.
    """
    locked = [name for name in names if not may(root / name, os.R_OK)]
    if locked:
        raise UsageError(
            f"{len(locked):,} of {len(names):,} images cannot be read: permission denied for {listed(locked)}.",
            f"{GIVE_RIGHT}.",
            every=locked,
        )


def may(path: str | Path, what: int) -> bool:
    """Whether this process may do that to a file or folder (``os.R_OK`` and such), as the user in whose name it acts."""
    return os.access(path, what, effective_ids=os.access in os.supports_effective_ids)


GIVE_RIGHT = "Give this user the right to read them, or move them elsewhere"


def _reading(name: str) -> AbstractContextManager[None]:
    return system_errors("read", repr(spelled(readable(name))), instead="move it elsewhere", kind=UsageError)


def files_identity(root: Path, names: list[str]) -> str:
    digest = hashlib.sha256()
    for name in sorted(names):
        with _reading(name):
            status = (root / name).stat()
        line = f"{name}\0{status.st_size}\0{status.st_mtime_ns}\n"
        digest.update(line.encode("utf-8", "surrogateescape"))  # a name's own bytes, where they are no UTF-8
    return f"files:{digest.hexdigest()}"


@dataclass
class Tree:
    """What lies below a folder, as sorted ``/``-separated paths.

    ``again`` are the ways to a folder that another way led to before: from each to that other. ``not_files`` has the kind of
    each name that is not a file's, such as a link that leads nowhere.
    """

    files: list[str] = field(default_factory=list)
    folders: list[str] = field(default_factory=list)
    again: dict[str, str] = field(default_factory=dict)
    not_files: dict[str, str] = field(default_factory=dict)


def survey(root: Path) -> Tree:
    """Look through ``root``: first what really lies there, then what links lead to, each in the order of names.

    So it does not depend on the order on the disk by which of two ways a folder is found. Hidden folders and those of other
    systems are only counted: links in them are not followed, and a link to what lies in one is a way like any other.

    Raises:
        UsageError: naming a folder that cannot be read, unless it is hidden or another system's.
    """
    tree = Tree()
    seen: dict[str, str] = {}
    starts = deque([root])
    while starts:
        for folder, inner, names in os.walk(starts.popleft(), onerror=lambda error: _refuse_unread(root, error)):
            path = Path(folder)
            below = path.relative_to(root)
            if not may(path, os.X_OK):  # its names can be listed, and nothing more
                _refuse_unread(root, PermissionError(errno.EACCES, os.strerror(errno.EACCES), folder))
            if not _is_nobodys(below.as_posix()):
                first = seen.setdefault(os.path.realpath(folder), below.as_posix())
                if first != below.as_posix():
                    tree.again[below.as_posix()] = first
                    inner.clear()
                    continue
                starts.extend(path / name for name in sorted(inner) if os.path.islink(path / name))
            inner.sort()
            tree.folders += [(below / name).as_posix() for name in inner]
            _sort_out(tree, root, [(below / name).as_posix() for name in names])
    tree.files.sort()
    tree.folders.sort()
    return tree


def _sort_out(tree: Tree, root: Path, names: Sequence[str]) -> None:
    """Add what is a file to the tree, and the kind of what is not."""
    for name in names:
        try:
            kind = not_a_file(root / name)
        except OSError as error:
            _refuse_unread(root, error)
            kind = NOWHERE
        if kind:
            tree.not_files[name] = nobodys(name) or kind
        else:
            tree.files.append(name)


def not_a_file(path: Path) -> str | None:
    """What a name is in place of a file: a link that leads nowhere, or a pipe and such. None for a file.

    Raises:
        OSError: if the system does not let us look.
    """
    try:
        return None if stat.S_ISREG(path.stat().st_mode) else SPECIAL
    except OSError as error:
        if error.errno not in {errno.ENOENT, errno.ENOTDIR, errno.ELOOP}:
            raise
        return NOWHERE


def _is_nobodys(below: str) -> bool:
    return below != "." and nobodys(below) is not None


def _refuse_unread(root: Path, error: OSError) -> None:
    """Raise what could not be looked at, unless it is nobody's data."""
    below = Path(error.filename).relative_to(root).as_posix()
    if not _is_nobodys(below):
        place = spelled(readable(root.name if below == "." else below))
        raise system_error(error, "read", repr(place), instead="move it elsewhere", kind=UsageError) from None


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
                f"{where} has images under two classes or parts, by a link: {listed([name])} is {listed([copy])} too.",
                "Remove one of the two ways to it.",
            )
