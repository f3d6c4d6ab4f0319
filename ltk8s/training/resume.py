"""What a learner needs to go on where it was stopped: one object in the store, replaced as a whole.

Its bytes are a line that says what it is, the SHA-256 of the rest, and the rest: a dictionary saved by torch and only ever
loaded with ``weights_only=True``. One that cannot be read is never an error: the learner starts from the beginning.
"""

from __future__ import annotations

import hashlib
import io
import logging
import threading
from typing import Any

import torch

from ltk8s.errors import NotFound
from ltk8s.store import layout
from ltk8s.store.base import Store

log = logging.getLogger(__name__)

MAGIC = b"ltk8s resume 1\n"

State = dict[str, Any]
"""Tensors, numbers, strings, and lists and dictionaries of these."""

NEEDED = {"task", "step", "attempts", "seconds", "train_seconds", "curve", "network", "optimizer", "average"}
"""What a learner's state holds; with less nobody can go on."""


def pack(state: State) -> bytes:
    """A state as bytes."""
    buffer = io.BytesIO()
    torch.save(state, buffer)
    payload = buffer.getvalue()
    return MAGIC + hashlib.sha256(payload).hexdigest().encode() + b"\n" + payload


def unpack(data: bytes) -> State:
    """The state in ``data``.

    Raises:
        ValueError: if these are not the bytes that ``pack`` returned.
        Exception: whatever torch raises on what it cannot load: another version may have written it.
    """
    digest, payload = data[len(MAGIC) : len(MAGIC) + 64], data[len(MAGIC) + 65 :]
    if not data.startswith(MAGIC):
        raise ValueError("it is no resume state of this version")
    if hashlib.sha256(payload).hexdigest().encode() != digest:
        raise ValueError("its content is damaged (SHA-256 differs)")
    state: State = torch.load(io.BytesIO(payload), map_location="cpu", weights_only=True)
    return state


def load_resume(store: Store, id: str) -> State | None:
    """Where learner ``id`` was stopped, or None if it starts from the beginning; says so where a state had to be ignored."""
    try:
        data = store.get(layout.resume(id))
    except NotFound:
        return None
    try:
        state = unpack(data)
        _check(state, id)
    except Exception as error:  # whatever it is, it would come again at every retry
        ignored(error)
        return None
    return state


def ignored(error: Exception) -> None:
    """Say that a state could not be used, and why."""
    reason = str(error).partition("\n")[0].rstrip(".:") or type(error).__name__
    log.warning("The resume state is ignored: %s. Training starts from the beginning.", reason)


def _check(state: State, id: str) -> None:
    if not isinstance(state, dict):
        raise ValueError("it is no dictionary")
    if missing := sorted(NEEDED - state.keys()):
        raise ValueError(f"it lacks {', '.join(missing)}")
    if state["task"] != id:
        raise ValueError(f"it belongs to {state['task']}")


class ResumeKeeper:
    """Writes resume states in the background, one at a time; one that is overtaken while it waits is never written."""

    def __init__(self, store: Store, id: str) -> None:
        self._store = store
        self._key = layout.resume(id)
        self._newest: State | None = None
        self._change = threading.Condition()
        self._writing = False
        threading.Thread(target=self._work, name="resume", daemon=True).start()

    def keep(self, state: State) -> None:
        """Write ``state``, which nobody changes any more, as soon as possible; returns at once."""
        with self._change:
            self._newest = state
            self._change.notify_all()

    def flush(self, timeout: float | None = None) -> None:
        """Wait until the newest state is in the store, or has failed to get there; at most ``timeout`` seconds."""
        with self._change:
            self._change.wait_for(lambda: self._newest is None and not self._writing, timeout)

    def forget(self) -> None:
        """Remove the state from the store: the learner is done."""
        self.flush()
        self._store.delete(self._key)

    def _work(self) -> None:
        while True:
            with self._change:
                self._change.wait_for(lambda: self._newest is not None)
                state, self._newest = self._newest, None
                self._writing = True
            try:
                self._store.put(self._key, pack(state or {}))
            except Exception as error:  # whatever it is, training is worth more than the means to go on with it
                log.warning("The resume state could not be written: %s", error)
            with self._change:
                self._writing = False
                self._change.notify_all()
