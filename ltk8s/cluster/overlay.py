"""Laying a site's ``pod_template`` over a Job's, the way Kubernetes merges: maps by key, lists by name where it does so.

See https://kubernetes.io/docs/tasks/manage-kubernetes-objects/update-api-object-kubectl-patch/ (strategic merge patch).
"""

from __future__ import annotations

from typing import Any

from ltk8s.cluster import names
from ltk8s.errors import UsageError, did_you_mean
from ltk8s.redaction import is_secret, passwords_in

MERGE_KEYS = {
    "containers": "name",
    "initContainers": "name",
    "env": "name",
    "volumeMounts": "mountPath",
    "volumeDevices": "devicePath",
    "ports": "containerPort",
    "volumes": "name",
    "imagePullSecrets": "name",
    "hostAliases": "ip",
    "topologySpreadConstraints": "topologyKey",
    "resourceClaims": "name",
    "schedulingGates": "name",
}
"""The lists of a pod that are merged item by item, and by which field. All others are replaced whole, as in Kubernetes."""

REPLACED_ITEMS = {"volumes"}
"""Lists whose items are alternatives: an item of the same name is replaced whole, or a volume would have two sources."""


def with_pod_template(template: dict[str, Any], overlay: dict[str, Any]) -> dict[str, Any]:
    """Return the pod template with the site's ``overlay`` (``metadata`` and ``spec``, as in Kubernetes) on top.

    Raises:
        UsageError: if the overlay is no pod template, or would change what the worker is told or how often it runs.
    """
    _check(overlay)
    return _merge_maps(template, overlay)


def _merge_maps(base: dict[str, Any], overlay: dict[str, Any]) -> dict[str, Any]:
    """Keys of ``overlay`` win; None removes a key."""
    merged = dict(base)
    for key, value in overlay.items():
        if value is None:
            merged.pop(key, None)
        elif isinstance(value, dict) and isinstance(merged.get(key), dict):
            merged[key] = _merge_maps(merged[key], value)
        elif isinstance(value, list) and isinstance(merged.get(key), list) and key in MERGE_KEYS:
            merged[key] = _merge_lists(merged[key], value, MERGE_KEYS[key], replace=key in REPLACED_ITEMS)
        else:
            merged[key] = value
    return merged


def _merge_lists(base: list[Any], overlay: list[Any], key: str, *, replace: bool) -> list[Any]:
    """Items with the same ``key`` are merged where they are; new ones follow at the end."""
    merged = {item[key]: item for item in base}
    for item in overlay:
        if not isinstance(item, dict) or key not in item:
            raise UsageError(
                f"The setting pod_template has an item without {key!r} in a list that is merged by it.", f"Give it a {key!r}."
            )
        before = merged.get(item[key])
        merged[item[key]] = item if before is None or replace else _merge_maps(before, item)
    return list(merged.values())


def _check(overlay: dict[str, Any]) -> None:
    for key in set(overlay) - {"metadata", "spec"}:
        raise UsageError(
            f"The setting pod_template has an unknown field {key!r}.{did_you_mean(key, ['metadata', 'spec'])}",
            "It is laid over the Jobs' pod template: write what Kubernetes has there, below `spec` or `metadata`.",
        )
    _mapping("metadata", overlay.get("metadata"))
    spec = pod_spec(overlay)
    if "restartPolicy" in spec:
        raise UsageError("The setting pod_template sets restartPolicy.", "Remove it: each attempt is a pod of its own.")
    for container in _items("initContainers", spec.get("initContainers")):
        _check_secrets(_items("env", container.get("env")))
    for container in _items("containers", spec.get("containers")):
        env = _items("env", container.get("env"))
        _check_secrets(env)
        if container.get("name") == names.WORKER:
            _check_worker(container, env)


def pod_spec(overlay: dict[str, Any]) -> dict[str, Any]:
    """The overlay's ``spec``, empty where it has none.

    Raises:
        UsageError: if it is no mapping.
    """
    return _mapping("spec", overlay.get("spec"))


def _mapping(name: str, value: Any) -> dict[str, Any]:
    if not isinstance(value, dict | None):
        raise UsageError(f"The setting pod_template has no fields in {name}.", "Write its fields below it, as in Kubernetes.")
    return value or {}


def _items(name: str, value: Any) -> list[dict[str, Any]]:
    if not isinstance(value, list | None) or not all(isinstance(item, dict) for item in value or []):
        raise UsageError(
            f"The setting pod_template has no list of items in {name}.",
            "Write a list of items with a name each, as in Kubernetes.",
        )
    return value or []


def _check_secrets(env: list[dict[str, Any]]) -> None:
    """A manifest is stored, printed and shown to whoever may see Jobs: it holds no secret."""
    for entry in env:
        name, value = str(entry.get("name", "")), str(entry.get("value") or "")
        if value and (is_secret(name) or any(passwords_in(value))):
            raise UsageError(
                f"The setting pod_template has the secret {name} in words.",
                "Put it into a Secret, and name that with valueFrom.secretKeyRef: a Job's manifest is for many to read.",
            )


def _check_worker(container: dict[str, Any], env: list[dict[str, Any]]) -> None:
    for field in sorted({"command", "args"} & set(container)):
        raise UsageError(f"The setting pod_template sets the worker's {field}.", "Remove it: the Job is the worker's run.")
    for entry in env:
        variable = str(entry.get("name", ""))
        if variable.startswith("LTK8S_"):
            raise UsageError(f"The setting pod_template sets {variable} of the worker.", "Remove it: the task sets it.")
