"""What a check of doctor finds."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal


@dataclass(frozen=True)
class Finding:
    """What one check found, and what to ``do`` where it isn't well. A ``note`` stops nothing."""

    outcome: Literal["ok", "note", "failed"]
    what: str
    do: str = ""
    check: str = ""

    def named(self, check: str) -> Finding:
        return replace(self, check=check)


def ok(what: str) -> Finding:
    return Finding("ok", what)


def note(what: str, do: str) -> Finding:
    return Finding("note", what, do)


def failed(what: str, do: str) -> Finding:
    return Finding("failed", what, do)
