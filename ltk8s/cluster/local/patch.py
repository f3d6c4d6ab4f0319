"""JSON patch (RFC 6902) on a Job, as far as releasing one needs it: ``test``, ``add``, ``replace`` and ``remove`` of keys."""

from __future__ import annotations

import copy
from typing import Any

from ltk8s.cluster.base import JsonPatch
from ltk8s.cluster.job import Manifest
from ltk8s.errors import ClusterError


def apply(job: Manifest, patch: JsonPatch) -> Manifest | None:
    """The patched Job, or None where a ``test`` fails or a path is missing: all of the patch applies or nothing does."""
    patched = copy.deepcopy(job)
    for operation in patch:
        if not _apply(patched, operation["op"], operation["path"], operation.get("value")):
            return None
    return patched


def _apply(job: Manifest, op: str, path: str, value: Any) -> bool:
    *parents, key = [part.replace("~1", "/").replace("~0", "~") for part in path.split("/")[1:]]
    target: Any = job
    for parent in parents:
        if parent not in target:
            return False
        target = target[parent]
    if op == "test":
        return key in target and target[key] == value
    if op == "add":
        target[key] = value
        return True
    if op not in {"replace", "remove"}:
        raise ClusterError(f"The local cluster does not know the JSON patch operation {op!r}.")
    if key not in target:
        return False
    del target[key]
    if op == "replace":
        target[key] = value
    return True
