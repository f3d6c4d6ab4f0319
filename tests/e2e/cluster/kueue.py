"""Kueue as its own manifests install it."""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
from pathlib import Path

from tests.e2e.cluster.node import run
from tests.e2e.cluster.processes import until
from tests.tools.build import TOOLS_BY_NAME, source


def install_kueue(image: str, kubeconfig: Path) -> None:
    """Install it, and wait until its webhooks answer. Every Job passes through them from then on.

    Args:
        image: of the version whose manifests these are, `manifests_version`; its entry point is Kueue itself.
    """
    kubectl = ["kubectl", f"--kubeconfig={kubeconfig}"]
    with tempfile.TemporaryDirectory() as scratch:
        directory = Path(scratch).resolve()
        base = os.path.relpath(source("kueue") / "config" / "default", directory)  # kustomize takes no absolute path
        (directory / "kustomization.yaml").write_text(json.dumps(_kustomization(base, image)))
        run(*kubectl, "apply", "--server-side", "--force-conflicts", f"--kustomize={directory}")
    deployment = "deployment/kueue-controller-manager"
    run(*kubectl, "rollout", "status", deployment, "--namespace=kueue-system", "--timeout=300s")
    # its pod is ready some seconds before its Service leads to it
    until(lambda: _answers(kubectl), 180, "an answer of Kueue's webhooks")


def manifests_version() -> str:
    """
    >>> manifests_version().startswith("v0.")
    True
    """
    return TOOLS_BY_NAME["kueue"].version


def has_kueue(kubeconfig: Path) -> bool:
    """Whether the cluster knows Kueue's queues."""
    crd = ("get", "customresourcedefinition", "localqueues.kueue.x-k8s.io", "--ignore-not-found", "--output=name")
    return bool(run("kubectl", f"--kubeconfig={kubeconfig}", *crd).strip())


def _answers(kubectl: list[str]) -> bool:
    """Whether a queue would be taken, by the webhooks that every object of Kueue's passes through."""
    flavor = {"apiVersion": "kueue.x-k8s.io/v1beta2", "kind": "ResourceFlavor", "metadata": {"name": "probe"}}
    command = [*kubectl, "create", "--dry-run=server", "--filename=-"]
    return subprocess.run(command, input=json.dumps(flavor), text=True, capture_output=True).returncode == 0


def _kustomization(base: str, image: str) -> dict[str, object]:
    manager = "/spec/template/spec/containers/0"
    changes = [
        {"op": "remove", "path": f"{manager}/command"},
        {"op": "replace", "path": f"{manager}/image", "value": image},
        {"op": "replace", "path": f"{manager}/imagePullPolicy", "value": "IfNotPresent"},
        {"op": "replace", "path": f"{manager}/resources/requests/cpu", "value": "50m"},
    ]
    target = {"kind": "Deployment", "name": "controller-manager"}
    # An aggregated API of Kueue's, for dashboards. While it does not answer, no namespace can be deleted.
    visibility = {
        "$patch": "delete",
        "apiVersion": "apiregistration.k8s.io/v1",
        "kind": "APIService",
        "metadata": {"name": "any"},
    }
    return {
        "apiVersion": "kustomize.config.k8s.io/v1beta1",
        "kind": "Kustomization",
        "resources": [base],
        "patches": [
            {"target": target, "patch": json.dumps(changes)},
            {"target": {"kind": "APIService"}, "patch": json.dumps(visibility)},
        ],
    }
