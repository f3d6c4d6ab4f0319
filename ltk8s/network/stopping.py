"""SIGTERM (or Ctrl-C), the notice to leave soon: everywhere at once, except where something must be saved first.

Imports nothing heavy, so that it can be installed before everything else is imported.
"""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

EXIT_STOPPED = 143
SIGNALS = (signal.SIGTERM, signal.SIGINT)
FAREWELL_SECONDS = 3.0


class Stopped(BaseException):
    """Raised in the main thread after SIGTERM. No ``Exception``, so that nothing that handles errors swallows it."""


class Stopping:
    """The state of being asked to stop.

    Outside of ``deferred()`` SIGTERM raises Stopped right where the main thread is. Inside, it only sets ``asked``, and what
    runs there calls ``check()`` as soon as it can leave. A watching thread ends the process with 143 if the main thread,
    being stuck in a call, has not left ``farewell`` seconds after it could have.
    """

    def __init__(self, farewell: float = FAREWELL_SECONDS) -> None:
        self.asked = False
        self._farewell = farewell
        self._deferred = False
        self._raised = False

    def install(self) -> None:
        """Handle SIGTERM from now on. Call it in the main thread, and again where another handler took over."""
        for number in SIGNALS:
            signal.signal(number, self._on_signal)

    def watch(self) -> None:
        """Start the thread that ends the process where the main thread cannot."""
        reader, writer = os.pipe()
        os.set_blocking(writer, False)
        signal.set_wakeup_fd(writer, warn_on_full_buffer=False)
        threading.Thread(target=self._leave_in_time, args=(reader,), name="stopping", daemon=True).start()

    def check(self) -> None:
        """Raise Stopped if SIGTERM has arrived."""
        if self.asked:
            self._raised = True
            raise Stopped

    @contextmanager
    def deferred(self) -> Iterator[None]:
        """Inside, SIGTERM does not interrupt; call ``check()`` where it may."""
        self.check()
        self._deferred = True
        try:
            yield
        finally:
            self._deferred = False

    def _on_signal(self, signum: int, frame: FrameType | None) -> None:
        self.asked = True
        if not self._deferred and not self._raised:
            self._raised = True
            raise Stopped

    def _leave_in_time(self, reader: int) -> None:
        while not set(os.read(reader, 64)) & set(SIGNALS):
            pass
        while self._deferred:
            time.sleep(0.05)
        time.sleep(self._farewell)
        os._exit(EXIT_STOPPED)
