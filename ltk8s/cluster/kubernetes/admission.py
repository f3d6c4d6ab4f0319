"""What must be there before a Job is created: its namespace, and its queue."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ltk8s.cluster import names
from ltk8s.cluster.job import Job, Manifest
from ltk8s.cluster.kubernetes.api import Api, ApiError
from ltk8s.cluster.kubernetes.refusal import no_namespace, terminating
from ltk8s.errors import UsageError, did_you_mean

KUEUE = "/apis/kueue.x-k8s.io"


def check(manifests: Sequence[Manifest], api: Api) -> None:
    """Ask for the namespace and each queue, once.

    Raises:
        UsageError: for the first that is not there.
    """
    if not manifests:
        return
    check_namespace(api)
    for queue in sorted({queue for manifest in manifests if (queue := queue_of(Job(manifest)))}):
        _check_queue(queue, api)


def queue_of(job: Job) -> str:
    """The queue in which a Job is, or into which releasing puts it."""
    return job.labels.get(names.KUEUE_QUEUE) or job.annotations.get(names.QUEUE) or ""


def queues_path(api: Api) -> str:
    """Where the namespace's LocalQueues are, in the version that this Kueue prefers.

    Raises:
        UsageError: if Kueue is not installed.
    """
    group = api.find(KUEUE)
    if group is None:
        raise UsageError(
            f"Kueue is not installed in the cluster {api.context!r}, but the setting `queue` names a queue of it.",
            "Install Kueue (components/kueue needs it), or unset `queue` (LTK8S_QUEUE).",
        )
    return f"/apis/{group['preferredVersion']['groupVersion']}/namespaces/{api.namespace}/localqueues"


def check_namespace(api: Api) -> None:
    """Ask for the namespace.

    Raises:
        UsageError: if it is not there, or is being deleted.
    """
    try:
        found = api.find(f"/api/v1/namespaces/{api.namespace}")
    except ApiError as error:
        if error.status == 403:  # who may not look is told when the first Job is created
            return
        raise
    if found is None:
        raise UsageError(*no_namespace(api.context, api.namespace))
    if is_terminating(found):
        raise UsageError(*terminating(api.context, api.namespace))


def is_terminating(namespace: dict[str, Any]) -> bool:
    """Whether a namespace is being deleted: nothing can be created in it, and what there is goes."""
    return bool(namespace["metadata"].get("deletionTimestamp"))


def _check_queue(queue: str, api: Api) -> None:
    path = queues_path(api)
    if api.find(f"{path}/{queue}"):
        return
    there = [each["metadata"]["name"] for each in api.get(path)["items"]]
    listed = f"There {'is' if len(there) == 1 else 'are'} {', '.join(sorted(there))}." if there else "There is none at all."
    raise UsageError(
        f"There is no LocalQueue {queue!r} in namespace {api.namespace}.{did_you_mean(queue, there)}",
        f"{listed} The setting `queue` (LTK8S_QUEUE) names it.",
    )
