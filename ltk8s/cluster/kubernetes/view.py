"""The Jobs of ours as a watch keeps them: looking at them costs nothing, and waiting ends as soon as one has changed."""

from __future__ import annotations

import time
from types import TracebackType
from typing import Self

from ltk8s.cluster.job import Job
from ltk8s.cluster.kubernetes.api import Api
from ltk8s.cluster.kubernetes.slim import is_job_of_ours, slim_job
from ltk8s.cluster.kubernetes.watching import Watch
from ltk8s.errors import ClusterError

FIRST_SECONDS = 60.0
"""How long the first listing may take, an API server that is away for a moment included."""


class WatchedJobs:
    """A JobView for as long as the context lasts. Entering it raises ClusterError where Jobs cannot be listed."""

    def __init__(self, api: Api, path: str) -> None:
        self._watch = Watch(api, path, wanted=is_job_of_ours, slim=slim_job)
        self._seen = 0

    def __enter__(self) -> Self:
        self._watch.start()
        try:
            self._wait_for_the_first()
        except BaseException:
            self._watch.close()
            raise
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._watch.close()

    @property
    def trouble(self) -> str:
        return self._watch.trouble.what if self._watch.trouble else ""

    def list(self) -> list[Job]:
        return sorted((Job(each) for each in self._watch.objects()), key=lambda job: (job.created, job.name))

    def wait(self, seconds: float) -> bool:
        watch = self._watch
        with watch.changed:
            changed = watch.changed.wait_for(lambda: watch.version != self._seen, timeout=seconds)
            self._seen = watch.version
        return changed

    def _wait_for_the_first(self) -> None:
        until = time.monotonic() + FIRST_SECONDS
        while not self._watch.synced.wait(0.05):
            trouble = self._watch.trouble
            if trouble and (not trouble.passes or time.monotonic() > until):
                raise trouble
            if time.monotonic() > until:
                raise ClusterError("The cluster has not listed its Jobs within a minute.", "Try again.")
