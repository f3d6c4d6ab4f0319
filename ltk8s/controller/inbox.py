"""The ids that the store is to be asked about: what has just ended goes before what is only looked at once in a while."""

from __future__ import annotations

import heapq
import time
from collections.abc import Callable, Iterable
from itertools import islice
from threading import Condition


class Inbox:
    """A queue that many threads fill and one empties. An id is in it once, however often it was put there."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._filled = Condition()
        self._urgent: dict[str, None] = {}
        self._calm: dict[str, None] = {}
        self._later: list[tuple[float, str]] = []

    def __len__(self) -> int:
        with self._filled:
            return len(self._urgent) + len(self._calm) + len(self._later)

    def urgent(self, ids: Iterable[str]) -> None:
        """Ask about these next: something says that they have ended."""
        with self._filled:
            self._urgent.update(dict.fromkeys(ids))
            self._filled.notify_all()

    def calm(self, ids: Iterable[str]) -> None:
        """Ask about these when nothing is urgent."""
        with self._filled:
            self._calm.update(dict.fromkeys(ids))
            self._filled.notify_all()

    def later(self, ids: Iterable[str], seconds: float) -> None:
        """Ask about these again, urgently, after a while."""
        with self._filled:
            for id in ids:
                heapq.heappush(self._later, (self._clock() + seconds, id))

    def wait(self, seconds: float) -> bool:
        """Wait until there is something to take; False when there still is nothing after ``seconds``."""
        with self._filled:
            return self._filled.wait_for(self._ready, timeout=seconds)

    def take(self, limit: int) -> set[str]:
        """Take up to ``limit`` ids out: urgent ones, or where there are none, calm ones."""
        with self._filled:
            self._ready()
            queue = self._urgent or self._calm
            taken = list(islice(queue, limit))
            for id in taken:
                self._urgent.pop(id, None)
                self._calm.pop(id, None)
            return set(taken)

    def _ready(self) -> bool:
        while self._later and self._later[0][0] <= self._clock():
            self._urgent[heapq.heappop(self._later)[1]] = None
        return bool(self._urgent or self._calm)
