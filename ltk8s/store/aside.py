"""Writing a file of this machine so that its name never stands for half of it."""

from __future__ import annotations

import errno
import os
import stat
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from ltk8s.errors import LtkError, StoreError, system_error, system_errors
from ltk8s.written import open_to_write


@contextmanager
def written_aside(
    path: Path, *, instead: str = "choose another directory", kind: type[LtkError] = StoreError
) -> Iterator[BinaryIO]:
    """Open a file that gets the name ``path`` when the block ends, whole and on the disk, and is removed if the block fails.

    A link is followed; what is not a file (a device, a pipe) is written as it is.

    Args:
        instead, kind: of the error, as ``system_error`` has them.

    Raises:
        StoreError: (or ``kind``) if it cannot be written there. An OSError of the block's own passes through.
    """

    def explain(error: OSError) -> LtkError:
        return system_error(error, "write", path, instead=instead, kind=kind)

    with system_errors("write", path, instead=instead, kind=kind):
        place, part = _places(path)
        place.parent.mkdir(parents=True, exist_ok=True)
    try:
        with open_to_write(part, explain) as opened:
            yield opened
        if part != place:
            with system_errors("write", path, instead=instead, kind=kind):
                _synchronise(part)
                os.replace(part, place)
    finally:
        if part != place:
            with suppress(OSError):
                part.unlink(missing_ok=True)


def _places(path: Path) -> tuple[Path, Path]:
    """Where the file belongs, and where it is written: beside that, under a name as short as any file system takes."""
    if _is_special(path):
        return path, path  # not resolved: what /dev/stdout leads to may have no path
    place = Path(os.path.realpath(path))
    if place.is_dir():
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
    return place, place.with_name(f".{uuid.uuid4().hex}")


def _is_special(path: Path) -> bool:
    try:
        mode = path.stat().st_mode
    except FileNotFoundError:
        return False
    return not stat.S_ISREG(mode) and not stat.S_ISDIR(mode)


def _synchronise(path: Path) -> None:
    """Have the disk hold what was written, before a name says that it is there."""
    with path.open("rb") as written:
        os.fsync(written.fileno())
