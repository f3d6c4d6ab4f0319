"""The Cluster protocol on Kubernetes: Jobs of one namespace, by way of the API server and nothing else."""

from __future__ import annotations

import time
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cached_property
from threading import Lock
from typing import Any

from ltk8s.cluster import names
from ltk8s.cluster.base import AlreadyExists, JobView, JsonPatch
from ltk8s.cluster.job import Job, Manifest
from ltk8s.cluster.kubernetes import site
from ltk8s.cluster.kubernetes.admission import check
from ltk8s.cluster.kubernetes.api import Api, ApiError, open_api
from ltk8s.cluster.kubernetes.kubeconfig import IN_CLUSTER
from ltk8s.cluster.kubernetes.logs import read_log
from ltk8s.cluster.kubernetes.view import WatchedJobs
from ltk8s.errors import ClusterError

FIELD_MANAGER = "ltk8s"

GONE_SECONDS = 300.0
"""A deleted Job's pod has a minute to save; this long after, something is wrong."""

FIRST_LOOK, LONGEST_LOOK = 0.1, 1.0
"""Seconds between two looks whether a deleted Job is gone; doubled each time."""


class KubernetesCluster:
    """Jobs of one namespace, of the cluster that a kubeconfig context names (or ``in-cluster``)."""

    on_this_machine = False
    parallel = 32

    def __init__(self, name: str, namespace: str) -> None:
        self.name = name
        self.namespace = namespace
        self._reached: dict[str, str] = {}
        self._reaching = Lock()

    @cached_property
    def api(self) -> Api:
        """The API server; opened on first use."""
        return open_api(self.name, self.namespace)

    @property
    def _jobs(self) -> str:
        return f"/apis/batch/v1/namespaces/{self.namespace}/jobs"

    def list(self) -> list[Job]:
        found = [Job(each) for each in self.api.get(self._jobs)["items"]]  # all: a person may have edited the labels of one
        return sorted((job for job in found if job.ours), key=lambda job: (job.created, job.name))

    def get(self, name: str) -> Job | None:
        found = self.api.find(f"{self._jobs}/{name}")
        return Job(found) if found else None

    def check(self, manifests: Sequence[Manifest]) -> None:
        check(manifests, self.api)

    def doubt(self, manifests: Sequence[Manifest]) -> str:
        from ltk8s.cluster.kubernetes.nodes import no_gpu

        return no_gpu(manifests, self.api)

    def create(self, manifest: Manifest, *, dry_run: bool = False) -> Job:
        try:
            created = self.api.post(
                self._jobs,
                manifest,
                fieldManager=FIELD_MANAGER,
                fieldValidation="Strict",
                dryRun="All" if dry_run else None,
            )
        except ApiError as error:
            if error.status == 409 and error.reason == "AlreadyExists":
                raise AlreadyExists(manifest["metadata"]["name"]) from None
            raise
        return Job(created)

    def label(self, name: str, labels: Mapping[str, str | None]) -> Job | None:
        return self._patched(name, {"metadata": {"labels": dict(labels)}}, kind="merge")

    def patch(self, name: str, patch: JsonPatch) -> Job | None:
        try:
            return self._patched(name, [dict(operation) for operation in patch], kind="json")
        except ApiError as error:
            if error.status == 422 and not error.causes:  # a test failed; with causes, the result would be no Job
                return None
            raise

    def delete(self, name: str, *, uid: str, version: str | None = None) -> bool:
        preconditions = {"uid": uid} | ({"resourceVersion": version} if version else {})
        options = {"preconditions": preconditions, "propagationPolicy": "Foreground"}
        try:
            self.api.delete(f"{self._jobs}/{name}", options)
        except ApiError as error:
            if error.status == 404:
                return True
            if error.status == 409:
                return False
            raise
        self._wait_until_gone(name, uid)
        return True

    def diagnose(self, job: Job) -> str:
        from ltk8s.cluster.kubernetes.diagnosis import diagnose

        return diagnose(job, self.api)

    def diagnose_all(self, jobs: Sequence[Job]) -> dict[str, str]:
        from ltk8s.cluster.kubernetes.diagnosis import Diagnosis

        return Diagnosis(self.api, jobs).sentences()

    def unready(self, endpoint: str) -> str:
        from ltk8s.cluster.kubernetes.diagnosis import unready

        return unready(endpoint, self.api)

    def logs(self, name: str, *, follow: bool = False) -> Iterator[str]:
        return read_log(self.api, name, follow=follow)

    def driven(self, runs: Collection[str]) -> bool:
        return True

    @contextmanager
    def watching(self) -> Iterator[JobView]:
        with WatchedJobs(self.api, self._jobs) as view:
            yield view

    def reach(self, endpoint: str) -> str:
        from ltk8s.cluster.kubernetes.forward import Forward, refuse_tls, service_of

        service = service_of(endpoint)
        if service is None or self.name == IN_CLUSTER:
            return endpoint
        refuse_tls(endpoint)
        with self._reaching:
            if endpoint not in self._reached:
                self._reached[endpoint] = f"http://127.0.0.1:{Forward(self.api, *service).port}"
            return self._reached[endpoint]

    def unattended(self, store_url: str) -> str:
        return site.unattended(self.api, store_url)

    def site(self) -> dict[str, str]:
        return site.settings(self.api)

    def credentials(self, secret: str) -> dict[str, str]:
        return site.credentials(self.api, secret)

    def _patched(self, name: str, patch: Any, *, kind: Any) -> Job | None:
        try:
            return Job(self.api.patch(f"{self._jobs}/{name}", patch, kind=kind, fieldManager=FIELD_MANAGER))
        except ApiError as error:
            if error.status == 404:
                return None
            raise

    def _wait_until_gone(self, name: str, uid: str) -> None:
        until, pause = time.monotonic() + GONE_SECONDS, FIRST_LOOK
        while (job := self.get(name)) and job.uid == uid:
            if time.monotonic() > until:
                raise ClusterError(
                    f"The Job {name!r} is being deleted but does not go: its pod may be stuck on a node that is away.",
                    f"See `kubectl -n {self.namespace} get pods -l {names.POD_JOB}={name} -o wide`; if that node is gone for "
                    "good, delete the Node, or the pod with --force.",
                )
            time.sleep(pause)
            pause = min(2 * pause, LONGEST_LOOK)
