"""Whether a cluster has GPUs: what `doctor` and `submit` ask of its nodes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ltk8s.cluster.job import Manifest, worker_of
from ltk8s.cluster.kubernetes.api import Api, ApiError
from ltk8s.cluster.kubernetes.diagnosis.facts import REFUSED
from ltk8s.cluster.kubernetes.diagnosis.scheduling import GPU


@dataclass(frozen=True)
class Nodes:
    """How many nodes there are, and how many of them have a GPU to give."""

    count: int
    with_gpu: int


def count_nodes(api: Api) -> Nodes | None:
    """All nodes, page by page; None where we may not list them.

    Raises:
        ApiError: if the cluster does not answer.
    """
    try:
        nodes = api.items("/api/v1/nodes")
    except ApiError as error:
        if error.status in REFUSED:
            return None
        raise
    allocatable = [(node.get("status") or {}).get("allocatable") or {} for node in nodes]
    return Nodes(len(nodes), sum(str(amounts.get(GPU, "0")) != "0" for amounts in allocatable))


def asks_for_gpu(manifest: Manifest) -> bool:
    """Whether a Job's worker asks for a GPU."""
    resources = worker_of(manifest).get("resources") or {}
    wanted = {**(resources.get("requests") or {}), **(resources.get("limits") or {})}
    return str(wanted.get(GPU, "0")) != "0"


def no_gpu(manifests: Sequence[Manifest], api: Api) -> str:
    """Why some of the Jobs would wait for ever, as two sentences; empty where none asks for a GPU, or a node has one.

    The nodes of a cluster that adds some when they are asked for have none now either: it is nothing to refuse a Job for.
    """
    asking = sum(map(asks_for_gpu, manifests))
    nodes = count_nodes(api) if asking else None
    if nodes is None or nodes.with_gpu:
        return ""
    where = f"The only node has no {GPU}" if nodes.count == 1 else f"None of {nodes.count} nodes has {GPU}"
    return (
        f"{where}, for which {asking} of {len(manifests)} Jobs ask: they wait until there is one. "
        "Choose --profile cpu or --profile laptop, or add GPU nodes."
    )
