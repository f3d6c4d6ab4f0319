"""What goes into the cluster while it is brought up."""

from __future__ import annotations

import json
from typing import Any

from tests.e2e.cluster.layout import KUBECONFIG
from tests.e2e.cluster.node import run


def apply(*objects: dict[str, Any]) -> None:
    """Create or change objects, as an administrator."""
    text = json.dumps({"apiVersion": "v1", "kind": "List", "items": objects})
    run("kubectl", f"--kubeconfig={KUBECONFIG}", "apply", "--filename=-", input=text)


def rolled_out(workload: str, namespace: str, seconds: int = 180) -> None:
    """Wait until all pods of a Deployment or DaemonSet are ready."""
    run(
        "kubectl",
        f"--kubeconfig={KUBECONFIG}",
        "rollout",
        "status",
        workload,
        f"--namespace={namespace}",
        f"--timeout={seconds}s",
    )
