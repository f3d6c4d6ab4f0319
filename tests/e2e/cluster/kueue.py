"""Kueue as its own manifests install it, with the image that was built here."""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
from pathlib import Path

from tests.e2e.cluster.layout import KUBECONFIG
from tests.e2e.cluster.node import run
from tests.e2e.cluster.objects import rolled_out
from tests.e2e.cluster.processes import until
from tests.tools.build import source


def install_kueue(image: str) -> None:
    """Install it, and wait until its webhooks answer. Every Job passes through them from then on."""
    with tempfile.TemporaryDirectory() as scratch:
        directory = Path(scratch).resolve()
        base = os.path.relpath(source("kueue") / "config" / "default", directory)  # kustomize takes no absolute path
        (directory / "kustomization.yaml").write_text(json.dumps(_kustomization(base, image)))
        run("kubectl", f"--kubeconfig={KUBECONFIG}", "apply", "--server-side", "--force-conflicts", f"--kustomize={directory}")
    rolled_out("deployment/kueue-controller-manager", "kueue-system")
    until(_answers, 180, "an answer of Kueue's webhooks")  # its pod is ready some seconds before its Service leads to it


def _answers() -> bool:
    """Whether a queue would be taken, by the webhooks that every object of Kueue's passes through."""
    flavor = {"apiVersion": "kueue.x-k8s.io/v1beta2", "kind": "ResourceFlavor", "metadata": {"name": "probe"}}
    command = ["kubectl", f"--kubeconfig={KUBECONFIG}", "create", "--dry-run=server", "--filename=-"]
    return subprocess.run(command, input=json.dumps(flavor), text=True, capture_output=True).returncode == 0


def _kustomization(base: str, image: str) -> dict[str, object]:
    manager = "/spec/template/spec/containers/0"
    changes = [
        {"op": "replace", "path": f"{manager}/command", "value": ["kueue"]},
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
