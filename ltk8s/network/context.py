"""What a worker hands to the task that it runs."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ltk8s.network.stopping import Stopped, Stopping
from ltk8s.planning.task import Task
from ltk8s.store.base import Store
from ltk8s.store.commit import Attempt, Result
from ltk8s.store.progress import ProgressReporter

__all__ = ["Stopped", "Stopping", "WorkContext"]

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class WorkContext:
    """One attempt at one task: where it reads and commits, where it says how far it is, and how it learns that it must stop.

    ``log`` returns what this process has printed and logged so far.
    """

    store: Store
    task: Task
    attempt: Attempt
    progress: ProgressReporter
    stopping: Stopping
    log: Callable[[], bytes] = bytes

    def check(self) -> None:
        """Raise Stopped if this process was asked to leave."""
        self.stopping.check()

    def commit(self, metrics: dict[str, Any], provenance: dict[str, Any]) -> Result:
        """Put ``log.txt`` beside the artifacts that were put, and commit. The result may be another worker's that was first."""
        self.check()
        self.attempt.put("log.txt", self.log())
        result = self.attempt.commit(metrics, provenance)
        if result.attempt != self.attempt.attempt:
            logger.info("Another worker committed this task first (attempt %s); its result stays.", result.attempt)
        return result
