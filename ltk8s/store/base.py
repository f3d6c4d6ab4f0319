"""The store's interface: whole objects under keys. Everything above it works on any store."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Protocol


@dataclass(frozen=True, slots=True)
class ObjectInfo:
    """One object in a listing; ``modified`` is timezone-aware."""

    key: str
    size: int
    modified: datetime


class Store(Protocol):
    """Whole objects under ``/``-separated keys. A reader sees an object whole or not at all.

    Every method raises StoreError (after its own retries) when the store cannot be reached or refuses.
    """

    @property
    def url(self) -> str:
        """The store's address without how to reach it: what annotations and messages show. Never holds a secret."""

    @property
    def address(self) -> str:
        """What ``open_store`` takes to open this store again."""

    def get(self, key: str) -> bytes:
        """Return an object's bytes. Raises NotFound."""

    def put(self, key: str, data: bytes) -> None:
        """Write an object, replacing one that is there atomically."""

    def put_if_absent(self, key: str, data: bytes) -> bool:
        """Write an object only if there is none; return whether this call wrote it."""

    def download(self, key: str, path: Path) -> None:
        """Write an object to a file (atomically: a partial file never has the name). Raises NotFound."""

    def upload(self, key: str, path: Path) -> None:
        """Write a file as an object."""

    def exists(self, key: str) -> bool:
        """Whether there is an object under this key."""

    def list(self, prefix: str) -> Iterator[ObjectInfo]:
        """All objects whose key starts with ``prefix``, in order of key."""

    def delete(self, key: str) -> None:
        """Remove an object; nothing happens where there is none."""

    def now(self) -> datetime:
        """The time by the clock that dates the objects in listings: how old they are does not depend on this machine's."""
