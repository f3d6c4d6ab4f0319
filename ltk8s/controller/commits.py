"""What the store says is committed: few requests, many side by side."""

from __future__ import annotations

from collections.abc import Iterable
from concurrent.futures import Executor
from datetime import datetime

from ltk8s.store import layout
from ltk8s.store.base import Store


class Commits:
    """The learners that were committed when the store was last asked, and since when.

    A commit may be set aside later, so ``known`` is only good for choosing what to ask: a Job is released after its
    predecessors were asked for once more.
    """

    def __init__(self, store: Store, pool: Executor) -> None:
        self._store = store
        self._pool = pool
        self._times: dict[str, datetime] = {}

    @property
    def known(self) -> frozenset[str]:
        return frozenset(self._times)

    def ask(self, ids: Iterable[str]) -> None:
        """Bring ``known`` up to date for these ids, with one small request each.

        Raises:
            StoreError: if the store cannot be asked; then nothing has changed.
        """
        wanted = sorted(set(ids))
        futures = [self._pool.submit(self._committed_at, id) for id in wanted]
        try:
            times = [future.result() for future in futures]
        finally:
            for future in futures:
                future.cancel()
        for id, moment in zip(wanted, times, strict=True):
            self._times.pop(id, None)
            if moment:
                self._times[id] = moment

    def last(self, ids: Iterable[str]) -> datetime:
        """When the last of these commits was made."""
        return max(self._times[id] for id in ids)

    def keep(self, ids: Iterable[str]) -> None:
        """Forget all others: nobody waits for them any more."""
        self._times = {id: self._times[id] for id in ids if id in self._times}

    def _committed_at(self, id: str) -> datetime | None:
        key = layout.result("learner", id)
        return next((found.modified for found in self._store.list(key) if found.key == key), None)
