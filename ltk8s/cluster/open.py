"""Choosing the cluster: the one place that knows which kinds there are."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ltk8s.cluster.kubernetes.kubeconfig import IN_CLUSTER, Kubeconfig, in_pod, read_kubeconfig
from ltk8s.errors import UsageError, did_you_mean

if TYPE_CHECKING:
    from ltk8s.cluster.base import Cluster
    from ltk8s.spec.settings import Settings

LOCAL = "local"


def chosen_cluster(name: str | None, settings: Settings) -> str:
    """The cluster that is meant, without connecting to it: the one named here or in the settings, else the current context,
    else the cluster of the pod that this runs in, else this machine.

    Raises:
        UsageError: if there is no such context.
    """
    named = name or settings.cluster
    if named == LOCAL or (named == IN_CLUSTER and in_pod()):
        return named
    known = read_kubeconfig()
    chosen = named or known.current
    if not chosen:
        return IN_CLUSTER if in_pod() else LOCAL
    if chosen not in known.contexts:
        raise _no_context(chosen, known)
    return chosen


def open_cluster(name: str | None, settings: Settings) -> Cluster:
    """Open the cluster that is meant (see ``chosen_cluster``) at the settings' namespace.

    Raises:
        UsageError: if there is no such cluster.
    """
    chosen = chosen_cluster(name, settings)
    if chosen == LOCAL:
        from ltk8s.cluster.local.cluster import LocalCluster

        return LocalCluster(settings.state_dir, settings.namespace)
    from ltk8s.cluster.kubernetes.cluster import KubernetesCluster

    return KubernetesCluster(chosen, settings.namespace)


def _no_context(name: str, known: Kubeconfig) -> UsageError:
    contexts = ", ".join(sorted(known.contexts))
    return UsageError(
        f"There is no context {name!r} in the kubeconfig.{did_you_mean(name, [*known.contexts, LOCAL])}",
        f"Choose --cluster {LOCAL}, or a context: {contexts}." if contexts else f"It has none; choose --cluster {LOCAL}.",
    )
