"""Work that is spread over the machine's processors."""

from __future__ import annotations

import os
import signal
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import get_context
from typing import Any, TypeVar

from ltk8s.errors import LtkError

Item = TypeVar("Item")
Result = TypeVar("Result")

AHEAD = 4
"""Items for each process that are submitted before the first of them is asked for."""


def cpus() -> int:
    """The CPUs that this process may use: fewer than the machine's in a container or under taskset."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def spread(
    work: Callable[[Item], Result],
    items: Sequence[Item],
    processes: int,
    *,
    does: str,
    set_up: Callable[..., None] | None = None,
    arguments: tuple[Any, ...] = (),
) -> Iterator[Result]:
    """Yield ``work`` of each of ``items``, in their order, from so many new processes.

    They work ahead by a few items and no more: what comes out may be larger than what goes in.

    Args:
        does: what such a process does, for the message.
        set_up: called once in each process, with ``arguments``; it keeps what every item needs.

    Raises:
        LtkError: if a process is killed.
    """
    pool = ProcessPoolExecutor(processes, get_context("spawn"), initializer=_begin, initargs=(set_up, arguments))
    ahead: deque[Future[Result]] = deque()
    try:
        for item in items:
            ahead.append(pool.submit(work, item))
            if len(ahead) > AHEAD * processes:
                yield ahead.popleft().result()
        while ahead:
            yield ahead.popleft().result()
    except BrokenProcessPool:
        raise LtkError(f"A process that {does} was killed.", "It may have run out of memory: free some.") from None
    finally:
        pool.shutdown(cancel_futures=True)


def _begin(set_up: Callable[..., None] | None, arguments: tuple[Any, ...]) -> None:
    """In a new process: Ctrl-C is the parent's to handle."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if set_up:
        set_up(*arguments)
