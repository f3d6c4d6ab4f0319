"""Whether a store has room: only writing shows."""

from __future__ import annotations

import uuid

from ltk8s.errors import StoreError, StoreFull
from ltk8s.store.base import Store


def no_room(store: Store) -> str:
    """Write one small object and remove it. Returns why the store has no room for it, as a sentence; empty where it has, and
    where that cannot be tried, as without the right to write.

    As in ``if full := no_room(store): print(full)``: "s3://ltk8s at http://… has no room (XMinioStorageFull)."
    """
    key = f"doctor/{uuid.uuid4().hex}"
    try:
        store.put_if_absent(key, b"is there room?")
        store.delete(key)
    except StoreFull as full:
        return full.what
    except StoreError:
        return ""
    return ""
