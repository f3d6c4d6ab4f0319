"""Image folders in a zip or tar archive. No path inside an archive ever becomes a path on this machine."""

from __future__ import annotations

import lzma
import shutil
import stat
import tarfile
import tempfile
import weakref
import zipfile
import zlib
from collections import Counter
from collections.abc import Iterable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from functools import lru_cache, partial
from pathlib import Path
from typing import IO, cast

from ltk8s.data.shards import file_sha256
from ltk8s.data.sources.base import Listing, listed, readable, refuse_large
from ltk8s.data.sources.kinds import LINKS, REPLACED, SPECIAL, is_image, nobodys
from ltk8s.data.sources.layout import arrange
from ltk8s.data.sources.members import (
    cleaned,
    is_piece,
    is_text,
    not_in,
    parents,
    refuse_links_to_folders,
    refuse_unknown_code_page,
    refuse_unsafe,
    zip_name,
)
from ltk8s.errors import LtkError, UsageError, system_error, system_errors
from ltk8s.written import open_to_write

INSTEAD = "set TMPDIR to another disk"

TAR_SUFFIXES = (".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tbz2", ".tbz", ".tar.xz", ".txz")
METHODS = {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA}
OTHER_METHODS = {1: "Shrink", 6: "Implode", 9: "Deflate64", 93: "Zstandard", 95: "XZ", 96: "JPEG", 98: "PPMd"}
LONGEST_PATH = 4096
FILE = "file"
BROKEN = (zipfile.BadZipFile, tarfile.TarError, zlib.error, lzma.LZMAError, EOFError, ValueError, OSError)


class ZipSource:
    """A zip archive, read in place. ``encoding`` is the code page of names that are not marked as UTF-8."""

    def __init__(self, path: Path, encoding: str | None = None) -> None:
        self.path = path
        self.encoding = encoding
        self.title = f"archive {readable(path.name)}"

    def identity(self) -> str:
        return archive_identity(self.path, self.encoding)

    def listing(self) -> Listing:
        with reading(self.path):
            piece = is_piece(self.path)
        if piece:
            raise UsageError(f"{self.path.name!r} is a piece of a split archive.", "Unpack it and give the folder.")
        try:
            with reading(self.path), zipfile.ZipFile(self.path) as archive:
                every = archive.infolist()
                members = zip_members(every, self.encoding)
                links = {
                    name: archive.read(member).decode("utf-8", "surrogateescape")
                    for name, member in members.items()
                    if is_link(member) and not is_image(name) and not member.flag_bits & 1 and member.file_size < LONGEST_PATH
                }
        except UnicodeDecodeError as error:
            raise UsageError(
                f"{self.path.name!r} has a name that is marked as UTF-8 and is not: {error.object!r}.",
                "Pack it anew with another program.",
            ) from None
        except (*BROKEN, NotImplementedError) as error:
            raise unreadable(self.path, error) from None
        folders = parents(members)
        refuse_unsafe(self.path, members)
        refuse_unknown_code_page(self.path, members)
        refuse_links_to_folders(self.path, links, folders)
        files = [name for name in members if not name.endswith("/")]
        items, left_out = arrange([name for name in files if name not in links], folders, repr(self.path.name))
        self._refuse_unreadable({item.name: members[item.name] for item in items})
        left_out.update(nobodys(name) or LINKS for name in links)
        left_out[REPLACED] += sum(not zip_name(member, self.encoding).endswith("/") for member in every) - len(files)
        read = partial(read_member, self.path, self.path.stat().st_mtime_ns, self.encoding)
        return Listing(items, read, sum(members[item.name].file_size for item in items), +left_out)

    def _refuse_unreadable(self, images: Mapping[str, zipfile.ZipInfo]) -> None:
        """Refuse an archive of which images cannot be unpacked here, before any is tried."""
        name = repr(self.path.name)
        if locked := [image for image, member in images.items() if member.flag_bits & 1]:
            raise UsageError(f"{name} is encrypted: {listed(locked, 1)}.", "Give an archive without a password.")
        if links := [image for image, member in images.items() if is_link(member)]:
            raise UsageError(
                f"{name} holds links in place of images: {listed(links)}.",
                "Pack it with `zip -r`, without -y, which puts the files there.",
                every=links,
            )
        refuse_large({image: member.file_size for image, member in images.items()}, name)
        if other := [image for image, member in images.items() if member.compress_type not in METHODS]:
            method = OTHER_METHODS.get(images[other[0]].compress_type, "an unknown method")
            raise UsageError(
                f"{len(other):,} images in {name} are packed by {method}, which is not read here: {listed(other, 1)}.",
                "Pack it anew with the method Deflate, or unpack it and give the folder.",
            )


def zip_members(every: Iterable[zipfile.ZipInfo], encoding: str | None) -> dict[str, zipfile.ZipInfo]:
    """Members by their path. Of a path that comes twice the last counts, as where an archive was added to."""
    return {name: member for member in every if (name := cleaned(zip_name(member, encoding)))}


