"""A real control plane with kwok's fake nodes, and a real MinIO, for a benchmark: on free ports, in a temporary directory.

etcd is Debian's (`apt-get install etcd-server`); the others are built from their Go modules once, as for the tests. Pods
run on fake nodes: they become Running at once and end only when the benchmark says so.
"""

from __future__ import annotations

import json
import os
import secrets
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

from tests.tools.build import build

NODES = 10

PERSONS = {
    "admin": "system:masters",
    "system:kube-controller-manager": "",
    "system:kube-scheduler": "",
}

RUNNING = """
{{ $now := Now }}
phase: Running
podIP: 10.0.0.1
startTime: {{ $now | Quote }}
conditions:
- {type: Ready, status: "True", lastTransitionTime: {{ $now | Quote }}}
containerStatuses:
{{ range .spec.containers }}
- name: {{ .name | Quote }}
  image: {{ .image | Quote }}
  ready: true
  restartCount: 0
  state: {running: {startedAt: {{ $now | Quote }}}}
{{ end }}
"""


@contextmanager
def fake_cluster() -> Iterator[Path]:
    """The kubeconfig of a control plane of its own; everything is gone at the end."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="ltk8s-bench-")))
        yield start_control_plane(stack, folder)


@contextmanager
def minio() -> Iterator[str]:
    """The address of a store in a server of its own; its credentials are in the environment meanwhile."""
    credentials = {"AWS_ACCESS_KEY_ID": secrets.token_hex(8), "AWS_SECRET_ACCESS_KEY": secrets.token_hex(16)}
    with ExitStack() as stack, unchanged_environment():
        folder, port = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="ltk8s-bench-"))), free_port()
        os.environ |= credentials | {"AWS_EC2_METADATA_DISABLED": "true", "NO_PROXY": "127.0.0.1", "MINIO_BROWSER": "off"}
        os.environ["MINIO_ROOT_USER"], os.environ["MINIO_ROOT_PASSWORD"] = credentials.values()
        start(stack, folder, "minio", build("minio"), "server", "--quiet", f"--address=127.0.0.1:{port}", folder / "objects")
        endpoint = f"http://127.0.0.1:{port}"
        until(lambda: answers(f"{endpoint}/minio/health/ready"), "MinIO", folder)
        import boto3

        boto3.client("s3", endpoint_url=endpoint, region_name="us-east-1").create_bucket(Bucket="ltk8s")
        yield f"s3://ltk8s?endpoint={endpoint}"


@contextmanager
def unchanged_environment() -> Iterator[None]:
    before = dict(os.environ)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


def start_control_plane(stack: ExitStack, folder: Path) -> Path:
    etcd, peers, port = free_port(), free_port(), free_port()
    tokens = {person: secrets.token_hex(16) for person in PERSONS}
    lines = [f'{token},{person},{person},"{PERSONS[person]}"\n' for person, token in tokens.items()]
    (folder / "tokens.csv").write_text("".join(lines))
    key = folder / "accounts.key"
    subprocess.run(["openssl", "genrsa", "-out", key, "2048"], check=True, capture_output=True)
    start(
        stack, folder, "etcd", etcd_binary(), f"--data-dir={folder / 'etcd'}", "--unsafe-no-fsync",
        f"--listen-client-urls={local(etcd)}",
        f"--advertise-client-urls={local(etcd)}", f"--listen-peer-urls={local(peers)}",
        f"--initial-advertise-peer-urls={local(peers)}", f"--initial-cluster=default={local(peers)}",
    )  # fmt: skip
    start(
        stack, folder, "apiserver", build("kube-apiserver"), f"--etcd-servers={local(etcd)}", f"--secure-port={port}",
        "--bind-address=127.0.0.1", "--advertise-address=127.0.0.1", f"--cert-dir={folder / 'certificates'}",
        f"--token-auth-file={folder / 'tokens.csv'}", "--authorization-mode=RBAC", "--endpoint-reconciler-type=none",
        f"--service-account-key-file={key}", f"--service-account-signing-key-file={key}",
        "--service-account-issuer=https://kubernetes.default.svc", "--service-cluster-ip-range=10.197.0.0/16",
    )  # fmt: skip
    configs = {person: kubeconfig(folder, port, person, token) for person, token in tokens.items()}
    admin = configs["admin"]
    until(lambda: ready(admin), "the API server", folder)
    start(
        stack, folder, "controller-manager", build("kube-controller-manager"),
        f"--kubeconfig={configs['system:kube-controller-manager']}", "--leader-elect=false", f"--secure-port={free_port()}",
        f"--service-account-private-key-file={key}",
        "--use-service-account-credentials", "--kube-api-qps=400", "--kube-api-burst=400",
        f"--cert-dir={folder / 'certificates'}",
    )  # fmt: skip
    start(
        stack, folder, "scheduler", build("kube-scheduler"), f"--kubeconfig={configs['system:kube-scheduler']}",
        "--leader-elect=false", f"--secure-port={free_port()}", f"--cert-dir={folder / 'scheduler'}",
    )  # fmt: skip
    start_nodes(stack, folder, admin)
    return admin


def start_nodes(stack: ExitStack, folder: Path, admin: Path) -> None:
    """kwok's fake nodes, with room for everything."""
    capacity = {"cpu": "20k", "memory": "100Ti", "pods": "10k", "nvidia.com/gpu": "10k"}
    conditions = [{"type": "Ready", "status": "True", "reason": "Fake"}]
    ready_node = json.dumps({"allocatable": capacity, "capacity": capacity, "conditions": conditions})
    exists = {"key": ".metadata.deletionTimestamp", "operator": "DoesNotExist"}
    config = folder / "kwok.json"
    stages = [
        stage("node-ready", "Node", [{**exists, "key": ".status.allocatable.memory"}], {"statusTemplate": ready_node}),
        stage("pod-running", "Pod", [exists, {**exists, "key": ".status.podIP"}], {"statusTemplate": RUNNING}),
        stage("pod-gone", "Pod", [{**exists, "operator": "Exists"}], {"finalizers": {"empty": True}, "delete": True}),
    ]
    config.write_text("\n---\n".join(json.dumps(each) for each in stages))
    for number in range(NODES):
        node = {"apiVersion": "v1", "kind": "Node", "metadata": {"name": f"fake-{number}"}}
        kubectl(admin, "apply", "-f", "-", input=json.dumps(node))
    start(
        stack, folder, "kwok", build("kwok"), f"--kubeconfig={admin}", "--manage-all-nodes", f"--config={config}",
        "--node-lease-duration-seconds=40",
    )  # fmt: skip
    until(lambda: kubectl(admin, "get", "nodes", "--no-headers").split().count("Ready") == NODES, "the fake nodes", folder)


