"""What a key may look like, the same for every store."""

from __future__ import annotations

from ltk8s.errors import UsageError


def check_key(key: str) -> str:
    """Return ``key`` if it is a relative path of plain names.

    A name never starts with a dot, so no key can leave the store or name a file of the store's own.

    Raises:
        UsageError: if it is not.
    """
    if not is_key(key):
        raise _no_key(key)
    return key


def is_key(text: str) -> bool:
    """Whether it is a relative path of plain names."""
    return all(_is_plain(name) for name in text.split("/"))


def check_prefix(prefix: str) -> str:
    """Return ``prefix`` if a key can start with it: whole names, and after the last ``/`` the beginning of one, or nothing.

    Raises:
        UsageError: if it is not.
    """
    *names, last = prefix.split("/")
    if not all(_is_plain(name) for name in names) or (last and not _is_plain(last)):
        raise _no_key(prefix)
    return prefix


def _is_plain(name: str) -> bool:
    return bool(name) and not name.startswith(".") and name.isprintable() and "\\" not in name


def _no_key(key: str) -> UsageError:
    return UsageError(
        f"{key!r} cannot be a key in a store.",
        "Names are divided by /, are not empty, and start with no dot; check what was named.",
    )