def is_link(member: zipfile.ZipInfo) -> bool:
    return stat.S_ISLNK(member.external_attr >> 16)


def read_member(path: Path, written: int, encoding: str | None, name: str) -> bytes:
    """One file of an archive that was ``written`` at that time."""
    archive, members = _open_zip(path, written, encoding)
    return archive.read(members[name])


@lru_cache(maxsize=2)
def _open_zip(path: Path, written: int, encoding: str | None) -> tuple[zipfile.ZipFile, dict[str, zipfile.ZipInfo]]:
    """Kept open; another archive in its place is opened anew."""
    archive = zipfile.ZipFile(path)
    return archive, zip_members(archive.infolist(), encoding)


class TarSource:
    """A tar archive. It can only be read in one go, so its images are put in a folder of numbered files first.

    ``encoding`` is the code page of names that are not marked as UTF-8.
    """

    def __init__(self, path: Path, encoding: str | None = None) -> None:
        self.path = path
        self.encoding = encoding
        self.title = f"archive {readable(path.name)}"

    def identity(self) -> str:
        return archive_identity(self.path, self.encoding)

    def listing(self) -> Listing:
        with system_errors("unpack the archive into", "a temporary folder", instead=INSTEAD, kind=UsageError):
            spool = Spool(Path(tempfile.mkdtemp(prefix="ltk8s-tar-")))
        weakref.finalize(spool, shutil.rmtree, spool.folder, ignore_errors=True)
        try:
            with reading(self.path):
                files, folders, left_out = self._unpack(spool)
        except BROKEN as error:
            raise unreadable(self.path, error) from None
        items, others = arrange(files, folders, repr(self.path.name))
        links = [item.name for item in items if item.name not in spool.places]
        if links:
            raise UsageError(
                f"{self.path.name!r} holds links in place of images: {listed(links)}.",
                "Pack it with `tar -h --hard-dereference`, which puts the files there.",
                every=links,
            )
        return Listing(items, spool, sum(spool.path(item.name).stat().st_size for item in items), left_out + others)

    def _unpack(self, spool: Spool) -> tuple[list[str], list[str], Counter[str]]:
        """Put the images into the spool; return the archive's files, its folders, and what is neither, counted by kind.

        Of a name that comes twice the last counts.
        """
        names: dict[str, str] = {}
        links: dict[str, str] = {}
        left_out: Counter[str] = Counter()
        with tarfile.open(self.path, encoding=self.encoding or "utf-8") as archive:
            for member in archive:
                if not (name := self._name(member)):
                    continue
                left_out[REPLACED] += name in names and not member.isdir()
                names[name] = FILE if member.isfile() or member.isdir() else LINKS if is_tar_link(member) else SPECIAL
                links[name] = member.linkname
                spool.drop(name)
                if member.isfile() and is_image(name) and not nobodys(name):
                    refuse_large({name: member.size}, repr(self.path.name))
                    with open_to_write(spool.create(name), spool.full) as file:
                        shutil.copyfileobj(cast("IO[bytes]", archive.extractfile(member)), file)
            if cast("IO[bytes]", archive.fileobj).tell() < archive.offset + tarfile.BLOCKSIZE:
                raise tarfile.ReadError("it has no end")
        refuse_unsafe(self.path, names)
        refuse_unknown_code_page(self.path, names)
        folders = parents(names)
        refuse_links_to_folders(self.path, {name: to for name, to in links.items() if names[name] == LINKS}, folders)
        others = {name for name, kind in names.items() if kind == SPECIAL or (kind == LINKS and not is_image(name))}
        left_out.update(nobodys(name) or names[name] for name in others)
        return [name for name in names if not name.endswith("/") and name not in others], folders, +left_out

    def _name(self, member: tarfile.TarInfo) -> str:
        name = cleaned(f"{member.name}/" if member.isdir() else member.name)
        if self.encoding and not is_text(name):
            raise not_in(self.encoding, member.name)
        return name


def is_tar_link(member: tarfile.TarInfo) -> bool:
    return member.issym() or member.islnk()


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


def archive_identity(path: Path, encoding: str | None) -> str:
    """Over the content; the code page decides what the classes are called."""
    with reading(path):
        return f"archive:{file_sha256(path)}{f':{encoding}' if encoding else ''}"


def reading(path: Path) -> AbstractContextManager[None]:
    """Where the system does not let an archive be read, say so: it is not the archive's fault."""
    return system_errors("read", path, instead="copy it to another place", kind=UsageError)


def unreadable(path: Path, error: Exception) -> UsageError:
    why = str(error).partition("\n")[0].rstrip(":")
    return UsageError(f"The archive {path.name!r} cannot be read: {why}.", "It may be cut off: fetch or make it anew.")
