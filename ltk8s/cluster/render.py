"""From a plan to Job manifests: ``batch/v1``, complete, and the same to the byte each time.

What a pod may do is the Pod Security Standard *restricted*; what an exit code means is in the worker's contract.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from ltk8s.cluster import names
from ltk8s.cluster.job import Manifest
from ltk8s.cluster.overlay import with_pod_template
from ltk8s.planning.sweep import AnyPlan
from ltk8s.planning.task import FusionTask, LearnerTask, RankingTask, Task, canonical_json, ratio_slug
from ltk8s.spec.experiment import Resources
from ltk8s.spec.settings import Settings, StoreSettings
from ltk8s.store.address import FileAddress, parse_address

GRACE_SECONDS = 60
"""From SIGTERM to SIGKILL: a learner ends its step and writes its state, for which it has 45 s of this."""

BAD_TASK, BAD_MEMBERS, TERMINATED = 65, 66, 143
"""Exit codes of the worker that a new attempt cannot help, and the one of a worker that saved and left on SIGTERM."""


def render(plan: AnyPlan, settings: Settings, *, from_pods: bool = True) -> list[Manifest]:
    """The run's Jobs: its fusion or ranking, held until its members are committed, then the learners.

    Args:
        from_pods: whether workers reach the store as pods do (``store.endpoint``) or as this machine does.
    """
    last = render_held(plan.last, plan.run, plan.resources, settings, from_pods=from_pods)
    learners = [render_learner(task, plan.run, plan.resources, settings, from_pods=from_pods) for task in plan.learners]
    return [last, *learners]


def render_learner(task: LearnerTask, run: str, resources: Resources, settings: Settings, *, from_pods: bool) -> Manifest:
    """One learner's Job. With a queue it is created suspended, and Kueue admits it."""
    job = _job(task, run, resources, settings, from_pods=from_pods)
    if settings.queue:
        job["metadata"]["labels"][names.KUEUE_QUEUE] = settings.queue
        job["spec"] = {"suspend": True, **job["spec"]}
    return job


def render_held(
    task: FusionTask | RankingTask, run: str, resources: Resources, settings: Settings, *, from_pods: bool
) -> Manifest:
    """The Job of a fusion or ranking: suspended and held. It enters the queue only when released, so that it holds no quota.

    No network runs in a ranking: it asks for one core and no GPU.
    """
    if isinstance(task, RankingTask):
        resources = resources.model_copy(update={"cpu": 1, "gpu": 0})
    job = _job(task, run, resources, settings, from_pods=from_pods)
    job["metadata"]["labels"][names.HELD] = "true"
    job["metadata"]["annotations"][names.AFTER] = ",".join(task.members)
    if settings.queue:
        job["metadata"]["annotations"][names.QUEUE] = settings.queue
    job["spec"] = {"suspend": True, **job["spec"]}
    return job


def to_yaml(manifests: Sequence[Manifest]) -> str:
    """The manifests as one YAML stream, as ``kubectl create -f -`` takes it."""
    import yaml

    dumper: Any = getattr(yaml, "CSafeDumper", yaml.SafeDumper)
    return str(yaml.dump_all(manifests, Dumper=dumper, sort_keys=False, explicit_start=True, width=120))


def store_name(store: StoreSettings) -> str:
    """The store as annotations name it: its URL without how to reach it, as ``Store.url`` has it."""
    address = parse_address(store.url)
    return str(address) if isinstance(address, FileAddress) else address.url


def _job(task: Task, run: str, resources: Resources, settings: Settings, *, from_pods: bool) -> Manifest:
    labels = _labels(task)
    spec: dict[str, Any] = {
        "backoffLimit": resources.retries,
        "podReplacementPolicy": "Failed",
        "podFailurePolicy": {"rules": _failure_rules()},
        "ttlSecondsAfterFinished": settings.ttl_seconds,
    }
    if resources.deadline_seconds is not None:
        spec["activeDeadlineSeconds"] = resources.deadline_seconds
    template = {"metadata": {"labels": labels}, "spec": _pod(task, resources, settings, from_pods=from_pods)}
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {
            "name": task.id,
            "namespace": settings.namespace,
            "labels": {**labels, names.run_label(run): ""},
            "annotations": {names.STORE: store_name(settings.store)},
        },
        "spec": {**spec, "template": with_pod_template(template, settings.pod_template)},
    }


