"""What is watched: the Jobs, and the pods that have ended well.

A worker exits with 0 after its result is committed, and its pod says so at once; the Job controller gathers such news and
marks the Job complete up to some seconds later.
"""

from __future__ import annotations

import logging
from typing import Any

from ltk8s.cluster import names
from ltk8s.cluster.job import Job
from ltk8s.cluster.kubernetes.api import Api, ApiError
from ltk8s.cluster.kubernetes.slim import is_job_of_ours, slim_job
from ltk8s.cluster.kubernetes.watching import Watch
from ltk8s.controller.inbox import Inbox
from ltk8s.controller.view import View

log = logging.getLogger(__name__)


class Watches:
    """Keeps the view up to date, and puts into the inbox what the store is to be asked about."""

    def __init__(self, api: Api, view: View, inbox: Inbox) -> None:
        self._view = view
        self._inbox = inbox
        namespace = f"namespaces/{api.namespace}"
        self._jobs = Watch(api, f"/apis/batch/v1/{namespace}/jobs", wanted=is_job_of_ours, slim=slim_job, on_event=self._on_job)
        self._pods = Watch(
            api,
            f"/api/v1/{namespace}/pods",
            label_selector=names.SELECTOR,
            field_selector="status.phase=Succeeded",
            slim=slim_pod,
            on_event=self._on_pod,
        )
        self._told: dict[str, ApiError | None] = {"jobs": None, "pods": None}

    def start(self) -> None:
        self._jobs.start()
        self._pods.start()

    def close(self) -> None:
        self._jobs.close()
        self._pods.close()

    def restarts(self) -> dict[str, int]:
        """How often each was begun anew, by resource."""
        return {"jobs": self._jobs.restarts, "pods": self._pods.restarts}

    def synced(self) -> str:
        """A sentence as long as not all Jobs have been seen since the start, else an empty string."""
        if self._jobs.synced.is_set():
            return ""
        return str(self._jobs.trouble or "The Jobs are being listed.")

    def in_touch(self) -> bool:
        """Whether the view is what there is now: while it is not, nothing can be said to be missing."""
        self._tell("jobs", self._jobs.trouble)
        self._tell("pods", self._pods.trouble)
        return self._jobs.synced.is_set() and self._jobs.trouble is None

    def _tell(self, resource: str, trouble: ApiError | None) -> None:
        before, self._told[resource] = self._told[resource], trouble
        if trouble and not before:
            log.warning("the %s cannot be watched: %s", resource, trouble, extra={"resource": resource})
        elif before and not trouble:
            log.info("the %s are watched again", resource, extra={"resource": resource})

    def _on_job(self, kind: str, found: dict[str, Any]) -> None:
        job = Job(found)
        if kind == "DELETED":
            self._view.remove(job)
        else:
            self._inbox.calm(self._view.put(job))
        if (kind == "DELETED" or job.finished) and self._view.is_awaited(job.name):
            self._inbox.urgent([job.name])

    def _on_pod(self, kind: str, found: dict[str, Any]) -> None:
        id = found["job"]
        if kind != "DELETED" and self._view.is_awaited(id):
            self._inbox.urgent([id])


def slim_pod(pod: dict[str, Any]) -> dict[str, Any]:
    """Of a pod that has ended: which one it was, and whose."""
    metadata = pod["metadata"]
    return {
        "metadata": {"uid": metadata["uid"], "resourceVersion": metadata["resourceVersion"]},
        "job": (metadata.get("labels") or {}).get(names.POD_JOB, ""),
    }
