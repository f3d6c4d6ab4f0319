"""Fake nodes by kwok, for thousands of Jobs against the real control plane: their pods run nothing and succeed at once."""

from __future__ import annotations

from typing import Any

from tests.e2e.cluster.layout import KUBECONFIG
from tests.e2e.cluster.node import run
from tests.e2e.cluster.objects import apply
from tests.e2e.cluster.processes import start, stop
from tests.tools.build import build

LABEL = {"type": "kwok"}
SELECTOR = "type=kwok"
TAINT = {"key": "kwok.x-k8s.io/node", "value": "fake", "effect": "NoSchedule"}
POD_TEMPLATE = {"spec": {"nodeSelector": LABEL, "tolerations": [{"key": TAINT["key"], "operator": "Exists"}]}}
"""What sends a pod there: a value of the setting LTK8S_POD_TEMPLATE."""


def start_fake_nodes(count: int) -> None:
    """Start kwok, and make so many nodes of 32 CPUs."""
    start(
        "kwok",
        [build("kwok"), f"--kubeconfig={KUBECONFIG}", f"--manage-nodes-with-label-selector={SELECTOR}",
         "--node-lease-duration-seconds=40", "--cidr=10.215.0.0/16"],
    )  # fmt: skip
    apply(*(_node(f"fake-{number}") for number in range(count)))


def stop_fake_nodes() -> None:
    """Remove the nodes, then kwok."""
    run("kubectl", f"--kubeconfig={KUBECONFIG}", "delete", "node", f"--selector={SELECTOR}")
    stop("kwok")


def _node(name: str) -> dict[str, Any]:
    size = {"cpu": "32", "memory": "256Gi", "pods": "250", "nvidia.com/gpu": "8"}
    return {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {"name": name, "labels": {**LABEL, "kubernetes.io/hostname": name}},
        "spec": {"taints": [TAINT]},
        "status": {"allocatable": size, "capacity": size},
    }
