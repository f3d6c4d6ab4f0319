"""Trying again, for a while, what failed for a reason that may pass."""

from __future__ import annotations

import logging
import random
import time
from collections.abc import Callable
from typing import TypeVar

log = logging.getLogger(__name__)

T = TypeVar("T")

FIRST_PAUSE = 0.2
LONGEST_PAUSE = 15.0


class Retry:
    """Repeats an operation until it succeeds, fails for good, or ``seconds`` have passed since its first try.

    Pauses double from 0.2 s to 15 s and are cut at random by up to a half, so that a thousand pods do not knock at once.
    """

    def __init__(
        self, seconds: float, *, clock: Callable[[], float] = time.monotonic, sleep: Callable[[float], None] = time.sleep
    ) -> None:
        self.seconds = seconds
        self._clock = clock
        self._sleep = sleep

    def __call__(
        self, operation: Callable[[], T], passes: Callable[[Exception], bool], words: Callable[[Exception], str] = str
    ) -> T:
        """Return what ``operation`` returns; raise what it raised last.

        Args:
            passes: says which errors are worth a retry.
            words: what is logged of an error; a library's own words may hold what it sent.
        """
        end = self._clock() + self.seconds
        pause = FIRST_PAUSE
        while True:
            try:
                return operation()
            except Exception as error:
                left = end - self._clock()
                if left <= 0 or not passes(error):
                    raise
                log.warning("%s; trying again for up to %.0f s", words(error), left)
            self._sleep(min(left, pause * random.uniform(0.5, 1)))
            pause = min(LONGEST_PAUSE, 2 * pause)
