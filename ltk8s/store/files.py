"""The store as a directory: one file an object."""

from __future__ import annotations

import errno
import fcntl
import os
import shutil
import stat
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import BinaryIO

from ltk8s.errors import NO_ROOM, LtkError, NotFound, StoreError, system_error, system_errors
from ltk8s.store.aside import written_aside
from ltk8s.store.base import ObjectInfo
from ltk8s.store.keys import check_key, check_prefix
from ltk8s.written import Explain, open_to_write

PARTS = ".parts"
"""Where objects are while they are written. No key starts with a dot, so nothing here is ever taken for an object."""

STALE_SECONDS = 24 * 3600
"""A part this old that nobody holds a lock on belongs to a writer that was killed."""


WITHOUT_LINKS = {errno.EPERM, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS}
"""What file systems without hard links (exFAT, some network shares) say when asked for one."""


class FileStore:
    """Objects as files below one directory, which the first write creates.

    A file is written aside, synchronised, then renamed (or, for ``put_if_absent``, linked) into its place, so that no reader
    ever sees half an object, whenever the writer or the machine stops.
    """

    def __init__(self, directory: Path) -> None:
        self.directory = directory

    def __repr__(self) -> str:
        return f"FileStore({str(self.directory)!r})"

    @property
    def url(self) -> str:
        return self.directory.as_uri()

    @property
    def address(self) -> str:
        return self.url

    def path(self, key: str) -> Path:
        """The file of an object; of a prefix that ends in ``/``, the directory."""
        return self.directory / check_prefix(key)

    def get(self, key: str) -> bytes:
        with self._reading(key):
            return self._file(key).read_bytes()

    def put(self, key: str, data: bytes) -> None:
        self._write(key, lambda part: part.write(data), _replace)

    def put_if_absent(self, key: str, data: bytes) -> bool:
        return self._write(key, lambda part: part.write(data), _link)

    def download(self, key: str, path: Path) -> None:
        with self._reading(key), self._file(key).open("rb") as source, written_aside(path) as target:
            shutil.copyfileobj(source, target)

    def upload(self, key: str, path: Path) -> None:
        with system_errors("read", path, kind=StoreError), path.open("rb") as source:
            self._write(key, lambda part: shutil.copyfileobj(source, part), _replace)

    def exists(self, key: str) -> bool:
        with self._explained("read", key), suppress(FileNotFoundError, NotADirectoryError):
            return stat.S_ISREG(self._file(key).stat().st_mode)
        return False

    def list(self, prefix: str) -> Iterator[ObjectInfo]:
        folder = check_prefix(prefix).rpartition("/")[0]
        with self._explained("list", prefix):
            yield from _walk(self.directory / folder, f"{folder}/" if folder else "", prefix)

    def delete(self, key: str) -> None:
        with self._explained("delete", key):
            file = self._file(key)
            with suppress(FileNotFoundError, NotADirectoryError):
                file.unlink()
            self._remove_empty(file.parent)

    def _file(self, key: str) -> Path:
        return self.directory / check_key(key)

    def _write(self, key: str, fill: Callable[[BinaryIO], object], place: Callable[[Path, Path], bool]) -> bool:
        """Write a part by ``fill``, whose own OSErrors pass through, and ``place`` it."""
        file = self._file(key)
        with self._part(partial(self._error, "write", key)) as (part, opened):
            fill(opened)
            with self._explained("write", key):
                opened.flush()
                os.fsync(opened.fileno())
                return _in_place(part, file, place)

    @contextmanager
    def _part(self, explain: Explain) -> Iterator[tuple[Path, BinaryIO]]:
        """A new file aside, locked as long as it is written; what killed writers left behind there is swept away.

        Args:
            explain: makes an error of that of the operating system, where the part itself cannot be made or written.
        """
        parts = self.directory / PARTS
        part = parts / uuid.uuid4().hex
        try:
            try:
                parts.mkdir(parents=True, exist_ok=True)
            except OSError as error:
                raise explain(error) from error
            with open_to_write(part, explain, "xb") as opened:
                with suppress(OSError):  # not every file system has locks
                    fcntl.flock(opened, fcntl.LOCK_SH | fcntl.LOCK_NB)
                _sweep(parts, os.fstat(opened.fileno()).st_mtime)
                yield part, opened
        finally:
            with suppress(OSError):
                part.unlink(missing_ok=True)

    def now(self) -> datetime:
        with suppress(StoreError), self._part(partial(self._error, "write", PARTS)) as (_, opened):
            return datetime.fromtimestamp(os.fstat(opened.fileno()).st_mtime, UTC)
        return datetime.now(UTC)  # who cannot write there

    def _remove_empty(self, directory: Path) -> None:
        """Remove the directories above a deleted object as far as they are empty, since they are no objects."""
        with suppress(OSError):
            while directory != self.directory:
                directory.rmdir()
                directory = directory.parent

    @contextmanager
    def _reading(self, key: str) -> Iterator[None]:
        with self._explained("read", key):
            try:
                yield
            except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
                raise NotFound(key, self.url) from None

    @contextmanager
    def _explained(self, doing: str, key: str) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise self._error(doing, key, error) from error

    def _error(self, doing: str, key: str, error: OSError) -> LtkError:
        room = "remove what no run needs (`ltk8s gc`), " if error.errno in NO_ROOM else ""
        instead = f"{room}{'or ' if room else ''}choose another directory for the store"
        return system_error(error, f"{doing} {key!r} in the store", self.url, instead=instead, kind=StoreError)


