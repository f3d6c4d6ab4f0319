"""What is said about a Job, as core/v1 Events on it: each once, under a name that follows from what it says.

Two controllers that say the same make one Event: the second is told that there is one of this name already.
"""

from __future__ import annotations

import hashlib
import logging
import time
from collections.abc import Callable
from datetime import datetime
from typing import Any

from ltk8s.cluster.job import Job
from ltk8s.cluster.kubernetes.api import Api, ApiError
from ltk8s.controller.verdicts import Notice

COMPONENT = "ltk8s-controller"

AGAIN_SECONDS = 30 * 60.0
"""The API server forgets an Event after an hour; what still is so is said again before."""

log = logging.getLogger(__name__)


def event_name(job: Job, notice: Notice) -> str:
    said = "\n".join((job.uid, notice.reason, notice.message))
    return f"{job.name}.{hashlib.sha256(said.encode()).hexdigest()[:10]}"


def event(job: Job, notice: Notice, namespace: str, instance: str, now: datetime) -> dict[str, Any]:
    """The Event as it is posted."""
    moment = now.strftime("%Y-%m-%dT%H:%M:%SZ")
    return {
        "apiVersion": "v1",
        "kind": "Event",
        "metadata": {"name": event_name(job, notice), "namespace": namespace},
        "involvedObject": {
            "apiVersion": "batch/v1",
            "kind": "Job",
            "namespace": namespace,
            "name": job.name,
            "uid": job.uid,
        },
        "type": notice.type,
        "reason": notice.reason,
        "message": notice.message,
        "source": {"component": COMPONENT},
        "reportingComponent": COMPONENT,
        "reportingInstance": instance,
        "firstTimestamp": moment,
        "lastTimestamp": moment,
        "count": 1,
    }


class Recorder:
    """Posts Events, and remembers for a while which, so that what does not change is not posted at every look."""

    def __init__(self, api: Api, instance: str, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._api = api
        self._instance = instance
        self._clock = clock
        self._told: dict[str, float] = {}

    def is_told(self, job: Job, notice: Notice) -> bool:
        return self._clock() < self._told.get(event_name(job, notice), float("-inf")) + AGAIN_SECONDS

    def tell(self, job: Job, notice: Notice) -> None:
        """Post a notice that was not told yet.

        Raises:
            ClusterError: if the API server cannot be reached or refuses.
        """
        path = f"/api/v1/namespaces/{self._api.namespace}/events"
        try:
            self._api.post(path, event(job, notice, self._api.namespace, self._instance, self._api.now()))
        except ApiError as error:
            if error.status != 409:
                raise
        self._told[event_name(job, notice)] = self._clock()
        if notice.type == "Warning":
            log.warning("%s is blocked: %s", job.name, notice.message, extra={"job": job.name, "reason": notice.reason})

    def forget_old(self) -> None:
        """Drop what would be said again anyway."""
        oldest = self._clock() - AGAIN_SECONDS
        self._told = {name: moment for name, moment in list(self._told.items()) if moment > oldest}
