"""Reading many small objects at once: a store far away answers each one slowly, but many side by side."""

from __future__ import annotations

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor

from ltk8s.errors import NotFound
from ltk8s.store.base import Store

READERS = 16


def get_many(store: Store, keys: Iterable[str]) -> dict[str, bytes]:
    """Return the objects under ``keys``, in their order; those that are not there are left out."""
    wanted = list(keys)
    if not wanted:
        return {}
    with ThreadPoolExecutor(min(READERS, len(wanted)), "store-read") as pool:
        read = pool.map(lambda key: _get(store, key), wanted)
        return {key: data for key, data in zip(wanted, read, strict=True) if data is not None}


def _get(store: Store, key: str) -> bytes | None:
    try:
        return store.get(key)
    except NotFound:
        return None
