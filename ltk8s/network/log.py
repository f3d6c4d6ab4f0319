"""What a process prints and logs, captured so that it can be stored with the result, without a secret in it."""

from __future__ import annotations

import io
import logging
import os
import sys
import threading
from collections.abc import Mapping
from typing import TextIO

from ltk8s.redaction import redacted, remembered, secrets_in_files, secrets_of

LIMIT = 4_000_000
"""Characters that are kept at most: the first half and the last half of it."""

LINE_LIMIT = 10_000
"""Characters of a line that are held back at most, until it ends."""


class CapturedLog:
    """Everything written to standard output and error, and logged, since ``install``; what it passes on holds no secret."""

    def __init__(self, environ: Mapping[str, str] = os.environ) -> None:
        self._environ = environ
        self._in_files = set(secrets_in_files(environ))
        self._first: list[str] = []
        self._last: list[str] = []
        self._size = 0

    def install(self) -> None:
        """Stand in for standard output and error, and log there from INFO up."""
        sys.stdout = _Tee(sys.stdout, self)
        sys.stderr = _Tee(sys.stderr, self)
        logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s", stream=sys.stderr, force=True)

    def finish(self) -> None:
        """Pass on, and keep, a line that was begun and will not end."""
        for stream in (sys.stdout, sys.stderr):
            if isinstance(stream, _Tee):
                stream.finish()

    def write(self, text: str) -> None:
        """Keep ``text``, from which secrets were taken out."""
        self._size += len(text)
        (self._first if self._size <= LIMIT // 2 else self._last).append(text)
        if self._size > LIMIT:
            self._last = ["".join(self._last)[-LIMIT // 2 :]]
            self._size = LIMIT // 2 + len(self._last[0])

    def redacted(self, text: str) -> str:
        """``text`` without the secrets of the environment, and without users in URLs."""
        return redacted(text, {*secrets_of(self._environ), *self._in_files, *remembered()})

    def __call__(self) -> bytes:
        """All that was kept, and lines that were begun."""
        self.finish()
        return self.redacted("".join([*self._first, *self._last])).encode()


class _Tee(io.TextIOBase):
    """Passes on whole lines, so that a secret that is written in several pieces is seen; ``finish`` passes on the rest."""

    def __init__(self, stream: TextIO, log: CapturedLog) -> None:
        self._stream = stream
        self._log = log
        self._begun = ""
        self._lock = threading.RLock()

    def write(self, text: str) -> int:
        with self._lock:
            self._begun += text
            end = max(self._begun.rfind("\n"), self._begun.rfind("\r")) + 1
            self._pass_on(end if len(self._begun) - end < LINE_LIMIT else len(self._begun))
        return len(text)

    def finish(self) -> None:
        """Pass on a line that was begun."""
        with self._lock:
            self._pass_on(len(self._begun))
            self._stream.flush()

    def flush(self) -> None:
        self._stream.flush()

    def fileno(self) -> int:
        return self._stream.fileno()

    def isatty(self) -> bool:
        return self._stream.isatty()

    def _pass_on(self, end: int) -> None:
        if end:
            clean = self._log.redacted(self._begun[:end])
            self._begun = self._begun[end:]
            self._log.write(clean)
            self._stream.write(clean)
