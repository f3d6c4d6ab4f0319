"""How this machine reaches a store that pods of a cluster use: by which address, and with which credentials."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ltk8s.cluster.base import Cluster
    from ltk8s.spec.settings import StoreSettings

HERE = "127.0.0.1"


def client_address(store: StoreSettings, cluster: Cluster) -> str:
    """The store's address as this process is to open it. For a store inside the cluster, a port is forwarded to it, and where
    this environment has no credentials, they are taken from the cluster's Secret. Those of a profile do not count for a store
    inside it: they are for other places.

    Raises:
        StoreAway: if no pod serves the store.
        NoCredential: if there is no Secret.
        ClusterError: if the cluster does not answer, or the Secret may not be read.
        UsageError: if this machine cannot reach the store in this way.
    """
    if store.url.startswith("s3:") and not cluster.on_this_machine:
        from ltk8s.cluster.kubernetes.forward import service_of  # which loads what a store of this machine never needs

        inside = store.endpoint and not store.client_endpoint and service_of(store.endpoint)
        if store.secret and not (os.environ.get("AWS_ACCESS_KEY_ID") if inside else has_credentials()):
            take_credentials(cluster.credentials(store.secret))
        if store.endpoint and not store.client_endpoint:
            store = store.model_copy(update={"client_endpoint": reach(store.endpoint, cluster)})
    return store.address(from_pods=False)


def has_credentials() -> bool:
    """Whether the usual chain has some, short of asking the network for those of a virtual machine."""
    from botocore.session import Session

    chain = Session().get_component("credential_provider")
    chain.remove("iam-role")
    return chain.load_credentials() is not None


def take_credentials(variables: dict[str, str]) -> None:
    """Into this process's environment, and nowhere else; what is there already stays."""
    for name, value in variables.items():
        if name.startswith("AWS_"):
            os.environ.setdefault(name, value)


def reach(endpoint: str, cluster: Cluster) -> str:
    """The endpoint's address for this machine; one that is forwarded is reached past any proxy."""
    reached = cluster.reach(endpoint)
    if reached != endpoint:
        passed = os.environ.get("no_proxy") or os.environ.get("NO_PROXY") or ""
        if HERE not in passed.split(","):
            os.environ["no_proxy"] = ",".join(part for part in (passed, HERE) if part)
    return reached
