"""Learners out of the store, as a fusion and a ranking take them: each exactly what its commit says. Without torch."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.numpy import load

from ltk8s.errors import Corrupt, MembersError, NotFound, TaskError
from ltk8s.planning.task import FusionTask, LearnerTask, RankingTask, Task, parse_task
from ltk8s.store import layout
from ltk8s.store.base import Store
from ltk8s.store.commit import Result, read_artifact, read_result, set_aside
from ltk8s.store.layout import Kind

M = TypeVar("M")


@dataclass(frozen=True)
class Predictions:
    """``logits`` float32 N×C of N test or held-out images, their ``labels`` and ``keys`` int64 N."""

    logits: NDArray[np.float32]
    labels: NDArray[np.int64]
    keys: NDArray[np.int64]


def read_members(
    store: Store, ids: Sequence[str], read: Callable[[Result], M], check: Callable[[], None] = lambda: None
) -> list[M]:
    """Return what ``read`` makes of each member's commit, in order.

    A commit that is not what it says is set aside, so that submitting again trains that learner anew.

    Args:
        check: called before each member; what it raises ends the reading.

    Raises:
        MembersError: if any is missing or bad; it names them all.
    """
    members, missing, bad = [], [], []
    for id in ids:
        check()
        result: Result | None = None
        try:
            result = read_result(store, "learner", id)
            if result is None:
                missing.append(id)
            else:
                members.append(read(result))
        except Corrupt as error:
            bad.append(put_aside(store, id, error, result).what)
        except MembersError as error:
            bad.append(error.what)
    if missing:
        bad.insert(0, f"{len(missing)} of {len(ids)} members are not committed: {', '.join(missing)}.")
    if bad:
        raise MembersError(" ".join(bad), "Submit again: what is missing or bad is made anew.")
    return members


def put_aside(store: Store, id: str, error: Corrupt, result: Result | None) -> MembersError:
    """Set a bad commit aside, and return the error that says so."""
    set_aside(store, "learner", id, error.what, attempt=result.attempt if result else None)
    return MembersError(f"Member {id} is set aside. {error.what}", "Submit again: it is made anew.")


def read_task(store: Store, kind: Kind, id: str) -> Task:
    """Return a task; its id proves it.

    Raises:
        Corrupt: if it is not there, no task, or another one.
    """
    key = layout.task(kind, id)
    try:
        task = parse_task(store.get(key))
    except (NotFound, TaskError):
        raise Corrupt(key, "it is no task") from None
    if task.kind != kind or task.id != id:
        raise Corrupt(key, f"it is the task of {task.id!r}")
    return task


def read_learner(store: Store, id: str, whole: FusionTask | RankingTask) -> LearnerTask:
    """Return the task of a member of ``whole``.

    Raises:
        Corrupt: if it is not what its id says.
        MembersError: if it was trained on another data set or split.
    """
    task = read_task(store, "learner", id)
    assert isinstance(task, LearnerTask)
    if (task.dataset, task.split) != (whole.dataset, whole.split):
        raise MembersError(f"Member {id} was trained on another data set or split than its {whole.kind}'s.")
    return task


def read_predictions(store: Store, result: Result, classes: int) -> Predictions:
    """Return what a learner committed.

    Raises:
        Corrupt: if it is not what was committed, or not of so many classes.
    """
    try:
        tensors = load(read_artifact(store, result, layout.PREDICTIONS))
        found = Predictions(tensors["logits"], tensors["labels"], tensors["keys"])
    except (SafetensorError, KeyError):
        raise Corrupt(result.key(layout.PREDICTIONS), "it holds no predictions") from None
    logits, n = found.logits, len(found.labels)
    if logits.dtype != np.float32 or logits.shape != (n, classes) or len(found.keys) != n:
        raise Corrupt(result.key(layout.PREDICTIONS), f"its logits have the shape {logits.shape} for {n} labels")
    return found
