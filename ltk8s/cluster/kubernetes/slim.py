"""What of a Job is kept in memory, so that thousands fit: all that ``Job``'s properties read, and nothing that repeats."""

from __future__ import annotations

from sys import intern
from typing import Any

from ltk8s.cluster import names
from ltk8s.cluster.job import Job

METADATA = ("name", "namespace", "uid", "resourceVersion", "creationTimestamp", "deletionTimestamp")

SPEC = ("suspend", "backoffLimit", "activeDeadlineSeconds")

STATUS = ("active", "ready", "failed", "succeeded", "startTime")

CONDITION = ("type", "status", "reason", "message", "lastTransitionTime")


def slim_job(job: dict[str, Any]) -> dict[str, Any]:
    """The same Job without its pod template (but for the worker's name and image), policies and bookkeeping."""
    metadata, spec, status = job["metadata"], job["spec"], job.get("status") or {}
    template = spec["template"]
    containers = [_only(container, ("name", "image")) for container in template["spec"]["containers"]]
    conditions = [_only(condition, CONDITION) for condition in status.get("conditions") or []]
    return {
        "metadata": _only(metadata, METADATA)
        | {"labels": _interned(metadata.get("labels")), "annotations": _interned(metadata.get("annotations"))},
        "spec": _only(spec, SPEC) | {"template": {"spec": {"containers": containers}, **_kind_of(template, metadata)}},
        "status": _only(status, STATUS) | ({"conditions": conditions} if conditions else {}),
    }


def is_job_of_ours(job: dict[str, Any]) -> bool:
    """Whether an object of the API's is a Job that ltk8s has made, whatever a person has made of its labels."""
    return Job(job).ours


def _kind_of(template: dict[str, Any], metadata: dict[str, Any]) -> dict[str, Any]:
    """The labels of a Job's pods, where its own no longer tell its kind."""
    if names.KIND in (metadata.get("labels") or {}):
        return {}
    return {"metadata": {"labels": _interned((template.get("metadata") or {}).get("labels"))}}


def _only(fields: dict[str, Any], names: tuple[str, ...]) -> dict[str, Any]:
    return {name: intern(value) if type(value) is str else value for name in names if (value := fields.get(name)) is not None}


def _interned(fields: dict[str, str] | None) -> dict[str, str]:
    """Keys and values of labels are the same on many Jobs: each is kept once."""
    return {intern(name): intern(value) for name, value in (fields or {}).items()}
