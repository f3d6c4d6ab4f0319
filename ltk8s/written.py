"""A file that is written, with its own errors told apart from those of whatever is copied into it."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, cast

from ltk8s.errors import LtkError

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer

Explain = Callable[[OSError], LtkError]


def open_to_write(path: Path, explain: Explain, mode: str = "wb") -> BinaryIO:
    """Open a file for writing. Where the system cannot open or write it, what ``explain`` makes of its error is raised.

    In a block that copies from one file to another, an OSError is therefore the other one's.

    >>> from ltk8s.errors import system_error
    >>> with open_to_write(Path("/dev/full"), lambda error: system_error(error, "write", "/dev/full")) as file:
    ...     file.write(b"lost")
    Traceback (most recent call last):
    ltk8s.errors.LtkError: Cannot write /dev/full: no space left on device. Make room there, or choose another place.
    """
    try:
        return cast("BinaryIO", io.BufferedWriter(_Explained(path, mode, explain)))
    except OSError as error:
        raise explain(error) from error


class _Explained(io.FileIO):
    def __init__(self, path: Path, mode: str, explain: Explain) -> None:
        super().__init__(path, mode)
        self.explain = explain

    def write(self, data: ReadableBuffer, /) -> int:
        try:
            return super().write(data)
        except OSError as error:
            raise self.explain(error) from error

    def close(self) -> None:
        """Some file systems (NFS) say only now that there was no room."""
        try:
            super().close()
        except OSError as error:
            raise self.explain(error) from error
