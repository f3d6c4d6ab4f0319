"""Why a pod that is there does not work: scheduled or not, its containers, its node."""

from __future__ import annotations

import re
from datetime import datetime

from ltk8s.cluster import names
from ltk8s.cluster.kubernetes.diagnosis import images
from ltk8s.cluster.kubernetes.diagnosis.ended import cannot_start, disruption, ending
from ltk8s.cluster.kubernetes.diagnosis.facts import Facts
from ltk8s.cluster.kubernetes.diagnosis.scheduling import unschedulable
from ltk8s.cluster.kubernetes.diagnosis.words import (
    Object,
    Trouble,
    condition,
    is_true,
    lasting,
    seconds_since,
    tidy,
)
from ltk8s.cluster.kubernetes.secret import by_hand

OVERDUE_SECONDS = 30
"""So long after a pod should have been killed, its node does not answer."""

_MISSING = re.compile(r'(?P<kind>secrets?|configmaps?|persistentvolumeclaims?) "(?P<name>[^"]+)" not found', re.IGNORECASE)
_KEY = re.compile(r"couldn't find key (?P<key>\S+) in (?P<kind>Secret|ConfigMap) (?:[^/\s]+/)?(?P<name>\S+)", re.IGNORECASE)


def trouble_of(pod: Object, facts: Facts) -> Trouble | None:
    """Why a pod that has not ended does no work; None for one that does."""
    if pod["metadata"].get("deletionTimestamp"):
        return _stopping(pod, facts)
    if not pod["spec"].get("nodeName"):
        return _unscheduled(pod, facts)
    for container, state in _waiting(pod):
        found = _not_started(container, state, pod, facts)
        if found:
            return found
    started = pod["status"].get("containerStatuses")
    if not started:
        return _taken_up(pod, facts)
    if condition(pod, "Ready").get("status") == "False" and all(each.get("ready") for each in started):
        return _unreachable(pod, facts)
    return None


def _stopping(pod: Object, facts: Facts) -> Trouble:
    """A pod that was told to go; its deadline is the deletionTimestamp."""
    name, node = pod["metadata"]["name"], pod["spec"].get("nodeName", "")
    overdue = (facts.now - datetime.fromisoformat(pod["metadata"]["deletionTimestamp"])).total_seconds()
    if overdue > OVERDUE_SECONDS:
        return Trouble(
            f"its pod {name} should have ended {lasting(overdue)} ago, but its node {node} does not answer",
            _given_up(node),
        )
    why = f" ({disruption(pod)})" if is_true(pod, "DisruptionTarget") else ""
    return Trouble(f"its pod {name} was told to stop{why}: it saves and leaves, and the next one follows")


def _unscheduled(pod: Object, facts: Facts) -> Trouble:
    scheduled = condition(pod, "PodScheduled")
    if scheduled.get("reason") == "SchedulingGated":
        return Trouble("its pod is gated: somebody else's scheduling gate holds it back")
    if scheduled.get("status") == "False":
        return unschedulable(scheduled.get("message", ""), pod)
    return Trouble(f"the scheduler has not looked at its pod yet, for {_age(pod, facts)}")


def _taken_up(pod: Object, facts: Facts) -> Trouble:
    return Trouble(f"its pod waits for the node {pod['spec']['nodeName']} to take it up, for {_age(pod, facts)}")


def _unreachable(pod: Object, facts: Facts) -> Trouble:
    """Its containers were well when they were last heard of; the cluster itself says that the pod is not."""
    since = lasting(seconds_since(condition(pod, "Ready").get("lastTransitionTime"), facts.now))
    node = pod["spec"]["nodeName"]
    return Trouble(
        f"its node {node} has not been heard of for {since}",
        f"the next pod goes on from what is saved when the node is back; {_given_up(node)}",
    )


def _given_up(node: str) -> str:
    """How to have a pod replaced whose node is silent. Deleting the pod by force is not enough: a Job replaces only pods that
    have failed, and its finalizer keeps one that has not.
    """
    return f"if it is gone for good: `kubectl delete node {node}`, which fails its pods within a minute"


