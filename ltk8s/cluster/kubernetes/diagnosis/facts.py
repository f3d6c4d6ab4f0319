"""What a diagnosis reads of the cluster: each thing once, when it is first needed, however many Jobs are asked about."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import cached_property
from typing import Any, Protocol

from ltk8s.cluster import names
from ltk8s.cluster.job import Job
from ltk8s.cluster.kubernetes.api import Api, ApiError
from ltk8s.cluster.kubernetes.diagnosis.words import Object

CONTROLLER_UID = "batch.kubernetes.io/controller-uid"
"""Label that the Job controller gives to a Job's pods."""

KUEUE_GROUP = "/apis/kueue.x-k8s.io"

NAMED_ONE_BY_ONE = 30
"""Up to so many Jobs' pods are selected by their Jobs; beyond, all of ours are listed."""

LOOKED_AT_CLOSELY = 5
"""Of so many pods at most the whole history is read: a request each."""

REFUSED = {403, 404, 405, 410}
"""Answers that mean: not for you, or not here. A diagnosis does without."""


class Facts(Protocol):
    """What is known of the objects around some Jobs. What may not be read is as if it were not there."""

    namespace: str
    now: datetime

    def pods(self, job: Job) -> list[Object]:
        """The Job's pods, oldest first."""

    def warnings(self, uid: str) -> list[Object]:
        """The warning events about an object, oldest first."""

    def history(self, pod: Object) -> list[Object]:
        """All events about a pod, oldest first."""

    @property
    def quotas(self) -> list[Object]:
        """The namespace's ResourceQuotas."""

    @property
    def jobs_at_work(self) -> bool:
        """Whether pods of Jobs, ours or others, take room in the namespace; true where that cannot be known."""

    @property
    def kueue(self) -> bool | None:
        """Whether the cluster has Kueue; None where that cannot be known."""

    def workload(self, job: Job) -> Object | None:
        """Kueue's Workload of the Job."""

    def local_queue(self, name: str) -> Object | None:
        """Kueue's LocalQueue of that name. None where there is none; an empty one where it may not be read."""


class LiveFacts:
    """Facts by way of the API, about ``jobs``."""

    def __init__(self, api: Api, jobs: Sequence[Job]) -> None:
        self.namespace = api.namespace
        self.now = api.now()
        self._api = api
        self._jobs = jobs
        self._histories: dict[str, list[Object]] = {}
        self._queues: dict[str, Object | None] = {}

    def pods(self, job: Job) -> list[Object]:
        return self._pods.get(job.uid, [])

    def warnings(self, uid: str) -> list[Object]:
        return self._warnings.get(uid, [])

    def history(self, pod: Object) -> list[Object]:
        uid = pod["metadata"]["uid"]
        if uid not in self._histories:
            if len(self._histories) >= LOOKED_AT_CLOSELY:
                return self.warnings(uid)
            found = self._listed(f"{self._core}/events", fieldSelector=f"involvedObject.uid={uid}")
            self._histories[uid] = sorted(found, key=last_seen)
        return self._histories[uid]

    @cached_property
    def quotas(self) -> list[Object]:
        return self._listed(f"{self._core}/resourcequotas")

    @cached_property
    def jobs_at_work(self) -> bool:
        unfinished = "status.phase!=Succeeded,status.phase!=Failed"
        try:
            page = self._api.get(f"{self._core}/pods", labelSelector=CONTROLLER_UID, fieldSelector=unfinished, limit=1)
        except ApiError as error:
            if error.status in REFUSED:
                return True
            raise
        return bool(page.get("items"))

    @property
    def kueue(self) -> bool | None:
        return None if self._kueue is None else bool(self._kueue)

    def workload(self, job: Job) -> Object | None:
        return self._workloads.get(job.uid)

    def local_queue(self, name: str) -> Object | None:
        if name not in self._queues:
            self._queues[name] = self._read_queue(name)
        return self._queues[name]

    @property
    def _core(self) -> str:
        return f"/api/v1/namespaces/{self.namespace}"

    @cached_property
    def _pods(self) -> dict[str, list[Object]]:
        few = len(self._jobs) <= NAMED_ONE_BY_ONE
        uids = ",".join(job.uid for job in self._jobs)
        found = self._listed(f"{self._core}/pods", labelSelector=f"{CONTROLLER_UID} in ({uids})" if few else names.SELECTOR)
        grouped: dict[str, list[Object]] = {}
        for pod in sorted(found, key=lambda pod: str(pod["metadata"]["creationTimestamp"])):
            for owner in pod["metadata"].get("ownerReferences") or []:
                grouped.setdefault(owner["uid"], []).append(pod)
        return grouped

    @cached_property
    def _warnings(self) -> dict[str, list[Object]]:
        grouped: dict[str, list[Object]] = {}
        for event in sorted(self._listed(f"{self._core}/events", fieldSelector="type=Warning"), key=last_seen):
            grouped.setdefault(event["involvedObject"].get("uid", ""), []).append(event)
        return grouped

    @cached_property
    def _kueue(self) -> str | None:
        """The path of Kueue's objects in our namespace; empty where the cluster has no Kueue, None where that is unknown."""
        try:
            group = self._api.find(KUEUE_GROUP)
        except ApiError as error:
            if error.status in REFUSED:
                return None
            raise
        return f"/apis/{group['preferredVersion']['groupVersion']}/namespaces/{self.namespace}" if group else ""

    @cached_property
    def _workloads(self) -> dict[str, Object]:
        found = self._listed(f"{self._kueue}/workloads") if self._kueue else []
        return {owner["uid"]: each for each in found for owner in each["metadata"].get("ownerReferences") or []}

    def _read_queue(self, name: str) -> Object | None:
        if not self._kueue:
            return {}
        try:
            return self._api.find(f"{self._kueue}/localqueues/{name}")
        except ApiError as error:
            if error.status in REFUSED:
                return {}
            raise

    def _listed(self, path: str, **query: Any) -> list[Object]:
        return listed(self._api, path, **query)


def listed(api: Api, path: str, **query: Any) -> list[Object]:
    """All objects of a list, page by page; none where we may not list them, or where there is no such kind.

    Raises:
        ApiError: if the cluster does not answer.
    """
    try:
        return api.items(path, **query)
    except ApiError as error:
        if error.status in REFUSED:
            return []
        raise


def last_seen(event: Object) -> str:
    """When an event happened last: another field for each kind of reporter, all of them in UTC."""
    series = event.get("series") or {}
    moments = (series.get("lastObservedTime"), event.get("lastTimestamp"), event.get("eventTime"))
    return next((str(each) for each in moments if each), str(event["metadata"].get("creationTimestamp", "")))
