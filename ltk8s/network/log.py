"""What a process prints and logs, captured so that it can be stored with the result, without a secret in it."""

from __future__ import annotations

import io
import logging
import os
import sys
from collections.abc import Mapping
from typing import TextIO

from ltk8s.redaction import without_secrets

LIMIT = 4_000_000
"""Characters that are kept at most: the first half and the last half of it."""


class CapturedLog:
    """Everything written to standard output and error, and logged, since ``install``; what it passes on holds no secret."""

    def __init__(self, environ: Mapping[str, str] = os.environ) -> None:
        self._environ = environ
        self._first: list[str] = []
        self._last: list[str] = []
        self._size = 0

    def install(self) -> None:
        """Stand in for standard output and error, and log there from INFO up."""
        sys.stdout = _Tee(sys.stdout, self)
        sys.stderr = _Tee(sys.stderr, self)
        logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s", stream=sys.stderr, force=True)

    def write(self, text: str) -> None:
        """Keep ``text``, from which secrets were taken out."""
        self._size += len(text)
        (self._first if self._size <= LIMIT // 2 else self._last).append(text)
        if self._size > LIMIT:
            self._last = ["".join(self._last)[-LIMIT // 2 :]]
            self._size = LIMIT // 2 + len(self._last[0])

    def redacted(self, text: str) -> str:
        """``text`` without the secrets of the environment, and without users in URLs."""
        return without_secrets(text, self._environ)

    def __call__(self) -> bytes:
        """All that was kept."""
        return self.redacted("".join([*self._first, *self._last])).encode()


class _Tee(io.TextIOBase):
    def __init__(self, stream: TextIO, log: CapturedLog) -> None:
        self._stream = stream
        self._log = log

    def write(self, text: str) -> int:
        clean = self._log.redacted(text)
        self._log.write(clean)
        self._stream.write(clean)
        return len(text)

    def flush(self) -> None:
        self._stream.flush()

    def fileno(self) -> int:
        return self._stream.fileno()

    def isatty(self) -> bool:
        return self._stream.isatty()
