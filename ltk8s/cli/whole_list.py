"""The rest of a list of which an error names only the first: under --json in the document, otherwise in a file."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Sequence
from contextlib import suppress

from ltk8s.errors import LtkError


def rest_of(error: LtkError) -> str:
    """Write the whole list of an error to a file, unless its sentence names all of it; return a sentence that says where.

    >>> rest_of(LtkError("There is no a, b.", every=["a", "b"]))
    ''
    """
    every = _shown(error.every)
    if all(each in error.what for each in every):
        return ""
    file = _written(every)
    return f"All {len(every):,} are in {file}, and under --json." if file else f"--json prints all {len(every):,}."


def _written(lines: Sequence[str]) -> str:
    """Write lines to a file and return its name; ``""`` where there is no room for one."""
    file = ""
    try:
        handle, file = tempfile.mkstemp(prefix="ltk8s-", suffix=".txt")
        with os.fdopen(handle, "w", encoding="utf-8") as opened:
            opened.writelines(f"{line}\n" for line in lines)
    except OSError:
        with suppress(OSError):
            os.unlink(file)
        return ""
    return file


def as_document(error: LtkError) -> dict[str, object]:
    """The error for ``--json``."""
    return {"error": error.what, "do": error.do, "every": _shown(error.every)}


def _shown(names: Sequence[str]) -> list[str]:
    """Names as errors write them."""
    from ltk8s.data.sources.base import listed

    return [listed([name]) for name in names]