def _labels(task: Task) -> dict[str, str]:
    labels = {
        "app.kubernetes.io/name": "ltk8s",
        "app.kubernetes.io/component": task.kind,
        "app.kubernetes.io/part-of": "ltk8s",
        names.MANAGED_BY: names.MANAGER,
        names.KIND: task.kind,
        names.RATIO: ratio_slug(task.split.ratio),
    }
    if isinstance(task, LearnerTask):
        labels[names.ARCH] = _label_value(task.arch)
    return labels


def _label_value(text: str) -> str:
    """As much of ``text`` as a label's value may hold."""
    return re.sub(r"[^A-Za-z0-9_.-]+", "-", text)[:63].strip("-_.")


def _failure_rules() -> list[dict[str, Any]]:
    """What an exit means, first match first; any other counts towards ``backoffLimit``.

    A bad task is tried once. An evicted or preempted pod, and one that was told to stop, cost nothing.
    """

    def on_exit(action: str, *codes: int) -> dict[str, Any]:
        return {"action": action, "onExitCodes": {"containerName": names.WORKER, "operator": "In", "values": list(codes)}}

    return [
        on_exit("FailJob", BAD_TASK, BAD_MEMBERS),
        {"action": "Ignore", "onPodConditions": [{"type": "DisruptionTarget", "status": "True"}]},
        on_exit("Ignore", TERMINATED),
    ]


def _pod(task: Task, resources: Resources, settings: Settings, *, from_pods: bool) -> dict[str, Any]:
    return {
        "restartPolicy": "Never",
        "terminationGracePeriodSeconds": GRACE_SECONDS,
        "automountServiceAccountToken": False,
        "enableServiceLinks": False,
        "securityContext": {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}},
        "containers": [_worker(task, resources, settings, from_pods=from_pods)],
        "volumes": [
            {"name": "tmp", "emptyDir": {}},
            {"name": "shm", "emptyDir": {"medium": "Memory", "sizeLimit": resources.shm}},
        ],
    }


def _worker(task: Task, resources: Resources, settings: Settings, *, from_pods: bool) -> dict[str, Any]:
    environment = _environment(task, resources, settings, from_pods=from_pods)
    worker: dict[str, Any] = {
        "name": names.WORKER,
        "image": settings.image.name,
        "imagePullPolicy": settings.image.pull_policy,
        "command": ["python", "-m", "ltk8s.worker"],
        "env": [{"name": name, "value": value} for name, value in environment.items()],
    }
    if settings.store.secret:
        worker["envFrom"] = [{"secretRef": {"name": settings.store.secret}}]
    amounts = _amounts(resources)
    return {
        **worker,
        "resources": {"requests": amounts, "limits": dict(amounts)},
        "securityContext": {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        },
        "volumeMounts": [{"name": "tmp", "mountPath": "/tmp"}, {"name": "shm", "mountPath": "/dev/shm"}],
    }


def _environment(task: Task, resources: Resources, settings: Settings, *, from_pods: bool) -> dict[str, str]:
    return {
        "LTK8S_TASK": canonical_json(task),
        "LTK8S_TASK_ID": task.id,
        "LTK8S_STORE": settings.store.address(from_pods=from_pods),
        "LTK8S_THREADS": str(resources.cpu),
        "LTK8S_IMAGE": settings.image.name,
        **({"LTK8S_GPUS": str(resources.gpu)} if resources.gpu else {}),
        "OMP_NUM_THREADS": str(resources.cpu),
        "PYTHONUNBUFFERED": "1",
        "HOME": "/tmp",
        "HF_HOME": "/tmp/huggingface",
        "TORCH_HOME": "/tmp/torch",
        "HF_HUB_OFFLINE": "1",
    }


def _amounts(resources: Resources) -> dict[str, str]:
    amounts = {"cpu": str(resources.cpu), "memory": resources.memory}
    return {**amounts, "nvidia.com/gpu": str(resources.gpu)} if resources.gpu else amounts
