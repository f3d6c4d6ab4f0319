"""Every error that ltk8s raises on purpose.

LtkError              one sentence of what is wrong, one of what to do
├── UsageError        the request cannot be understood or carried out as written   (exit 2)
├── TaskError         a task or its data is bad; trying again cannot help          (worker exit 65)
├── MembersError      a fusion's members are missing or bad                        (worker exit 66)
├── StoreError        the store cannot be reached, read or written                 (worker exit 1: infrastructure)
│   ├── NotFound      no object under that key
│   ├── StoreAway     it does not answer now
│   ├── StoreFull     it has no room
│   ├── NoCredential  there is no credential to open it with
│   └── Corrupt       an object is not what its commit says it is
└── ClusterError      the cluster refused or cannot be reached                     (exit 1)
"""

from __future__ import annotations

import difflib
import errno
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path


class LtkError(Exception):
    """Base of all deliberate errors: ``what`` is wrong and what to ``do`` about it; ``every`` lists all of it."""

    exit_code = 1

    def __init__(self, what: str, do: str = "", *, every: Iterable[str] = ()) -> None:
        super().__init__(what if not do else f"{what} {do}")
        self.what = what
        self.do = do
        self.every = tuple(every)


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


class CredentialRefused(StoreError):
    """Raised when the store does not accept the credential: it knows no such name, or another secret for it."""


class NoCredential(StoreError):
    """Raised when the credential with which the store is to be opened is not there."""


class StoreFull(StoreError):
    """Raised when the store has no room for what is to be written."""


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


NO_ROOM = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
NO_RIGHT = {errno.EACCES, errno.EPERM}
TOO_MANY_FILES = {errno.EMFILE, errno.ENFILE}


def reason(error: OSError) -> str:
    """The operating system's words for an error, in lower case.

    >>> reason(OSError(errno.EACCES, "Permission denied"))
    'permission denied'
    """
    return (error.strerror or str(error) or type(error).__name__).lower()


def system_error(
    error: OSError, doing: str, place: str | Path, *, instead: str = "choose another place", kind: type[LtkError] = LtkError
) -> LtkError:
    """Turn an error of the operating system into a sentence of what is wrong and one of what to do.

    Args:
        doing: what could not be done, as a verb that ``place`` follows: ``"read"``, ``"write"``, ``"unpack the archive into"``.
        place: the file or folder.
        instead: what to do where the place itself cannot be made to serve, as in ``"set TMPDIR to a larger disk"``.
        kind: the error's class.

    >>> system_error(OSError(errno.ENOSPC, "No space left on device"), "write", "/data/x", instead="choose another folder")
    LtkError('Cannot write /data/x: no space left on device. Make room there, or choose another folder.')
    """
    return kind(f"Cannot {doing} {place}: {reason(error)}.", f"{_remedy(error.errno, instead)}.")


def _remedy(number: int | None, instead: str) -> str:
    if number in NO_ROOM:
        return f"Make room there, or {instead}"
    if number in NO_RIGHT:
        return f"Give this user the right to it, or {instead}"
    if number == errno.EROFS:
        return f"It is mounted read-only: mount it for writing, or {instead}"
    if number == errno.ENAMETOOLONG:
        return "Use a shorter name"
    if number in {errno.ENOENT, errno.ENOTDIR, errno.EISDIR, errno.EEXIST, errno.ELOOP}:
        return "Check the path"
    if number in TOO_MANY_FILES:
        return "Raise the limit of open files (`ulimit -n`)"
    if number == errno.ENOMEM:
        return "Free some memory"
    return f"Check that its disk is mounted and sound, or {instead}"


@contextmanager
def system_errors(
    doing: str, place: str | Path, *, instead: str = "choose another place", kind: type[LtkError] = LtkError
) -> Iterator[None]:
    """Raise what ``system_error`` makes of any error of the operating system in the block.

    What is an OSError in Python without being the system's (a download's connection raises one too) passes through.

    >>> with system_errors("read", "/dev/null/x", kind=UsageError):
    ...     open("/dev/null/x")
    Traceback (most recent call last):
    ltk8s.errors.UsageError: Cannot read /dev/null/x: not a directory. Check the path.
    """
    try:
        yield
    except OSError as error:
        if error.errno is None:
            raise
        raise system_error(error, doing, place, instead=instead, kind=kind) from error


def shortened(text: str, width: int) -> str:
    """Return a text of other people's on one line of at most ``width`` characters, cut after a word.

    >>> shortened("try   again later", 12), shortened("try again", 12), shortened("abcdefghijklmn", 12)
    ('try again …', 'try again', 'abcdefghij …')
    """
    line = " ".join(text.split())
    if len(line) <= width:
        return line
    return f"{line[: width - 1].rpartition(' ')[0] or line[: width - 2]} …"


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Return ``" Did you mean 'x'?"`` for the nearest of ``known``, or an empty string where none is near.

    >>> did_you_mean("stack-w", ["baseline", "stack-wl"])
    " Did you mean 'stack-wl'?"
    """
    near = difflib.get_close_matches(word, list(known), n=1, cutoff=0.6)
    return f" Did you mean {near[0]!r}?" if near else ""
