"""Text that people's data bring, made safe to show: a name may hold anything, also what a terminal takes for a command."""

from __future__ import annotations

import re

UNPRINTABLE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")
"""Control characters but the tab and the end of a line, and those that turn round the direction of what follows."""


def printable(text: str) -> str:
    """Replace each character that would act instead of being shown: control characters by their pictures.

    >>> printable("red \\x1b[31m alert\\x07")
    'red ␛[31m alert␇'
    """
    return UNPRINTABLE.sub(_picture, text)


def one_line(text: str) -> str:
    """The same on one line, each run of blanks a single one.

    >>> one_line("a\\n b\\x00")
    'a b␀'
    """
    return printable(" ".join(text.split()))


def _picture(found: re.Match[str]) -> str:
    code = ord(found[0])
    return chr(0x2400 + code) if code < 0x20 else "\u2421" if code == 0x7F else "\ufffd"
