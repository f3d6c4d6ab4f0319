"""Writing a file of this machine so that its name never stands for half of it."""

from __future__ import annotations

import errno
import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from ltk8s.errors import StoreError


@contextmanager
def written_aside(path: Path) -> Iterator[BinaryIO]:
    """Open a file that gets the name ``path`` when the block ends, whole and on the disk, and is removed if the block fails.

    A link is followed; what is no file (a device, a pipe) is written as it is.

    Raises:
        StoreError: if it cannot be written there.
    """
    if _is_special(path):
        part = path  # not resolved: what /dev/stdout leads to may have no path
    else:
        path = path.resolve()
        part = path.with_name(f".{path.name}.{uuid.uuid4().hex}")
    try:
        if path.is_dir():
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
        path.parent.mkdir(parents=True, exist_ok=True)
        with part.open("wb") as opened:
            yield opened
        if part != path:
            _synchronise(part)
            os.replace(part, path)
    except OSError as error:
        if error.errno is None:  # not the system's: what a download's connection raises is an OSError too
            raise
        raise StoreError(
            f"{path} cannot be written: {(error.strerror or str(error)).lower()}.",
            "Make room there, or choose another directory.",
        ) from error
    finally:
        if part != path:
            part.unlink(missing_ok=True)


def _is_special(path: Path) -> bool:
    return path.exists() and not path.is_file() and not path.is_dir()


def _synchronise(path: Path) -> None:
    """Have the disk hold what was written, before a name says that it is there."""
    with path.open("rb") as written:
        os.fsync(written.fileno())
