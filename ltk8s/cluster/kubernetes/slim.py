"""What of a Job is kept in memory, so that thousands fit: all that ``Job``'s properties read, and nothing that repeats."""

from __future__ import annotations

from sys import intern
from typing import Any

METADATA = ("name", "namespace", "uid", "resourceVersion", "creationTimestamp", "deletionTimestamp")

SPEC = ("suspend", "backoffLimit", "activeDeadlineSeconds")

STATUS = ("active", "ready", "failed", "succeeded", "startTime")

CONDITION = ("type", "status", "reason", "message", "lastTransitionTime")


def slim_job(job: dict[str, Any]) -> dict[str, Any]:
    """The same Job without its pod template (but for the worker's name and image), policies and bookkeeping."""
    metadata, spec, status = job["metadata"], job["spec"], job.get("status") or {}
    containers = [_only(container, ("name", "image")) for container in spec["template"]["spec"]["containers"]]
    conditions = [_only(condition, CONDITION) for condition in status.get("conditions") or []]
    return {
        "metadata": _only(metadata, METADATA)
        | {"labels": _interned(metadata.get("labels")), "annotations": _interned(metadata.get("annotations"))},
        "spec": _only(spec, SPEC) | {"template": {"spec": {"containers": containers}}},
        "status": _only(status, STATUS) | ({"conditions": conditions} if conditions else {}),
    }


def _only(fields: dict[str, Any], names: tuple[str, ...]) -> dict[str, Any]:
    return {name: intern(value) if type(value) is str else value for name in names if (value := fields.get(name)) is not None}


def _interned(fields: dict[str, str] | None) -> dict[str, str]:
    """Keys and values of labels are the same on many Jobs: each is kept once."""
    return {intern(name): intern(value) for name, value in (fields or {}).items()}
