"""Every error that ltk8s raises on purpose.

LtkError              one sentence of what is wrong, one of what to do
├── UsageError        the request cannot be understood or carried out as written   (exit 2)
├── TaskError         a task or its data is bad; trying again cannot help          (worker exit 65)
├── MembersError      a fusion's members are missing or bad                        (worker exit 66)
├── StoreError        the store cannot be reached, read or written                 (worker exit 1: infrastructure)
│   ├── NotFound      no object under that key
│   ├── StoreAway     it does not answer now
│   └── Corrupt       an object is not what its commit says it is
└── ClusterError      the cluster refused or cannot be reached                     (exit 1)
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class LtkError(Exception):
    """Base of all deliberate errors: ``what`` is wrong and what to ``do`` about it, a sentence each."""

    exit_code = 1

    def __init__(self, what: str, do: str = "") -> None:
        super().__init__(what if not do else f"{what} {do}")
        self.what = what
        self.do = do


class UsageError(LtkError):
    """Raised before anything is created, when what was asked for is not possible as written."""

    exit_code = 2


class TaskError(LtkError):
    """Raised inside a worker when the task or its data is bad, so that no retry can help."""

    exit_code = 65


class MembersError(LtkError):
    """Raised by a fusion whose members are missing or fail verification."""

    exit_code = 66


class StoreError(LtkError):
    """Raised when the store cannot be reached, read or written after all retries."""


class StoreAway(StoreError):
    """Raised when the store does not answer after all retries, or nothing serves its address now: it may be back later."""


class NotFound(StoreError):
    """Raised when there is no object under a key."""

    def __init__(self, key: str, url: str = "") -> None:
        super().__init__(f"There is no object {key!r} in the store{' ' + url if url else ''}.")
        self.key = key


class Corrupt(StoreError):
    """Raised when an object's bytes do not match the size or SHA-256 that its commit names."""

    def __init__(self, key: str, why: str) -> None:
        super().__init__(f"The object {key!r} is corrupt: {why}.", "Submit again to have it made anew.")
        self.key = key


class ClusterError(LtkError):
    """Raised when the cluster cannot be reached or refuses a request."""


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Return ``" Did you mean 'x'?"`` for the nearest of ``known``, or an empty string where none is near.

    >>> did_you_mean("stack-w", ["baseline", "stack-wl"])
    " Did you mean 'stack-wl'?"
    """
    near = difflib.get_close_matches(word, list(known), n=1, cutoff=0.6)
    return f" Did you mean {near[0]!r}?" if near else ""
