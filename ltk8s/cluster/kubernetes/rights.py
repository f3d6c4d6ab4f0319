"""What the command line does in a namespace: the rules of the Role ``ltk8s-user``, and which of them somebody lacks."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from ltk8s.cluster.kubernetes.api import Api

KUEUE = "kueue.x-k8s.io"


@dataclass(frozen=True)
class Right:
    """One verb on one resource (``pods/log`` is a resource of its own here), or on the one object of that ``name``."""

    verb: str
    resource: str
    group: str = ""
    name: str = ""

    def __str__(self) -> str:
        """
        >>> str(Right("create", "jobs", "batch")), str(Right("get", "secrets", name="ltk8s-store"))
        ('create jobs', 'get secrets/ltk8s-store')
        """
        return f"{self.verb} {self.resource}{f'/{self.name}' if self.name else ''}"


def _rights(group: str, resource: str, *verbs: str, name: str = "") -> tuple[Right, ...]:
    return tuple(Right(verb, resource, group, name) for verb in verbs)


USER_RIGHTS: tuple[Right, ...] = (
    *_rights("", "namespaces", "get", name="ltk8s"),
    *_rights("batch", "jobs", "get", "list", "watch", "create", "patch", "delete"),
    *_rights("", "pods", "get", "list", "watch"),
    *_rights("", "pods/log", "get"),
    *_rights("", "services", "get"),
    *_rights("", "pods/portforward", "get", "create"),
    *_rights("", "configmaps", "get", name="ltk8s"),
    *_rights("", "secrets", "get", name="ltk8s-store"),
    *_rights("coordination.k8s.io", "leases", "get", name="ltk8s-controller"),
    *_rights("", "events", "list"),
    *_rights("", "resourcequotas", "list"),
    *_rights("", "limitranges", "list"),
    *_rights(KUEUE, "workloads", "get", "list"),
    *_rights(KUEUE, "localqueues", "get", "list"),
)
"""Exactly ``k8s/base/role-user.yaml``."""


def lacking(api: Api, rights: Sequence[Right]) -> list[Right]:
    """Those that whoever asks does not have in the namespace: a SelfSubjectAccessReview each, side by side.

    Raises:
        ApiError: if the cluster does not answer, or does not let this be asked.
    """
    with ThreadPoolExecutor(16) as pool:
        allowed = list(pool.map(lambda right: _allowed(api, right), rights))
    return [right for right, may in zip(rights, allowed, strict=True) if not may]


def _allowed(api: Api, right: Right) -> bool:
    resource, _, subresource = right.resource.partition("/")
    asked = {
        "namespace": api.namespace,
        "verb": right.verb,
        "group": right.group,
        "resource": resource,
        "subresource": subresource,
        "name": right.name,
    }
    review: dict[str, Any] = {
        "apiVersion": "authorization.k8s.io/v1",
        "kind": "SelfSubjectAccessReview",
        "spec": {"resourceAttributes": {name: value for name, value in asked.items() if value}},
    }
    answer = api.post("/apis/authorization.k8s.io/v1/selfsubjectaccessreviews", review)
    return bool((answer.get("status") or {}).get("allowed"))
