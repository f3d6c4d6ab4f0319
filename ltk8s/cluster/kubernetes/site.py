"""What an installation keeps in its namespace for the command line: settings, the store's credentials, a heartbeat."""

from __future__ import annotations

import base64
from datetime import datetime

from ltk8s.cluster import names
from ltk8s.cluster.kubernetes.admission import check_namespace
from ltk8s.cluster.kubernetes.api import Api, ApiError
from ltk8s.errors import NoCredential

CONFIG_MAP = "ltk8s"

LEASE = "ltk8s-controller"

STALE_SECONDS = 60.0
"""A controller renews its Lease every ten seconds."""


def settings(api: Api) -> dict[str, str]:
    """The ``LTK8S_*`` variables of the ConfigMap; none where there is no such thing, or no right to read it.

    Raises:
        UsageError: if the very namespace is not there, or is being deleted.
    """
    try:
        found = api.find(f"/api/v1/namespaces/{api.namespace}/configmaps/{CONFIG_MAP}")
    except ApiError as error:
        if error.status != 403:
            raise
        return {}
    if found is None:
        check_namespace(api)
    return dict((found or {}).get("data") or {})


def credentials(api: Api, secret: str) -> dict[str, str]:
    """The variables that a Secret holds.

    Raises:
        NoCredential: if there is no such Secret.
        ApiError: if it may not be read.
    """
    found = api.find(f"/api/v1/namespaces/{api.namespace}/secrets/{secret}")
    if found is None:
        raise NoCredential(
            f"There is no Secret {secret!r} in namespace {api.namespace} of {api.context!r}.",
            "Create it with AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or set them in this environment.",
        )
    return {name: base64.b64decode(value).decode() for name, value in (found.get("data") or {}).items()}


def unattended(api: Api, store_url: str) -> str:
    """Why no controller releases fusions of this store, as a sentence; empty where one does."""
    try:
        lease = api.find(f"/apis/coordination.k8s.io/v1/namespaces/{api.namespace}/leases/{LEASE}")
    except ApiError as error:
        if error.status != 403:
            raise
        return f"It is not known whether a controller releases fusions. {error.what}"
    if lease is None:
        return f"No ltk8s controller runs in namespace {api.namespace}, so nothing there releases fusions."
    annotations = lease["metadata"].get("annotations") or {}
    trouble = annotations.get(names.TROUBLE, "")
    age = (api.now() - datetime.fromisoformat(lease["spec"]["renewTime"])).total_seconds()
    if age > STALE_SECONDS:
        return f"The ltk8s controller in namespace {api.namespace} has not been heard of for {age:.0f} s.{said(trouble)}"
    serves = annotations.get(names.STORE, "")
    if serves != store_url:
        return (
            f"The ltk8s controller in namespace {api.namespace} releases fusions of {serves or 'no store'}, not of {store_url}."
        )
    return f"The ltk8s controller in namespace {api.namespace} releases nothing.{said(trouble)}" if trouble else ""


def said(trouble: str) -> str:
    """What a controller has written of its store, as a sentence after another; nothing where all was well.

    >>> said("s3://bucket does not answer."), said("")
    (' Its last word: s3://bucket does not answer.', '')
    """
    return f" Its last word: {trouble}" if trouble else ""