def stage(name: str, kind: str, when: list[dict[str, Any]], then: dict[str, Any]) -> dict[str, Any]:
    """One step of a fake life."""
    return {
        "apiVersion": "kwok.x-k8s.io/v1alpha1",
        "kind": "Stage",
        "metadata": {"name": name},
        "spec": {"resourceRef": {"apiGroup": "v1", "kind": kind}, "selector": {"matchExpressions": when}, "next": then},
    }


def kubectl(config: Path, *arguments: str, input: str | None = None) -> str:
    command = ["kubectl", f"--kubeconfig={config}", *arguments]
    return subprocess.run(command, input=input, check=True, capture_output=True, text=True).stdout


def kubeconfig(folder: Path, port: int, person: str, token: str) -> Path:
    """Trust in the API server is in the certificate that it has made for itself."""
    path = folder / f"{person.rpartition(':')[2]}.kubeconfig"
    authority = str(folder / "certificates" / "apiserver.crt")
    cluster = {"server": f"https://127.0.0.1:{port}", "certificate-authority": authority}
    config = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": "fake", "cluster": cluster}],
        "users": [{"name": person, "user": {"token": token}}],
        "contexts": [{"name": "fake", "context": {"cluster": "fake", "user": person}}],
        "current-context": "fake",
    }
    path.write_text(json.dumps(config))
    return path


def start(stack: ExitStack, folder: Path, name: str, *command: object) -> None:
    """Start a process that ends with the stack."""
    with (folder / f"{name}.log").open("wb") as log:
        process = subprocess.Popen([str(part) for part in command], stdout=log, stderr=log, cwd=folder)

    def end() -> None:
        process.kill()
        process.wait()

    stack.callback(end)


def until(true: Callable[[], bool], what: str, folder: Path, seconds: float = 90) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        if time.monotonic() > deadline:
            logs = "\n".join(f"{log.name}: {log.read_text()[-600:]}" for log in folder.glob("*.log"))
            raise SystemExit(f"{what} did not start in {seconds:g} s.\n{logs}")
        time.sleep(0.2)


def ready(config: Path) -> bool:
    try:
        return kubectl(config, "get", "--raw", "/readyz") == "ok"
    except subprocess.CalledProcessError:
        return False


def answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def etcd_binary() -> str:
    if found := shutil.which("etcd"):
        return found
    raise SystemExit("There is no etcd on this machine. Install it (Debian: etcd-server), or name a cluster with --kubeconfig.")


def local(port: int) -> str:
    return f"http://127.0.0.1:{port}"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
