"""What the members of an archive are called: their bytes as text, and their paths as a folder would have them."""

from __future__ import annotations

import posixpath
import re
import struct
import unicodedata
import zipfile
import zlib
from collections.abc import Iterable, Mapping
from pathlib import Path, PurePosixPath

from ltk8s.data.sources.base import listed
from ltk8s.data.sources.kinds import is_image, nobodys
from ltk8s.errors import UsageError

UTF_8_FLAG = 0x800
UNICODE_PATH = 0x7075
"""The extra field in which Info-ZIP keeps a name in UTF-8, beside one in a code page."""

ZIP_END = 22 + 0xFFFF
"""Bytes that a zip archive's last record takes, at most."""

FROM_WINDOWS = {0, 10}
"""Systems (FAT and NTFS, as a zip's member names them) whose file names cannot hold a backslash."""

SEPARATOR = r"(?<![\udc80-\udcff])\\"
"""A backslash, unless the byte before it is of an unknown code page: in several it is the second half of a letter there."""

USUAL = ("cp932", "gbk", "big5", "cp949", "cp437", "cp1252", "cp866")
"""Code pages that zip programs wrote names in."""


def check_encoding(name: str) -> str:
    """Return the name of a code page as it was given.

    Raises:
        UsageError: if it is not known, or does not write ASCII as it is, which archives rely on.
    """
    ascii_bytes = bytes(range(32, 127))
    try:
        if ascii_bytes.decode(name) == ascii_bytes.decode("ascii"):
            return name
    except (LookupError, ValueError):
        pass
    raise UsageError(f"--encoding {name!r} is not a code page that is known here.", f"Give one such as {', '.join(USUAL)}.")


def zip_name(member: zipfile.ZipInfo, encoding: str | None) -> str:
    """A zip member's path, with ``/`` between folders.

    A name without a mark is in the code page of whoever packed it, which is nearly always UTF-8 now. As in a folder's names,
    bytes that are not UTF-8 become surrogates (``surrogateescape``), unless ``encoding`` names their code page.

    Raises:
        UsageError: if a name is not in that code page.
    """
    name = member.orig_filename
    if not member.flag_bits & UTF_8_FLAG:
        raw = name.encode("cp437")  # what zipfile took it for; each byte has a character there
        name = _unicode_path(member.extra, raw) or _decoded(raw, encoding)
    name = name.split("\0")[0]
    return re.sub(SEPARATOR, "/", name) if member.create_system in FROM_WINDOWS else name


def _unicode_path(extra: bytes, raw: bytes) -> str | None:
    """The name in UTF-8 that an extra field has, if it was made for this name."""
    while len(extra) >= 4:
        kind, size = struct.unpack("<HH", extra[:4])
        content, extra = extra[4 : 4 + size], extra[4 + size :]
        if kind == UNICODE_PATH and len(content) > 5 and content[0] == 1:
            (checksum,) = struct.unpack("<L", content[1:5])
            return content[5:].decode("utf-8", "surrogateescape") if checksum == zlib.crc32(raw) else None
    return None


def _decoded(raw: bytes, encoding: str | None) -> str:
    if encoding is None:
        return raw.decode("utf-8", "surrogateescape")
    name = raw.decode(encoding, "surrogateescape")
    if not is_text(name):
        raise not_in(encoding, name)
    return name


def is_text(name: str) -> bool:
    """Whether a name was written in the code page that it was read in: no character stands for a byte or for nothing."""
    return not any(unicodedata.category(character) in {"Cc", "Cn", "Co", "Cs"} for character in name)


def not_in(encoding: str, name: str) -> UsageError:
    return UsageError(
        f"The archive has a name that is not in {encoding}: {listed([name])}.", "Give --encoding another code page."
    )


def cleaned(name: str) -> str:
    """A member's path without ``.`` and empty parts. A folder's ends in ``/``, an absolute one begins with it.

    >>> cleaned("./set//cat/./1.png"), cleaned("set/cat/"), cleaned("/etc/cat")
    ('set/cat/1.png', 'set/cat/', '/etc/cat')
    """
    path = "/".join(part for part in name.split("/") if part not in ("", "."))
    start, end = ("/" if name.startswith("/") else ""), ("/" if name.endswith("/") and path else "")
    return f"{start}{path}{end}"


def parents(names: Iterable[str]) -> list[str]:
    """Every folder that a member lies in or is; zip archives need not list them."""
    every = [*names]
    folders = {str(parent) for name in every for parent in PurePosixPath(name).parents}
    return sorted((folders | {name.rstrip("/") for name in every if name.endswith("/")}) - {".", ""})


def refuse_unsafe(path: Path, names: Iterable[str]) -> None:
    """Refuse an archive with a member that points outside of it: whoever made it had something else in mind than images."""
    outside = [name for name in names if re.match(r"/|[A-Za-z]:[/\\]", name) or ".." in name.split("/")]
    if outside:
        raise UsageError(
            f"{path.name!r} has a path that leads outside of it: {listed(outside, 1)}.", "Do not use this archive."
        )


def refuse_links_to_folders(path: Path, links: Mapping[str, str], folders: Iterable[str]) -> None:
    """Refuse an archive with a link in place of a folder that it holds: a folder like it would have images there.

    Args:
        links: the target of each, as the archive has it.
    """
    known = set(folders)
    ways = [
        name
        for name, target in links.items()
        if target and posixpath.normpath(posixpath.join(posixpath.dirname(name), target)) in known and not nobodys(name)
    ]
    if ways:
        raise UsageError(
            f"{path.name!r} holds links in place of folders: {listed(f'{name} → {links[name]}' for name in ways)}.",
            "Take them out, or put copies of the folders there.",
        )


def is_piece(path: Path) -> bool:
    """Whether a zip archive is the last piece of one that was split: its end counts the pieces before it."""
    with path.open("rb") as file:
        file.seek(-min(path.stat().st_size, ZIP_END), 2)
        end = file.read()
    place = end.rfind(b"PK\5\6")
    return place >= 0 and end[place + 4 : place + 6] not in {b"", b"\0\0", b"\xff\xff"}


def refuse_unknown_code_page(path: Path, names: Iterable[str]) -> None:
    """Refuse an archive whose folders would be called by wrong characters: some names are not UTF-8, so none need be.

    Raises:
        UsageError: with what a name would read in usual code pages.
    """
    every = [*names]
    odd = [name for name in every if not is_utf_8(name)]
    images = [name for name in every if is_image(name) and not nobodys(name)]
    folders = [folder for name in images if not (folder := _folder(name)).isascii()]
    if not odd or not folders:
        return
    name = next((folder for folder in folders if not is_utf_8(folder)), odd[0])
    part = next(part for part in name.split("/") if not is_utf_8(part))
    raise UsageError(
        f"The names in {path.name!r} are in a code page that the archive does not name: {listed([part])} is "
        f"{_readings(part.encode('utf-8', 'surrogateescape'))}.",
        "Give the right one as --encoding, or pack it anew with names in UTF-8.",
    )


def _folder(name: str) -> str:
    return re.sub(r"[/\\]?[^/\\]*$", "", name)


def is_utf_8(name: str) -> bool:
    return not any("\udc80" <= character <= "\udcff" for character in name)


def _readings(raw: bytes) -> str:
    """What bytes read in the usual code pages: ``'橋' in cp932 or '嫶' in gbk``."""
    found = []
    for encoding in USUAL:
        try:
            text = raw.decode(encoding)
        except UnicodeDecodeError:
            continue
        if is_text(text):
            found.append(f"{text!r} in {encoding}")
    return " or ".join(found) or "in none of the usual ones"