def _waiting(pod: Object) -> list[tuple[Object, Object]]:
    """The containers that wait, with how; those that the others wait for come first."""
    status, spec = pod["status"], pod["spec"]
    containers = {each["name"]: each for each in [*(spec.get("initContainers") or []), *spec["containers"]]}
    found = [*(status.get("initContainerStatuses") or []), *(status.get("containerStatuses") or [])]
    return [(containers.get(each["name"], {}), {**each["state"]["waiting"], "last": each.get("lastState") or {}})
            for each in found if (each.get("state") or {}).get("waiting")]  # fmt: skip


def _not_started(container: Object, state: Object, pod: Object, facts: Facts) -> Trouble | None:
    """Why a container waits. ``PodInitializing`` says nothing: another one is the reason."""
    reason, message, image = state.get("reason", ""), state.get("message", ""), container.get("image", "")
    if reason in images.REASONS:
        found = images.unpullable(reason, message, image, facts.namespace)
        own = container.get("name") == names.WORKER
        return found if own else Trouble(found.what, f"correct the image of its container {container.get('name')!r}")
    if reason == "CreateContainerConfigError":
        return _misconfigured(message, facts.namespace)
    if reason in {"CreateContainerError", "RunContainerError", "StartError"}:
        return cannot_start(container, message)
    if reason == "CrashLoopBackOff":
        return _crashing(container, state, pod)
    if reason == "ContainerCreating":
        return _being_created(pod, image, facts)
    return None


def _crashing(container: Object, state: Object, pod: Object) -> Trouble:
    """A container that its node starts again and again, as one beside the worker or MinIO's may be."""
    last = {"name": container.get("name", ""), "state": state["last"]}
    ended = ending({**pod, "status": {"containerStatuses": [last]}})
    return Trouble(f"its container {container.get('name')} ends again and again: {ended.what}", ended.do)


def _misconfigured(message: str, namespace: str) -> Trouble:
    if found := _KEY.search(message):
        return Trouble(
            f"the {found['kind']} {found['name']} in namespace {namespace} has no key {found['key']}", "add it, or name another"
        )
    if found := _MISSING.search(message):
        absent = _absent(found["kind"], found["name"], namespace)
        return Trouble(absent.what, _make_secret(found["name"], namespace)) if "secret" in found["kind"].lower() else absent
    if "runAsNonRoot" in message:
        return Trouble(
            "its image runs as root, which its pod must not", "use an image with a numeric USER other than 0 (the worker's has)"
        )
    return Trouble(f"its container cannot be configured: {tidy(message)}")


def _make_secret(name: str, namespace: str) -> str:
    """The remedy for a Secret that is to be a container's environment: the store's credentials."""
    return f"`{by_hand(name, namespace)}`, and its pod goes on by itself"


def _absent(kind: str, name: str, namespace: str) -> Trouble:
    """An object that a pod names is not there."""
    kinds = {"secret": "Secret", "configmap": "ConfigMap", "persistentvolumeclaim": "PersistentVolumeClaim"}
    shown = kinds.get(kind.lower().rstrip("s"), kind)
    return Trouble(f"there is no {shown} {name!r} in namespace {namespace}", "create it, and its pod goes on by itself")


def _being_created(pod: Object, image: str, facts: Facts) -> Trouble:
    """What the node does, or fails to do, before the container starts: only events say."""
    history = facts.history(pod)
    newest = history[-1] if history else {}
    if newest.get("reason") == "Pulling":
        return Trouble(f"its node {pod['spec']['nodeName']} is pulling the image {image}, for {_age(pod, facts)}")
    failed = next((each for each in reversed(history) if each.get("type") == "Warning" and _of_the_node(each)), None)
    if failed:
        message = tidy(failed.get("message", ""))
        if found := _MISSING.search(message):
            return _absent(found["kind"], found["name"], facts.namespace)
        return Trouble(f"its node {pod['spec']['nodeName']} cannot set its pod up: {message}")
    return Trouble(f"its container is being created, for {_age(pod, facts)}")


def _of_the_node(event: Object) -> bool:
    """The scheduler's warnings are over once there is a node."""
    return event.get("reason") != "FailedScheduling"


def _age(pod: Object, facts: Facts) -> str:
    since = condition(pod, "PodScheduled").get("lastTransitionTime") or pod["metadata"].get("creationTimestamp")
    return lasting(seconds_since(since, facts.now))
