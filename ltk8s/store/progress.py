"""How far a learner or fusion is: one small object, replaced every few seconds while it runs."""

from __future__ import annotations

import logging
import math
import threading
from datetime import UTC, datetime
from typing import Any, Literal

from pydantic import ValidationError

from ltk8s.errors import NotFound
from ltk8s.spec.base import Spec
from ltk8s.store import layout
from ltk8s.store.base import Store
from ltk8s.store.layout import Kind

log = logging.getLogger(__name__)

Phase = Literal["starting", "training", "evaluating", "saving", "done"]


class Progress(Spec):
    """The latest that is known of a running task; ``updated`` is ISO 8601 in UTC, ``loss`` and ``accuracy`` are of training."""

    attempt: str
    phase: Phase = "starting"
    step: int = 0
    steps: int = 0
    epoch: float = 0.0
    epochs: float | None = None
    images_per_second: float | None = None
    eta_seconds: float | None = None
    loss: float | None = None
    accuracy: float | None = None
    updated: str


def read_progress(store: Store, kind: Kind, id: str) -> Progress | None:
    """Return the progress of a task, or None where there is none or it cannot be understood: it is only a hint."""
    try:
        return Progress.model_validate_json(store.get(layout.progress(kind, id)))
    except (NotFound, ValidationError):
        return None


class ProgressReporter:
    """Uploads the latest progress in the background: training never waits for it and never fails by it.

    Args:
        store: where.
        kind: ``learner`` or ``fusion``.
        id: the task's id.
        attempt: the attempt's name.
        every: seconds between two uploads, at least.
    """

    def __init__(self, store: Store, kind: Kind, id: str, attempt: str, *, every: float = 5.0) -> None:
        self._store = store
        self._key = layout.progress(kind, id)
        self._every = every
        self._fields: dict[str, Any] = {"attempt": attempt}
        self._changed = threading.Event()
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._work, name="progress", daemon=True)
        self._thread.start()

    def update(self, **fields: Any) -> None:
        """Say what is known now (fields of Progress); what is not said stays as it was."""
        self._fields = {**self._fields, **fields}
        self._changed.set()

    def close(self, timeout: float = 2.0) -> None:
        """Upload what was said last, waiting at most ``timeout`` seconds for it, and stop."""
        self._closing.set()
        self._changed.set()
        self._thread.join(timeout)

    def _work(self) -> None:
        while True:
            self._changed.wait()
            self._changed.clear()
            closing = self._closing.is_set()
            self._upload({**self._fields, "updated": datetime.now(UTC).isoformat(timespec="seconds")})
            if closing:
                return
            self._closing.wait(self._every)

    def _upload(self, fields: dict[str, Any]) -> None:
        # Anything may go wrong here, a full disk or a NaN; none of it is worth a training.
        try:
            finite = {name: value for name, value in fields.items() if not _is_nan(value)}
            self._store.put(self._key, Progress(**finite).model_dump_json().encode())
        except Exception as error:
            log.warning("Progress could not be reported: %s", error)


def _is_nan(value: Any) -> bool:
    return isinstance(value, float) and not math.isfinite(value)
