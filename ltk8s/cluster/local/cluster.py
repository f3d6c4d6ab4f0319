"""The Cluster protocol on this machine: Jobs are files below the state directory. Running them is the driver's part."""

from __future__ import annotations

import re
import shutil
import time
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property
from pathlib import Path

from ltk8s.cluster.base import AlreadyExists, JobSource, JobView, JsonPatch
from ltk8s.cluster.job import Job, Manifest
from ltk8s.cluster.local import patch as json_patch
from ltk8s.cluster.local import status
from ltk8s.cluster.local.diagnosis import diagnose
from ltk8s.cluster.local.drivers import driven
from ltk8s.cluster.local.files import JobFiles
from ltk8s.cluster.local.honour import check
from ltk8s.cluster.local.locks import end_worker, holder_of, is_locked
from ltk8s.cluster.local.logs import newest_log, read_log
from ltk8s.cluster.local.machine import Machine
from ltk8s.errors import ClusterError, UsageError


class LocalCluster:
    """Jobs of one namespace on this machine.

    Any number of processes may use it at once: each change to a Job is made under a short lock, and whoever runs a Job holds
    that Job's own lock as long.
    """

    name = "local"
    on_this_machine = True
    parallel = 1

    def __init__(self, state_dir: Path, namespace: str, *, machine: Machine | None = None) -> None:
        if not re.fullmatch(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?", namespace):
            raise UsageError(f"{namespace!r} is no namespace.", "Use lower-case letters, digits and dashes.")
        self.namespace = namespace
        self._machine = machine
        self.files = JobFiles(state_dir / "local" / namespace)
        self.cache = state_dir / "cache"

    @cached_property
    def machine(self) -> Machine:
        """What Jobs may use here."""
        return self._machine or Machine.here()

    def list(self) -> list[Job]:
        return [self._as_it_is(job) for job in self.files.list()]

    def get(self, name: str) -> Job | None:
        job = self.files.read(name)
        return self._as_it_is(job) if job else None

    def check(self, manifests: Sequence[Manifest]) -> None:
        for manifest in manifests:
            check(manifest, self.machine)

    def doubt(self, manifests: Sequence[Manifest]) -> str:
        return ""  # check() has refused what this machine lacks

    def create(self, manifest: Manifest, *, dry_run: bool = False) -> Job:
        check(manifest, self.machine)
        name = manifest["metadata"]["name"]
        with self.files.changing():
            if self.files.read(name):
                raise AlreadyExists(name)
            return Job(manifest if dry_run else self.files.create(manifest))

    def label(self, name: str, labels: Mapping[str, str | None]) -> Job | None:
        with self.files.changing():
            job = self.files.read(name)
            if job is None:
                return None
            merged = {**(job["metadata"].get("labels") or {}), **labels}
            kept = {key: value for key, value in merged.items() if value is not None}
            return Job(self.files.write({**job, "metadata": {**job["metadata"], "labels": kept}}))

    def patch(self, name: str, patch: JsonPatch) -> Job | None:
        with self.files.changing():
            job = self.files.read(name)
            patched = json_patch.apply(job, patch) if job else None
            return Job(self.files.write(patched)) if patched else None

    def delete(self, name: str, *, uid: str, version: str | None = None) -> bool:
        """Remove the Job; its worker saves and leaves, or is killed after the grace period."""
        with self.files.changing():
            found = self.files.read(name)
            if found is None:
                return True
            job = Job(found)
            if job.uid != uid or version not in (None, job.version):
                return False
            holder = holder_of(self.files.lock(name))
            self.files.remove(name)
        if holder and holder.worker:
            end_worker(self.files.lock(name), holder.worker, grace=grace_of(job))
        self._forget_logs(name)
        return True

    def diagnose(self, job: Job) -> str:
        return diagnose(job, self.list(), self.files, self.machine)

    def diagnose_all(self, jobs: Sequence[Job]) -> dict[str, str]:
        everything = self.list()
        seen = {job.name: diagnose(job, everything, self.files, self.machine) for job in jobs}
        return {name: sentence for name, sentence in seen.items() if sentence}

    def unready(self, endpoint: str) -> str:
        return ""

    def logs(self, name: str, *, follow: bool = False) -> Iterator[str]:
        log = newest_log(self.files.logs(name))
        if log is None:
            raise ClusterError(f"The Job {name!r} has no log on this machine.", "It has not started, or was removed.")
        return read_log(log, until=(lambda: not is_locked(self.files.lock(name))) if follow else lambda: True)

    def driven(self, runs: Collection[str]) -> bool:
        """Whether a ``submit`` on this machine runs the Jobs of any of these runs now."""
        return driven(self.files.drivers, runs)

    @contextmanager
    def watching(self) -> Iterator[JobView]:
        yield Polled(self)

    def reach(self, endpoint: str) -> str:
        return endpoint

    def unattended(self, store_url: str) -> str:
        return ""

    def site(self) -> dict[str, str]:
        return {}

    def credentials(self, secret: str) -> dict[str, str]:
        return {}

    def expire(self) -> None:
        """Remove finished Jobs whose time to live is over, as Kubernetes' TTL controller does."""
        for job in self.list():
            ttl = job.spec.get("ttlSecondsAfterFinished")
            ended = job.condition("Complete") or job.condition("Failed")
            if ttl is not None and ended and _age(ended["lastTransitionTime"]) >= timedelta(seconds=ttl):
                self.delete(job.name, uid=job.uid)

    def _as_it_is(self, job: Manifest) -> Job:
        """A Job whose file says that it runs, though its driver and its process were killed, waits to run: set aside since."""
        if job["status"].get("ready") and not is_locked(self.files.lock(job["metadata"]["name"])):
            job = status.set_aside(job)
        return Job(job)

    def _forget_logs(self, name: str) -> None:
        with self.files.changing():
            if self.files.read(name) is None:
                shutil.rmtree(self.files.logs(name), ignore_errors=True)


@dataclass(frozen=True)
class Polled:
    """A view of Jobs that are looked at again each time: on this machine that is cheap."""

    source: JobSource
    trouble = ""

    def list(self) -> list[Job]:
        return self.source.list()

    def wait(self, seconds: float) -> bool:
        time.sleep(seconds)
        return True


def grace_of(job: Job) -> float:
    """Seconds between SIGTERM and SIGKILL."""
    return float(job.spec["template"]["spec"].get("terminationGracePeriodSeconds", 30))


def _age(moment: str) -> timedelta:
    return datetime.now(UTC) - datetime.fromisoformat(moment)
