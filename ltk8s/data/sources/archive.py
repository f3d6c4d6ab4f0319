"""Image folders in a zip or tar archive. No path inside an archive ever becomes a path on this machine."""

from __future__ import annotations

import lzma
import shutil
import tarfile
import tempfile
import weakref
import zipfile
import zlib
from collections.abc import Iterable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from functools import lru_cache, partial
from pathlib import Path, PurePosixPath
from typing import IO, cast

from ltk8s.data.shards import file_sha256
from ltk8s.data.sources.base import Listing, is_hidden, is_image, listed, readable
from ltk8s.data.sources.layout import arrange
from ltk8s.errors import LtkError, UsageError, system_error, system_errors
from ltk8s.written import open_to_write

INSTEAD = "set TMPDIR to another disk"

TAR_SUFFIXES = (".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tar.xz")
BROKEN = (zipfile.BadZipFile, tarfile.TarError, zlib.error, lzma.LZMAError, EOFError, OSError)


class ZipSource:
    """A zip archive, read in place."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.title = f"archive {readable(path.name)}"

    def identity(self) -> str:
        with reading(self.path):
            return f"archive:{file_sha256(self.path)}"

    def listing(self) -> Listing:
        try:
            with reading(self.path), zipfile.ZipFile(self.path) as archive:
                members = {member.filename: member for member in archive.infolist()}
        except BROKEN as error:
            raise unreadable(self.path, error) from None
        refuse_unsafe(self.path, members)
        files = [name for name, member in members.items() if not member.is_dir()]
        items, ignored = arrange(files, parents(members), repr(self.path.name))
        locked = [item.name for item in items if members[item.name].flag_bits & 1]
        if locked:
            raise UsageError(f"{self.path.name!r} is encrypted: {listed(locked, 1)}.", "Give an archive without a password.")
        size = sum(members[item.name].file_size for item in items)
        return Listing(items, partial(read_member, self.path, self.path.stat().st_mtime_ns), size, ignored)


def read_member(path: Path, written: int, name: str) -> bytes:
    """One file of an archive that was ``written`` at that time."""
    return _open_zip(path, written).read(name)


@lru_cache(maxsize=2)
def _open_zip(path: Path, written: int) -> zipfile.ZipFile:
    """Kept open; another archive in its place is opened anew."""
    return zipfile.ZipFile(path)


class TarSource:
    """A tar archive. It can only be read in one go, so its images are put in a folder of numbered files first."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.title = f"archive {readable(path.name)}"

    def identity(self) -> str:
        with reading(self.path):
            return f"archive:{file_sha256(self.path)}"

    def listing(self) -> Listing:
        with system_errors("unpack the archive into", "a temporary folder", instead=INSTEAD, kind=UsageError):
            spool = Spool(Path(tempfile.mkdtemp(prefix="ltk8s-tar-")))
        weakref.finalize(spool, shutil.rmtree, spool.folder, ignore_errors=True)
        try:
            with reading(self.path):
                files, folders = self._unpack(spool)
        except BROKEN as error:
            raise unreadable(self.path, error) from None
        items, ignored = arrange(files, folders, repr(self.path.name))
        links = [item.name for item in items if item.name not in spool.places]
        if links:
            raise UsageError(
                f"{self.path.name!r} holds links in place of images: {listed(links)}.",
                "Pack it with `tar -h --hard-dereference`, which puts the files there.",
            )
        return Listing(items, spool, sum(spool.path(item.name).stat().st_size for item in items), ignored)

    def _unpack(self, spool: Spool) -> tuple[list[str], list[str]]:
        """Put the images into the spool; return the archive's files and folders. Of a name that comes twice the last counts."""
        names: dict[str, None] = {}
        with tarfile.open(self.path) as archive:
            for member in archive:
                name = member.name.removeprefix("./")
                names[f"{name}/" if member.isdir() else name] = None
                spool.drop(name)
                if member.isfile() and is_image(name) and not is_hidden(name):
                    with open_to_write(spool.create(name), spool.full) as file:
                        shutil.copyfileobj(cast("IO[bytes]", archive.extractfile(member)), file)
            if cast("IO[bytes]", archive.fileobj).tell() < archive.offset + tarfile.BLOCKSIZE:
                raise tarfile.ReadError("it has no end")
        refuse_unsafe(self.path, names)
        return [name for name in names if not name.endswith("/")], parents(names)


@dataclass
class Spool:
    """Images of an archive as numbered files. The folder goes when the spool does; copies in other processes leave it be."""

    folder: Path
    places: dict[str, str] = field(default_factory=dict)
    created: int = 0

    def create(self, name: str) -> Path:
        self.places[name] = f"{self.created:09d}"
        self.created += 1
        return self.path(name)

    def full(self, error: OSError) -> LtkError:
        """What to say where an image cannot be unpacked."""
        return system_error(error, "unpack the archive into", self.folder.parent, instead=INSTEAD, kind=UsageError)

    def drop(self, name: str) -> None:
        """Forget an image, where there is one of that name."""
        if name in self.places:
            self.path(name).unlink()
            del self.places[name]

    def path(self, name: str) -> Path:
        return self.folder / self.places[name]

    def __call__(self, name: str) -> bytes:
        return self.path(name).read_bytes()


def parents(names: Iterable[str]) -> list[str]:
    """Every folder that a member lies in or is; zip archives need not list them."""
    every = [*names]
    folders = {str(parent) for name in every for parent in PurePosixPath(name).parents}
    return sorted((folders | {name.rstrip("/") for name in every if name.endswith("/")}) - {".", ""})


def refuse_unsafe(path: Path, names: Iterable[str]) -> None:
    """Refuse an archive with a member that points outside of it: whoever made it had something else in mind than images."""
    outside = [name for name in names if name.startswith("/") or ".." in name.split("/")]
    if outside:
        raise UsageError(
            f"{path.name!r} has a path that leads outside of it: {listed(outside, 1)}.", "Do not use this archive."
        )


def reading(path: Path) -> AbstractContextManager[None]:
    """Where the system does not let an archive be read, say so: it is not the archive's fault."""
    return system_errors("read", path, instead="copy it to another place", kind=UsageError)


def unreadable(path: Path, error: Exception) -> UsageError:
    return UsageError(f"The archive {path.name!r} cannot be read: {error}.", "It may be cut off: fetch or make it anew.")
