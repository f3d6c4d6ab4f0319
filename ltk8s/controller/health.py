"""How the store has answered this controller lately: what the log, the heartbeat, the metrics and /readyz say of it."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable

from ltk8s.controller.metrics import Metrics
from ltk8s.errors import CredentialRefused, StoreError

REFUSED_SECONDS = 20.0
"""For how long a credential may be refused: a store that is started anew may learn the new one a moment later."""

LONGEST_PAUSE = 5.0

log = logging.getLogger(__name__)


class StoreHealth:
    """Counts the store's failures until it answers again.

    Attributes:
        trouble: what is wrong, as a sentence; empty where the store answers, None where it has not been asked yet.
    """

    def __init__(self, metrics: Metrics, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._metrics = metrics
        self._clock = clock
        self._failures = 0
        self._refused_since: float | None = None
        self.trouble: str | None = None

    def answers(self) -> None:
        """The store has answered."""
        if self._failures > 1:
            log.info("the store answers again")
        self._failures, self._refused_since, self.trouble = 0, None, ""
        self._metrics.store_up.set(1)

    def failed(self, error: StoreError) -> float:
        """The store did not answer, or refused; returns for how many seconds to pause.

        One line is logged for an outage, however long; none for a single failure, which may be a connection that had grown old.

        Raises:
            CredentialRefused: if the credential has been refused for ``REFUSED_SECONDS``. A process never sees the credentials
                that a Secret has been given since: the next one does.
        """
        self._metrics.errors.labels("store").inc()
        self._metrics.store_up.set(0)
        self._failures += 1
        refused = isinstance(error, CredentialRefused)
        if self._failures > 1 or refused:
            self.trouble = error.what
        if self._failures == 2:
            log.warning("%s Releases wait until it answers again.", error)
        self._refused_since = (self._refused_since or self._clock()) if refused else None
        if self._refused_since and self._clock() - self._refused_since >= REFUSED_SECONDS:
            raise error
        return min(LONGEST_PAUSE, 0.1 * 2.0**self._failures)

    def refusal(self) -> str:
        """What is wrong where the credential is refused; empty otherwise, a store that is away included."""
        return (self.trouble or "") if self._refused_since else ""
