"""How moments, lists and other people's messages become part of a sentence."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

Object = dict[str, Any]
"""Any object of the API, as JSON values."""


@dataclass(frozen=True)
class Trouble:
    """What is wrong and, where something can be done, what: two halves of one sentence."""

    what: str
    do: str = ""

    def __str__(self) -> str:
        return f"{self.what}; {self.do}" if self.do else self.what


def seconds_since(moment: str | None, now: datetime) -> float:
    """How long ago a timestamp of the API was; 0 where there is none."""
    return max((now - datetime.fromisoformat(moment)).total_seconds(), 0) if moment else 0


def lasting(seconds: float) -> str:
    """
    >>> lasting(40), lasting(150), lasting(7300), lasting(200_000)
    ('40 s', '2 min', '2 h', '2 days')
    """
    for unit, size in (("days", 86400), ("h", 3600), ("min", 60)):
        if seconds >= (2 if unit == "days" else 1) * size:
            return f"{seconds // size:.0f} {unit}"
    return f"{seconds:.0f} s"


def listed(words: Sequence[str]) -> str:
    """
    >>> listed(["a"]), listed(["a", "b", "c"])
    ('a', 'a, b and c')
    """
    return " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)


def tidy(message: str) -> str:
    """A message as part of a sentence: on one line, without its end.

    >>> tidy("Too bad.\\n")
    'Too bad'
    """
    return " ".join(message.split()).rstrip(".")


def condition(object: Object, type: str) -> Object:
    """The condition of that type, whatever its status; empty where there is none."""
    conditions = (object.get("status") or {}).get("conditions") or []
    return next((each for each in conditions if each["type"] == type), {})


def is_true(object: Object, type: str) -> bool:
    return condition(object, type).get("status") == "True"
