"""The log of a Job's newest pod."""

from __future__ import annotations

import time
from collections.abc import Iterator
from itertools import islice
from typing import Any

from ltk8s.cluster import names
from ltk8s.cluster.kubernetes.api import Api, ApiError
from ltk8s.errors import ClusterError

LOOK_SECONDS = 1.0

STARTING = (400, 404)
"""What is answered for a container that has not started: by the API server, and by a node that does not know its pod yet."""

ENDED = ("Succeeded", "Failed")


def read_log(api: Api, job: str, *, follow: bool) -> Iterator[str]:
    """The lines of the worker's log. With ``follow``, those of a container that is about to start are waited for, and an
    answer that ends before the container does is asked for anew: a node ends it early where it runs out of file watches.

    Raises:
        ClusterError: if there is no pod, or its container has not started.
    """
    pod, told = newest_pod(api, job), 0
    while True:
        path = f"/api/v1/namespaces/{api.namespace}/pods/{pod['metadata']['name']}"
        phase = pod["status"].get("phase")
        try:
            for line in islice(api.lines(f"{path}/log", container=names.WORKER, follow=follow or None), told, None):
                yield line
                told += 1
        except ApiError as error:
            if error.status not in STARTING:
                raise
            if not told and not (follow and phase == "Pending"):
                raise ClusterError(
                    f"The Job {job!r} has no log yet: its container has not started.", "`ltk8s why` says what it waits for."
                ) from None
        if not follow or phase in ENDED:
            return
        time.sleep(LOOK_SECONDS)
        later = api.find(path)
        if later is None:
            return
        pod = later


def newest_pod(api: Api, job: str) -> dict[str, Any]:
    """The pod of a Job's last attempt.

    Raises:
        ClusterError: if there is none (any more).
    """
    pods = api.get(f"/api/v1/namespaces/{api.namespace}/pods", labelSelector=f"{names.POD_JOB}={job}")["items"]
    if not pods:
        raise ClusterError(f"The Job {job!r} has no pod now.", "It has not started, or its pod was removed.")
    newest: dict[str, Any] = max(pods, key=lambda pod: pod["metadata"]["creationTimestamp"])
    return newest
