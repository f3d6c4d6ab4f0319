"""Text that people's data bring, made safe to show: a name may hold anything, also what its reader takes for a command.

One function for each kind of reader: a terminal (``printable``), Markdown, and programs that read CSV. HTML is escaped by
jinja2, LaTeX by ltk8s/report/latex_text.py.
"""

from __future__ import annotations

import re
from typing import Any

UNPRINTABLE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")
"""Control characters but the tab and the end of a line, and those that turn round the direction of what follows."""

FORMULAS = tuple("=+-@\t\r\n＝＋－＠")
"""What a spreadsheet takes for the beginning of a formula (OWASP, CSV injection)."""


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


def markdown(text: str) -> str:
    """Text as Markdown shows it, on one line: what would be markup is escaped, and nothing else.

    >>> print(markdown("*bold* <unk> a_b [x](javascript:y)"), markdown("p < .05 [1, 2]"))
    \\*bold\\* \\<unk> a_b \\[x](javascript:y) p < .05 [1, 2]
    """
    text = re.sub(r"[\\`]", r"\\\g<0>", one_line(text))
    text = re.sub(r"\*(?=\S)|(?<=\S)\*", r"\*", text)
    text = re.sub(r"(?<![^\W_])_|_(?![^\W_])", r"\_", text)
    text = re.sub(r"<(?=[\w/!?])", r"\<", text)
    text = re.sub(r"&(?=#?\w+;)", r"\&", text)
    for mark, pair in (("[", r"\]\s*[\[(:]"), ("~", "~.*~"), ("$", r"\$.*\$")):
        if re.search(pair, text):
            text = text.replace(mark, f"\\{mark}")
    return re.sub(r"^(\d+)(?=[.)](\s|$))", r"\1\\", re.sub(r"^(?=[#>+=-]|\|)", r"\\", text))


def spreadsheet(value: Any) -> Any:
    """A value of a CSV file that a spreadsheet may open: text that would be a formula gets an apostrophe before it.

    >>> spreadsheet("=1+1"), spreadsheet("-0.5"), spreadsheet(-0.5), spreadsheet("a=b")
    ("'=1+1", '-0.5', -0.5, 'a=b')
    """
    if isinstance(value, str) and value.startswith(FORMULAS) and not _is_number(value):
        return f"'{value}"
    return value


def _is_number(text: str) -> bool:
    return re.fullmatch(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", text) is not None


def _picture(found: re.Match[str]) -> str:
    code = ord(found[0])
    return chr(0x2400 + code) if code < 0x20 else "\u2421" if code == 0x7F else "\ufffd"
