"""The cluster as tests see it: ours, whose components may be stopped, or one that someone else runs."""

from __future__ import annotations

import json
import os
import re
import subprocess
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families

from tests.e2e.cluster import layout, processes
from tests.e2e.cluster.control_plane import serves

CHECKOUT = Path(__file__).parents[3]
NAMESPACE = "ltk8s"


class Cluster:
    """A cluster and the images that it can pull.

    ``kubeconfig`` is an administrator's; ``ours`` says whether it is the one of this package.
    """

    def __init__(self, kubeconfig: Path, images: dict[str, str], *, ours: bool) -> None:
        self.kubeconfig = kubeconfig
        self.images = images
        self.ours = ours
        self._scratch = tempfile.TemporaryDirectory(prefix="ltk8s-e2e-")
        self.scratch = Path(self._scratch.name)

    def kubectl(self, *arguments: str, input: str | None = None, timeout: float = 300) -> str:
        """What kubectl prints, as an administrator. Raises CalledProcessError, with what it said as a note."""
        command = ["kubectl", f"--kubeconfig={self.kubeconfig}", *arguments]
        try:
            return subprocess.run(command, input=input, check=True, capture_output=True, text=True, timeout=timeout).stdout
        except subprocess.CalledProcessError as error:
            error.add_note(error.stderr.strip())
            raise

    def get(self, *arguments: str) -> dict[str, Any]:
        """An object, or a list of objects."""
        found: dict[str, Any] = json.loads(self.kubectl("get", *arguments, "--output=json"))
        return found

    def stop(self, component: str) -> None:
        """Stop etcd, apiserver, controller-manager, scheduler, containerd, kubelet, proxy, dns or registry."""
        self._must_be_ours()
        processes.stop(component)

    def start(self, component: str) -> None:
        """Start it again as it was; the API server is waited for."""
        self._must_be_ours()
        processes.start(component)
        if component == "apiserver":
            processes.until(serves, 180, "the API server")

    def _must_be_ours(self) -> None:
        if not self.ours:
            pytest.skip("stops components of the cluster, and LTK8S_E2E_KUBECONFIG names one that is not ours to stop")

    def metrics(self) -> str:
        """The API server's own."""
        return self.kubectl("get", "--raw", "/metrics")

    def requests(self, resource: str) -> Counter[str]:
        """How many requests for a resource the API server has counted, by verb; those for its subresources left out."""
        lines = [line for line in self.metrics().splitlines() if line.startswith("apiserver_request_total{")]
        counted: Counter[str] = Counter()
        for family in text_string_to_metric_families("\n".join(lines) + "\n"):
            for sample in family.samples:
                if sample.labels["resource"] == resource and not sample.labels["subresource"]:
                    counted[sample.labels["verb"]] += int(sample.value)
        return counted

    @contextmanager
    def proxy(self) -> Iterator[int]:
        """The port of a `kubectl proxy` that adds an administrator's rights to whatever passes."""
        command = ["kubectl", f"--kubeconfig={self.kubeconfig}", "proxy", "--port=0"]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout
            port = re.search(r":(\d+)$", process.stdout.readline().strip())
            assert port
            try:
                yield int(port.group(1))
            finally:
                process.terminate()

    def user_kubeconfig(self, account: str = "ltk8s-user", role: str = "ltk8s-user") -> Path:
        """The kubeconfig of a service account that is bound to a Role of the namespace; both are made."""
        binding = {
            "apiVersion": "rbac.authorization.k8s.io/v1",
            "kind": "RoleBinding",
            "metadata": {"name": f"e2e-{account}", "namespace": NAMESPACE},
            "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": role},
            "subjects": [{"kind": "ServiceAccount", "name": account, "namespace": NAMESPACE}],
        }
        user = {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": account, "namespace": NAMESPACE}}
        self.apply_objects(user, binding)
        token = self.kubectl("create", "token", account, f"--namespace={NAMESPACE}", "--duration=24h").strip()
        config = json.loads(self.kubectl("config", "view", "--raw", "--minify", "--output=json"))
        config["users"][0]["user"] = {"token": token}
        path = self.scratch / f"{account}.kubeconfig"
        path.touch(mode=0o600)
        path.write_text(json.dumps(config))
        return path

    def apply(self, directory: Path) -> None:
        """`kubectl apply -k`, as an install does."""
        self.kubectl("apply", "--server-side", "--force-conflicts", "--kustomize", str(directory))

    def apply_objects(self, *objects: dict[str, Any]) -> None:
        self.kubectl("apply", "--filename=-", input=json.dumps({"apiVersion": "v1", "kind": "List", "items": list(objects)}))

    @cached_property
    def overlay(self) -> Path:
        """A directory for `kubectl apply -k`: the project's overlay for kind, with our images in it."""
        directory = self.scratch / "overlay"
        directory.mkdir()
        # kustomize takes no absolute path
        base = os.path.relpath(CHECKOUT / "k8s" / "overlays" / "kind", directory)
        (directory / "kustomization.yaml").write_text(json.dumps(kustomization(base, self.images)))
        return directory

    def close(self) -> None:
        self._scratch.cleanup()


def kustomization(base: str, images: dict[str, str]) -> dict[str, Any]:
    """The overlay `base` with other images; the worker's is a setting too, for the Jobs that are submitted."""
    names = {"ltk8s/controller": "controller", "ltk8s/worker": "worker", "minio/minio": "minio"}
    return {
        "apiVersion": "kustomize.config.k8s.io/v1beta1",
        "kind": "Kustomization",
        "resources": [base],
        "images": [{"name": name, **_renamed(images[image])} for name, image in names.items() if image in images],
        "patches": [
            {
                "target": {"kind": "ConfigMap", "name": "ltk8s"},
                "patch": json.dumps([{"op": "add", "path": "/data/LTK8S_IMAGE__NAME", "value": images["worker"]}]),
            }
        ],
    }


def _renamed(reference: str) -> dict[str, str]:
    if "@" in reference:
        name, _, digest = reference.partition("@")
        return {"newName": name, "digest": digest}
    name, _, tag = reference.rpartition(":")
    return {"newName": name, "newTag": tag}


def chosen() -> Cluster | None:
    """The cluster that the environment names, or None where it names none.

    Raises KeyError where an image's reference is missing.
    """
    if not (given := os.environ.get("LTK8S_E2E_KUBECONFIG")):
        return None
    images = {image: os.environ[f"LTK8S_E2E_{image.upper()}_IMAGE"] for image in ("worker", "controller")}
    if minio := os.environ.get("LTK8S_E2E_MINIO_IMAGE"):
        images["minio"] = minio
    return Cluster(Path(given), images, ours=False)


def ours(images: dict[str, str]) -> Cluster:
    return Cluster(layout.KUBECONFIG, images, ours=True)
