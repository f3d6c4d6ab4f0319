"""Credentials for a store of our own, made inside the cluster: they are in one Secret and nowhere else."""

from __future__ import annotations

import secrets

from ltk8s.cluster import names
from ltk8s.cluster.kubernetes.api import Api, ApiError

KEYS = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")
"""What a Secret for the store holds: a pod takes it as its environment."""


def by_hand(name: str, namespace: str) -> str:
    """The command that makes such a Secret with credentials of one's own."""
    given = " ".join(f"--from-literal={key}=…" for key in KEYS)
    return f"kubectl -n {namespace} create secret generic {name} {given}"


def make_credentials(api: Api, name: str) -> bool:
    """Make the Secret ``name`` with random credentials where there is none; return whether this call made it.

    Raises:
        ApiError: if it may not be made.
    """
    secret = {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {
            "name": name,
            "labels": {"app.kubernetes.io/part-of": "ltk8s", names.MANAGED_BY: names.MANAGER},
        },
        "stringData": dict(zip(KEYS, (secrets.token_hex(10), secrets.token_hex(20)), strict=True)),
    }
    try:
        api.post(f"/api/v1/namespaces/{api.namespace}/secrets", secret)
    except ApiError as error:
        if error.reason != "AlreadyExists":
            raise
        return False
    return True


def restart_pod(api: Api, name: str) -> bool:
    """Delete a pod, so that its owner makes it anew, with the credentials that the Secret has now; return whether it was there.

    Raises:
        ApiError: if it may not be deleted.
    """
    try:
        api.delete(f"/api/v1/namespaces/{api.namespace}/pods/{name}")
    except ApiError as error:
        if error.status != 404:
            raise
        return False
    return True
