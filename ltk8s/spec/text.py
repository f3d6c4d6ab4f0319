"""The text of a file that a person wrote, in whichever Unicode encoding an editor saved it."""

from __future__ import annotations

import codecs
from pathlib import Path

from ltk8s.errors import UsageError, system_errors

MARKS = {codecs.BOM_UTF8: "utf-8", codecs.BOM_UTF16_LE: "utf-16-le", codecs.BOM_UTF16_BE: "utf-16-be"}
"""The byte order mark that begins a file, and the encoding that it stands for. Without one it is UTF-8."""


class NotText(ValueError):
    """Raised when bytes are not text: its message says in which line, and quotes nothing of them but one byte."""


def read_text(path: Path, *, most: int) -> str:
    """Return a file's text, without a byte order mark; its line ends stay as they are.

    Args:
        most: how many bytes the file may have.

    Raises:
        UsageError: if the file cannot be read or has more bytes.
        NotText: if it is neither UTF-8 nor UTF-16 with a byte order mark.
    """
    with system_errors("read", path, instead="give another file", kind=UsageError), path.open("rb") as file:
        data = file.read(most + 1)
    if len(data) > most:
        raise UsageError(f"{path} is larger than {most >> 20} MiB.", "Check that it is the file that you mean.")
    return decode(data)


def decode(data: bytes) -> str:
    """Return the text that ``data`` is.

    Raises:
        NotText: if it is neither UTF-8 nor UTF-16 with a byte order mark.

    >>> decode("größe".encode()), decode("größe".encode("utf-16"))
    ('größe', 'größe')
    >>> decode(b"a\\ngr\\xf6\\xdfe")
    Traceback (most recent call last):
    ltk8s.spec.text.NotText: line 2 has the byte 0xf6, which is not UTF-8
    """
    mark = next((mark for mark in MARKS if data.startswith(mark)), b"")
    encoding = MARKS.get(mark, "utf-8")
    body = data[len(mark) :]
    try:
        return body.decode(encoding)
    except UnicodeDecodeError as error:
        before = body[: error.start].decode(encoding, "replace")
        line = len(before.replace("\r\n", "\n").replace("\r", "\n").split("\n"))
        name = encoding[:6].rstrip("-").upper()
        raise NotText(f"line {line} has the byte 0x{body[error.start]:02x}, which is not {name}") from None
