"""What the local cluster can honour of a manifest. All else is refused loudly: a field that is ignored is a lie.

Honoured: command, environment, requests, exit-code policy, retries, deadline, suspension, grace period, time to live.
Accepted though it has no effect here, because the process is one of the user's own: the image and how it is pulled (this
machine's Python is the image), the security context, tolerations (there are no taints), memory limits (not enforced),
``envFrom`` a Secret (credentials come from the user's own environment).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ltk8s.cluster import names
from ltk8s.cluster.job import Manifest
from ltk8s.cluster.local.machine import GPU, Machine, demand_of
from ltk8s.errors import UsageError

JOB = {
    "suspend", "backoffLimit", "podReplacementPolicy", "podFailurePolicy", "ttlSecondsAfterFinished", "activeDeadlineSeconds",
    "template", "completions", "parallelism", "completionMode",
}  # fmt: skip
POD = {
    "restartPolicy", "terminationGracePeriodSeconds", "automountServiceAccountToken", "enableServiceLinks", "securityContext",
    "containers", "volumes", "imagePullSecrets", "tolerations",
}  # fmt: skip
CONTAINER = {
    "name", "image", "imagePullPolicy", "command", "args", "env", "envFrom", "resources", "securityContext", "volumeMounts",
}  # fmt: skip

FIXED: dict[str, Any] = {
    "completions": 1, "parallelism": 1, "completionMode": "NonIndexed",
    "restartPolicy": "Never", "automountServiceAccountToken": False, "enableServiceLinks": False,
}  # fmt: skip
"""Fields that are honoured at one value only."""


def check(manifest: Manifest, machine: Machine) -> None:
    """Refuse a Job that this machine could never run as it is written.

    Raises:
        UsageError: naming each field that cannot be honoured; or what the Job needs and what the machine has.
    """
    name = manifest["metadata"]["name"]
    refused = list(_refused(manifest))
    if refused:
        raise UsageError(
            f"The local cluster cannot honour {', '.join(refused)} of the Job {name!r}.",
            "Remove it from the settings (pod_template, queue), or submit to a Kubernetes cluster.",
        )
    demand = demand_of(manifest)
    if not machine.fits(demand):
        raise UsageError(
            f"The Job {name!r} needs {demand}; this machine has {machine.capacity}.",
            "Choose a smaller profile, or ask for less: --set resources.cpu=…, resources.memory=…, resources.gpu=….",
        )


def _refused(manifest: Manifest) -> Iterator[str]:
    """The paths of fields that cannot be honoured."""
    labels, annotations = manifest["metadata"].get("labels") or {}, manifest["metadata"].get("annotations") or {}
    if names.KUEUE_QUEUE in labels or names.QUEUE in annotations:
        yield "the queue"
    job = manifest["spec"]
    pod = job["template"]["spec"]
    yield from _unknown(job, JOB, "")
    yield from _refused_rules(job)
    yield from _unknown(pod, POD, "pod ")
    yield from _refused_volumes(pod)
    yield from _refused_containers(pod)


def _unknown(fields: dict[str, Any], known: set[str], where: str) -> Iterator[str]:
    for field, value in fields.items():
        if field not in known:
            yield f"{where}{field}"
        elif field in FIXED and value != FIXED[field]:
            yield f"{where}{field}={value!r}"


def _refused_rules(job: dict[str, Any]) -> Iterator[str]:
    for rule in (job.get("podFailurePolicy") or {}).get("rules") or []:
        if rule["action"] not in {"FailJob", "Ignore", "Count"}:
            yield f"podFailurePolicy action {rule['action']}"
        for condition in rule.get("onPodConditions") or []:
            if condition["type"] != "DisruptionTarget":
                yield f"podFailurePolicy on the condition {condition['type']}"


def _refused_volumes(pod: dict[str, Any]) -> Iterator[str]:
    for volume in pod.get("volumes") or []:
        kinds = set(volume) - {"name"}
        if kinds != {"emptyDir"}:
            yield f"volume {volume['name']!r} ({', '.join(sorted(kinds))})"


def _refused_containers(pod: dict[str, Any]) -> Iterator[str]:
    for extra in pod["containers"][1:]:
        yield f"a second container {extra['name']!r}"
    container = pod["containers"][0]
    yield from _unknown(container, CONTAINER, "container ")
    if not container.get("command"):
        yield "a container without a command"
    for entry in container.get("env") or []:
        if "valueFrom" in entry:
            yield f"valueFrom of the variable {entry['name']}"
        elif "$(" in (entry.get("value") or ""):
            yield f"the reference in the variable {entry['name']}"
    for source in container.get("envFrom") or []:
        if set(source) != {"secretRef"}:
            yield f"envFrom {', '.join(sorted(set(source) - {'secretRef'}))}"
    for mount in container.get("volumeMounts") or []:
        for field in sorted(set(mount) & {"subPath", "subPathExpr", "mountPropagation"}):
            yield f"{field} of the mount {mount['mountPath']}"
    for amounts in (container.get("resources") or {}).values():
        if isinstance(amounts, dict):
            for resource in sorted(set(amounts) - {"cpu", "memory", GPU}):
                yield f"the resource {resource}"
