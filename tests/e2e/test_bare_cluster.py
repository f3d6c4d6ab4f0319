"""The cluster itself: what the other tests stand on. First, for Kueue leaves for a while when the API server does."""

import json
import re
import subprocess
import time
import uuid

import pytest

from tests.e2e.cluster.down import removal
from tests.e2e.cluster.firewall import CHAIN
from tests.e2e.cluster.layout import BRIDGE, PODS

SERVER = "import http.server as h; h.HTTPServer(('', 8000), h.SimpleHTTPRequestHandler).serve_forever()"
ASK = """\
import time, urllib.request as r
for left in reversed(range({times})):  # a way to a Service may open a moment after the Service is there
    try:
        print(r.urlopen("http://{host}:8000", timeout=3).status)
        break
    except OSError as error:
        if not left:
            raise
        time.sleep(2)
"""


def pod(name, image, code):
    """A pod as the restricted standard wants it, running some Python."""
    container = {
        "name": "main",
        "image": image,
        "command": ["python3", "-u", "-c", code],
        "securityContext": {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}},
        "resources": {"requests": {"cpu": "10m", "memory": "32Mi"}},
    }
    security = {"runAsNonRoot": True, "runAsUser": 10001, "seccompProfile": {"type": "RuntimeDefault"}}
    spec = {"restartPolicy": "Never", "securityContext": security, "containers": [container]}
    spec |= {"automountServiceAccountToken": False, "terminationGracePeriodSeconds": 0}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, "labels": {"app": name}}, "spec": spec}


@pytest.fixture(scope="module")
def image(cluster):
    if not cluster.ours:
        pytest.skip("the machine that someone else runs is theirs to test")
    return cluster.images["debian"]


@pytest.fixture
def namespace(cluster):
    """A namespace of its own that enforces the restricted standard."""
    name = f"e2e-{uuid.uuid4().hex[:8]}"
    labels = {"pod-security.kubernetes.io/enforce": "restricted"}
    cluster.apply_objects({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": labels}})
    yield name
    cluster.kubectl("delete", "namespace", name, "--wait=false")


@pytest.fixture
def server(cluster, namespace, image):
    """A web server behind a Service."""
    run(cluster, namespace, pod("server", image, SERVER))
    service = {"selector": {"app": "server"}, "ports": [{"port": 8000}]}
    cluster.apply_objects(
        {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "server", "namespace": namespace}, "spec": service}
    )
    cluster.kubectl("wait", "pod/server", "-n", namespace, "--for=condition=Ready", "--timeout=120s")
    return f"server.{namespace}.svc"


@pytest.fixture
def shut(image):
    """The machine's own firewall drops what comes from pods, as it does under Docker, ufw or firewalld."""
    rules = [(chain, "--source", PODS, "!", "--in-interface", "lo", "--jump", "DROP") for chain in ("FORWARD", "INPUT")]
    for rule in rules:
        subprocess.run(["iptables", "--append", *rule], check=True)
    yield
    for rule in rules:
        subprocess.run(["iptables", "--delete", *rule], check=True)


def run(cluster, namespace, manifest):
    cluster.kubectl("apply", "-n", namespace, "-f", "-", input=json.dumps(manifest))


def outcome(cluster, namespace, manifest):
    """The phase in which a pod ended, and what it said."""
    run(cluster, namespace, manifest)
    name = manifest["metadata"]["name"]
    for _ in range(240):
        phase = cluster.get("pod", name, "-n", namespace)["status"]["phase"]
        if phase in ("Succeeded", "Failed"):
            return phase, cluster.kubectl("logs", name, "-n", namespace)
        time.sleep(0.5)
    raise TimeoutError(f"{name} is {phase}")


def test_a_job_runs_under_the_restricted_standard_and_its_log_can_be_read(cluster, namespace, image):
    template = {"spec": pod("greeting", image, "print('hello')")["spec"]}
    job = {"apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": "greeting"}, "spec": {"template": template}}
    run(cluster, namespace, job)
    cluster.kubectl("wait", "job/greeting", "-n", namespace, "--for=condition=Complete", "--timeout=120s")
    assert cluster.kubectl("logs", "job/greeting", "-n", namespace) == "hello\n"


def test_a_pod_that_would_be_root_is_refused(cluster, namespace, image):
    manifest = pod("root", image, "")
    manifest["spec"]["securityContext"]["runAsUser"] = 0
    with pytest.raises(subprocess.CalledProcessError) as refusal:
        run(cluster, namespace, manifest)
    assert "violates PodSecurity" in refusal.value.stderr


def test_a_service_is_reached_by_its_name(cluster, namespace, image, server):
    assert outcome(cluster, namespace, pod("client", image, ASK.format(host=server, times=15))) == ("Succeeded", "200\n")


def test_a_firewall_of_the_machine_keeps_no_pod_from_another(cluster, namespace, image, server, shut):
    assert outcome(cluster, namespace, pod("client", image, ASK.format(host=server, times=3))) == ("Succeeded", "200\n")


def test_the_clusters_own_rules_are_taken_away_and_no_others(shut):
    saved = subprocess.run(["iptables-save"], capture_output=True, text=True, check=True).stdout
    left = set(re.findall("^-A (.+)$", saved, re.MULTILINE)) - set(re.findall("^-D (.+)$", removal(saved), re.MULTILINE))
    own = {f"FORWARD -i {BRIDGE} -o {BRIDGE} -j {CHAIN}", f"INPUT -i {BRIDGE} -j {CHAIN}"}
    assert all(f"-A {rule}" in saved for rule in own)
    assert not own & left
    assert {f"{chain} -s {PODS} ! -i lo -j DROP" for chain in ("FORWARD", "INPUT")} <= left


def test_a_network_policy_is_enforced(cluster, namespace, image, server):
    allowed = [{"from": [{"podSelector": {"matchLabels": {"app": "friend"}}}]}]
    policy = {"podSelector": {"matchLabels": {"app": "server"}}, "policyTypes": ["Ingress"], "ingress": allowed}
    cluster.apply_objects(
        {
            "apiVersion": "networking.k8s.io/v1",
            "kind": "NetworkPolicy",
            "metadata": {"name": "friends", "namespace": namespace},
            "spec": policy,
        }
    )
    time.sleep(3)
    assert outcome(cluster, namespace, pod("friend", image, ASK.format(host=server, times=15)))[0] == "Succeeded"
    phase, said = outcome(cluster, namespace, pod("stranger", image, ASK.format(host=server, times=1)))
    assert phase == "Failed"
    assert "timed out" in said or "refused" in said


def test_the_api_server_is_stopped_and_started(cluster, image):
    cluster.stop("apiserver")
    with pytest.raises(subprocess.CalledProcessError) as failure:
        cluster.kubectl("get", "nodes")
    cluster.start("apiserver")
    assert "refused" in failure.value.stderr
    assert cluster.requests("nodes").total() > 0  # counted anew, and it is asked again
