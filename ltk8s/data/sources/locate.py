"""Finding the files that a table names, though it may spell them as another system does."""

from __future__ import annotations

import errno
import os
import stat
import unicodedata
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from ltk8s.errors import reason

MISSING = "are missing"

Form = Callable[[str], str]
"""What makes names equal that are meant to be."""


@dataclass(frozen=True, slots=True)
class Located:
    """A file as it is on the disk, its ``size`` in bytes; or ``why`` it is of no use, and a name that may be meant ``instead``.

    ``inode`` is the file itself, which two names may lead to.
    """

    name: str
    size: int = 0
    inode: tuple[int, int] = (0, 0)
    why: str = ""
    instead: str = ""


def locate(root: Path, names: Sequence[str]) -> list[Located]:
    """Look up names below ``root``: as they are, then in the other Unicode normal form and with backslashes as folders.

    >>> [(each.name, each.why) for each in locate(Path("/"), ["dev", "no/such.png"])]
    [('dev', 'are folders'), ('no/such.png', 'are missing')]
    """
    folders = _Folders(root)
    return [_locate(root, name, folders) for name in names]


def _locate(root: Path, name: str, folders: _Folders) -> Located:
    found = _look(root, name)
    if found.why != MISSING:
        return found
    for spelling in dict.fromkeys((name, name.replace("\\", "/"))):
        if path := folders.find(spelling, _normal):
            return _look(root, path)
    instead = folders.find(name.replace("\\", "/"), _without_case)
    return Located(name, why=MISSING, instead=instead or "")


def _look(root: Path, name: str) -> Located:
    path = os.path.join(root, name)
    try:
        status = os.stat(path)
    except OSError as error:
        gone = error.errno in {errno.ENOENT, errno.ENOTDIR, errno.ENAMETOOLONG}
        return Located(name, why=MISSING if gone else f"cannot be read ({reason(error)})")
    except ValueError:  # no disk has a name like that
        return Located(name, why=MISSING)
    if stat.S_ISDIR(status.st_mode):
        return Located(name, why="are folders")
    if not stat.S_ISREG(status.st_mode):
        return Located(name, why="are not files")
    if not os.access(path, os.R_OK):
        return Located(name, why="cannot be read (permission denied)")
    return Located(name, status.st_size, (status.st_dev, status.st_ino))


def _normal(name: str) -> str:
    return unicodedata.normalize("NFC", name)


def _without_case(name: str) -> str:
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", name).casefold())


class _Folders:
    """What the folders below ``root`` hold, each listed once for a form of names."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.known: dict[tuple[str, Form], dict[str, list[str]]] = {}

    def find(self, name: str, form: Form) -> str | None:
        """The one path whose parts equal those of ``name`` in a form; None where there is none, or several."""
        found = "/" if name.startswith("/") else ""
        for part in Path(name.strip("/")).parts:
            within = [part] if part == ".." else self._names(found, form).get(form(part), [])
            if part in within:
                within = [part]
            if len(within) != 1:
                return None
            found = os.path.join(found, within[0])
        return found

    def _names(self, folder: str, form: Form) -> dict[str, list[str]]:
        if (folder, form) not in self.known:
            names: dict[str, list[str]] = {}
            with suppress(OSError):
                for name in os.listdir(os.path.join(self.root, folder)):
                    names.setdefault(form(name), []).append(name)
            self.known[folder, form] = names
        return self.known[folder, form]
