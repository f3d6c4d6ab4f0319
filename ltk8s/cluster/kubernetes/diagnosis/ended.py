"""How a pod has ended, and what a person can do so that the next one does not."""

from __future__ import annotations

import re
from typing import Any

from ltk8s.cluster import names
from ltk8s.cluster.kubernetes.diagnosis.images import wrong_platform
from ltk8s.cluster.kubernetes.diagnosis.words import Object, Trouble, condition, is_true, tidy
from ltk8s.errors import TaskError
from ltk8s.planning.task import LearnerTask, parse_task

DISRUPTIONS = {
    "PreemptionByScheduler": "a pod of higher priority took its place",
    "EvictionByEvictionAPI": "it was evicted, as when a node is drained",
    "DeletionByTaintManager": "its node became unreachable, or got a taint that it does not tolerate",
    "DeletionByPodGC": "its node is gone",
    "TerminationByKubelet": "its node shut down or ran short of something",
}
"""Reasons of a pod's condition DisruptionTarget."""

EXIT_KILLED = 137
"""128 + SIGKILL."""


def ending(pod: Object) -> Trouble:
    """How a failed pod has ended. ``exit code N``: the worker itself left, and its own words say why."""
    status = pod["status"]
    if status.get("reason") == "Evicted":
        return _evicted(tidy(status.get("message", "")))
    container, ended = _culprit(pod)
    if ended.get("reason") == "OOMKilled":
        return _out_of_memory(container, "it ran out of memory")
    if is_true(pod, "DisruptionTarget"):
        return disruption(pod)
    if ended.get("reason") in {"StartError", "ContainerCannotRun"} or ended.get("exitCode") == 128:
        return cannot_start(container, ended.get("message", ""))
    if ended.get("exitCode") == EXIT_KILLED:
        return _out_of_memory(container, "it was killed (exit code 137), as when memory runs out")
    if ended:
        of_another = "" if container.get("name") == names.WORKER else f" of its container {container.get('name')}"
        return Trouble(f"exit code {ended.get('exitCode')}{of_another}")
    reason, message = status.get("reason", ""), tidy(status.get("message", ""))
    return Trouble(f"its node turned its pod away: {message or reason}" if reason or message else "its pod failed")


def disruption(pod: Object) -> Trouble:
    """Why a pod was stopped that did nothing wrong."""
    found = condition(pod, "DisruptionTarget")
    reason = found.get("reason", "")
    return Trouble(DISRUPTIONS.get(reason) or f"its pod was disrupted: {tidy(found.get('message', '')) or reason}")


def cannot_start(container: Object, message: str) -> Trouble:
    """What a container's runtime says of one that it could not start."""
    if "exec format error" in message:
        return wrong_platform(container.get("image", ""))
    if "executable file not found" in message or "no such file or directory" in message:
        return Trouble(
            f"the image {container.get('image')} has no `{' '.join((container.get('command') or ['…'])[:1])}`",
            "set `image.name` to the worker's image",
        )
    return Trouble(f"its container could not be started: {tidy(message).rsplit(': unable to start ', 1)[-1]}")


def _culprit(pod: Object) -> tuple[Object, dict[str, Any]]:
    """The container that failed, the worker before others, and how it was terminated."""
    spec, status = pod["spec"], pod["status"]
    containers = {each["name"]: each for each in [*(spec.get("initContainers") or []), *spec["containers"]]}
    found = [*(status.get("containerStatuses") or []), *(status.get("initContainerStatuses") or [])]
    ended = {each["name"]: (each.get("state") or {}).get("terminated") for each in found}
    failed = {name: how for name, how in ended.items() if how and how.get("exitCode")}
    name = names.WORKER if names.WORKER in failed else next(iter(failed), "")
    return containers.get(name, {}), failed.get(name) or {}


def _out_of_memory(container: Object, what: str) -> Trouble:
    limit = str(((container.get("resources") or {}).get("limits") or {}).get("memory", ""))
    limited = f" (its limit is {limit})" if limit else ""
    smaller = _smaller_batch(container)
    other = f", or make it need less: `--set train.batch_size={smaller}`" if smaller else ""
    return Trouble(f"{what}{limited}", f"submit again with `--set resources.memory={_doubled(limit)}`{other}")


def _doubled(limit: str) -> str:
    """
    >>> _doubled("2Gi"), _doubled("1.5G")
    ('4Gi', '…')
    """
    found = re.fullmatch(r"(\d+)(Mi|Gi)", limit)
    return f"{2 * int(found[1])}{found[2]}" if found else "…"


def _smaller_batch(container: Object) -> int:
    """Half of the learner's batch; 0 for a fusion, or where that is not known."""
    text = next((each.get("value", "") for each in container.get("env") or [] if each["name"] == "LTK8S_TASK"), "")
    try:
        task = parse_task(text)
    except TaskError:
        return 0
    return task.train.batch_size // 2 if isinstance(task, LearnerTask) else 0


def _evicted(message: str) -> Trouble:
    """A pod that its node has put out: it took more than it may, or the node ran short."""
    of_disk = any(word in message for word in ("ephemeral", "EmptyDir", "inodes", "disk"))
    of_memory = "memory" in message and not of_disk
    if of_disk:
        return Trouble(
            f"its pod was evicted because the disk is full: {message}",
            "free disk on the node, or give its pod more (ephemeral-storage, a volume) in the setting `pod_template`",
        )
    if of_memory:
        return Trouble(f"its pod was evicted because its node ran out of memory: {message}", "add memory or nodes")
    return Trouble(f"its pod was evicted: {message}")
