"""Zip archives as programs of the last thirty years write them."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib

from hypothesis import strategies as st

from tests.data.fuzz.names import is_hidden
from tests.data.fuzz.packed import Draw, Members, Packed, apply, damage, members
from tests.data.fuzz.person import SOURCE, Tree
from tests.data.fuzz.trees import trees

UTF_8 = 0x800
ENCRYPTED = 0x1
COMPRESSIONS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA)
ENCODINGS = ("utf-8", "utf-8", "utf-8 unsaid", "utf-8 unsaid", "extra field", "old extra field", "cp437", "cp932", "gbk")
"""How names are written: in UTF-8 with the flag that says so or without, in a field of their own, in a country's code page."""


class _Member(zipfile.ZipInfo):
    """A member whose name is the bytes that it is given, with flags to match."""

    __slots__ = ("flags", "written")

    def __init__(self, number: int, written: bytes, flags: int, extra: bytes = b"") -> None:
        super().__init__(f"{number}/" if written.endswith(b"/") else str(number))
        self.written = written
        self.flags = flags
        self.extra = extra

    def _encodeFilenameFlags(self) -> tuple[bytes, int]:  # noqa: N802
        return self.written, self.flag_bits & ~UTF_8 | self.flags


@st.composite
def zips(draw: Draw) -> Packed:
    """A zip archive, and what a person sees who unpacks it."""
    tree = draw(trees(links=False))
    every = members(draw, tree)
    how = [apply(draw, tree, every)]
    encoding = draw(st.sampled_from(ENCODINGS))
    if not all(_writable(name, encoding) for name, _ in every):
        encoding = "utf-8 unsaid"
    how.append(encoding)
    backslashes = draw(st.integers(0, 9)) == 9 and not any("\\" in name for name, _ in every)
    if backslashes:
        how.append("backslashes")
        tree.doubts.append("backslash")
    locked = draw(st.sampled_from(tree.shown or [""])) if draw(st.integers(0, 9)) == 9 else ""
    if locked:
        how.append(f"encrypted {locked!a}")
        tree.faults.append((locked.split("/")[-1],))
    huge = draw(st.sampled_from(tree.shown or [""])) if draw(st.integers(0, 9)) == 9 else ""
    if huge:
        how.append(f"claims gigabytes {huge!a}")
        tree.faults.append((huge.split("/")[-1],))
    _judge(tree, encoding)
    content = _pack(draw, every, encoding, backslashes, locked, huge)
    return Packed(tree, draw(st.sampled_from((".zip", ".zip", ".ZIP"))), damage(draw, tree, content), " ".join(how))


def _pack(draw: Draw, every: Members, encoding: str, backslashes: bool, locked: str, huge: str) -> bytes:
    compression = draw(st.sampled_from(COMPRESSIONS))
    large = draw(st.booleans())
    file = io.BytesIO()
    file.write(draw(st.sampled_from((b"", b"", b"#!/bin/sh\nexit\n", b"MZ" + bytes(200)))))
    with zipfile.ZipFile(file, "a", compression) as archive:
        for number, (name, entry) in enumerate(every):
            path = name if entry is not None else f"{name}/"
            path = path.replace("/", "\\") if backslashes and entry is not None else path
            member = _member(number, path, encoding, ENCRYPTED if locked and name.removeprefix("./") == locked else 0)
            member.compress_type = compression if entry is not None else zipfile.ZIP_STORED
            member.create_system = 0 if backslashes else 3
            with archive.open(member, "w", force_zip64=large) as place:
                place.write(entry if isinstance(entry, bytes) else b"")
            if huge and name.removeprefix("./") == huge:
                member.file_size = 3 << 30
        archive.comment = draw(st.sampled_from((b"", b"", b"made by hand")))
    return file.getvalue()


def _member(number: int, name: str, encoding: str, flags: int) -> _Member:
    utf_8 = name.encode("utf-8", "surrogateescape")
    if encoding == "utf-8":
        return _Member(number, utf_8, flags | UTF_8)
    if encoding == "utf-8 unsaid":
        return _Member(number, utf_8, flags)
    if "extra" in encoding:
        plain = name.encode("ascii", "replace")
        checked = plain if encoding == "extra field" else b"what it was called before"
        field = struct.pack("<BL", 1, zlib.crc32(checked)) + utf_8
        return _Member(number, plain, flags, struct.pack("<HH", 0x7075, len(field)) + field)
    return _Member(number, name.encode(encoding), flags)


def _writable(name: str, encoding: str) -> bool:
    """Whether a program could have written a name so, and nobody can take it for UTF-8."""
    if encoding == "utf-8 unsaid":
        return True
    try:
        name.encode("utf-8")
        written = name.encode(encoding.split()[-1] if "field" not in encoding else "utf-8")
    except UnicodeEncodeError:
        return False
    if encoding == "old extra field":
        return name.isascii()
    if encoding in {"utf-8", "extra field"} or name.isascii():
        return "\0" not in name
    try:
        written.decode("utf-8")
    except UnicodeDecodeError:
        return True
    return False


def _judge(tree: Tree, encoding: str) -> None:
    """In which code page a name is, nobody can know: of a class, that is refused."""
    if encoding in {"cp437", "cp932", "gbk"}:
        if any(not name.isascii() and not is_hidden(name) for _, name in tree.folders):
            tree.faults.append((SOURCE,))
        if not all(path.isascii() for path in tree.entries):
            tree.doubts.append(SOURCE)
