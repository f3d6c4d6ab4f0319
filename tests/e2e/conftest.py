"""One real cluster for all tests: brought up here and taken down at the end, or one that is named.

LTK8S_E2E_KEEP=1 leaves it up, and takes one that is up. LTK8S_E2E_KUBECONFIG, LTK8S_E2E_WORKER_IMAGE and
LTK8S_E2E_CONTROLLER_IMAGE name someone else's, of which no component is stopped. Where that one has no Kueue, the tests of
queues install it with the image LTK8S_E2E_KUEUE_IMAGE, or are skipped.
"""

from __future__ import annotations

import base64
import json
import os
from collections.abc import Iterator

import pytest

from ltk8s.cluster.kubernetes.cluster import KubernetesCluster
from ltk8s.store import open_store
from ltk8s.store.base import Store
from tests.e2e.client import Client, eventually
from tests.e2e.cluster.cluster import CHECKOUT, NAMESPACE, Cluster, chosen, ours
from tests.e2e.cluster.down import down
from tests.e2e.cluster.images import push_binary
from tests.e2e.cluster.kueue import has_kueue, install_kueue, manifests_version
from tests.e2e.cluster.machine import Unfit
from tests.e2e.cluster.up import is_up, load_images, up

KUEUE_IMAGE = f"registry.k8s.io/kueue/kueue:{manifests_version()}"


@pytest.fixture(scope="session")
def cluster() -> Iterator[Cluster]:
    """The cluster, with every image built."""
    if found := chosen():
        yield found
        found.close()
        return
    keep = os.environ.get("LTK8S_E2E_KEEP") == "1"
    try:
        if not (keep and is_up()):
            up()
        found = ours(load_images())
        yield found
        found.close()
    except Unfit as unfit:
        pytest.exit(str(unfit), 1)
    finally:
        if not keep:
            down()


@pytest.fixture(scope="session")
def installed(cluster: Cluster) -> Cluster:
    """`kubectl apply -k` of the overlay is all that an install takes; MinIO and the controller are up."""
    cluster.apply(cluster.overlay)
    for workload in ("statefulset/minio", "deployment/ltk8s-controller"):
        cluster.kubectl("rollout", "status", workload, f"--namespace={NAMESPACE}", "--timeout=300s")
    eventually(lambda: _has_bucket(cluster), 300, "the bucket that the Job minio-init makes")
    return cluster


def _has_bucket(cluster: Cluster) -> bool:
    """Whether minio-init is done; it removes itself a minute later."""
    where = (f"--namespace={NAMESPACE}", "--ignore-not-found", "--output=json")
    job = cluster.kubectl("get", "job", "minio-init", *where)
    return not job or json.loads(job)["status"].get("succeeded") == 1


@pytest.fixture(scope="session")
def client(installed: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Client:
    """A user, with the rights of the Role ltk8s-user and no others."""
    return Client(installed.user_kubeconfig(), tmp_path_factory.mktemp("user"))


@pytest.fixture(scope="session")
def second_client(installed: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Client:
    """Another user on another machine."""
    return Client(installed.user_kubeconfig("second-user"), tmp_path_factory.mktemp("second"))


@pytest.fixture(scope="session")
def glyphs(client: Client) -> None:
    """Images and weights, staged once into the bucket: pods never need more."""
    client.ok("data", "stage", "glyphs50", "--per-class", "60")
    client.ok("weights", "stage", *(f"tf_efficientnet_lite{size}" for size in range(3)))


@pytest.fixture(scope="session")
def store(installed: Cluster) -> Iterator[Store]:
    """The store as an administrator reaches it, to look at it from outside."""
    secret = installed.get("secret", "ltk8s-store", f"--namespace={NAMESPACE}")["data"]
    endpoint = installed.get("configmap", "ltk8s", f"--namespace={NAMESPACE}")["data"]["LTK8S_STORE__ENDPOINT"]
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("KUBECONFIG", str(installed.kubeconfig))
        for name, value in secret.items():
            environment.setenv(name, base64.b64decode(value).decode())
        context = installed.kubectl("config", "current-context").strip()
        reached = KubernetesCluster(context, NAMESPACE).reach(endpoint)
        yield open_store(f"s3://ltk8s?endpoint={reached}")


@pytest.fixture(scope="session")
def kueue(installed: Cluster) -> None:
    """Kueue, and the queues of components/kueue. Without them no Job of the other tests asks for a queue."""
    if installed.ours:
        install_kueue(push_binary("kueue"), installed.kubeconfig)
    elif not has_kueue(installed.kubeconfig):
        if not (image := os.environ.get("LTK8S_E2E_KUEUE_IMAGE")):
            pytest.skip(f"this cluster has no Kueue; LTK8S_E2E_KUEUE_IMAGE={KUEUE_IMAGE} would install it")
        install_kueue(image, installed.kubeconfig)
    queues = CHECKOUT / "k8s" / "components" / "kueue" / "queues.yaml"
    installed.kubectl("apply", f"--namespace={NAMESPACE}", f"--filename={queues}")