def _sweep(parts: Path, now: float) -> None:
    """Remove parts whose writer is gone: old by the file system's own clock, and locked by nobody, whatever any clock says."""
    for left in parts.iterdir():
        with suppress(OSError):
            if now - left.stat().st_mtime > STALE_SECONDS and not _is_locked(left):
                left.unlink()


def _is_locked(part: Path) -> bool:
    with part.open("rb") as opened:
        try:
            fcntl.flock(opened, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        except OSError:
            return False
    return False


def _replace(part: Path, file: Path) -> bool:
    os.replace(part, file)
    return True


def _link(part: Path, file: Path) -> bool:
    try:
        os.link(part, file)
    except FileExistsError:
        return False
    except OSError as error:
        if error.errno not in WITHOUT_LINKS:
            raise
        if file.exists():
            return False
        os.replace(part, file)  # of two at the same moment the last one stays, as in an S3 without conditional puts
    return True


def _in_place(part: Path, file: Path, place: Callable[[Path, Path], bool]) -> bool:
    """Give a part its name. Where a concurrent delete takes away the directory that is still empty, it is made again."""
    for _ in range(10):
        with suppress(FileNotFoundError):
            file.parent.mkdir(parents=True, exist_ok=True)
            return place(part, file)
    file.parent.mkdir(parents=True, exist_ok=True)
    return place(part, file)


def _walk(directory: Path, base: str, prefix: str) -> Iterator[ObjectInfo]:
    """The objects below ``directory``, whose keys start with ``base``, in the order of S3: by the whole key."""
    try:
        entries = sorted(os.scandir(directory), key=lambda entry: f"{entry.name}/" if entry.is_dir() else entry.name)
    except (FileNotFoundError, NotADirectoryError):
        return
    for entry in entries:
        key = base + entry.name
        if entry.name.startswith("."):
            continue
        if entry.is_dir():
            if f"{key}/".startswith(prefix) or prefix.startswith(f"{key}/"):
                yield from _walk(directory / entry.name, f"{key}/", prefix)
        elif key.startswith(prefix):
            with suppress(FileNotFoundError):
                status = entry.stat()
                yield ObjectInfo(key, status.st_size, datetime.fromtimestamp(status.st_mtime, UTC))
