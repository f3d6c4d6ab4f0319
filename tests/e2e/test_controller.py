"""Controllers as processes of the test's own, with the rights of the controller's Role, in a namespace of their own.

Their learners fit on no node: the tests commit for them and let their pods end, so that each moment can be chosen.
"""

import json
import os
import random
import secrets
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import boto3
import pytest

from ltk8s.cluster.render import render, to_yaml
from ltk8s.planning.planner import plan
from ltk8s.planning.task import canonical_json
from ltk8s.spec.library import Library
from ltk8s.spec.settings import Settings
from ltk8s.store import open_store
from ltk8s.store.commit import Attempt
from tests.cifar50 import DATASET, weights
from tests.e2e.client import eventually
from tests.tools.build import build

NAMESPACE = "ltk8s-e2e-controller"
ROLE = Path(__file__).parents[2] / "k8s" / "base" / "role-controller.yaml"


class Store:
    """A MinIO server of the test's own, which it may stop."""

    def __init__(self, directory):
        self.directory = directory
        self.port = free_port()
        self.credentials = new_credentials()
        self.endpoint = f"http://127.0.0.1:{self.port}"

    def start(self):
        user, password = self.credentials.values()
        command = [build("minio"), "server", "--quiet", f"--address=127.0.0.1:{self.port}", self.directory / "objects"]
        environment = {**os.environ, "MINIO_ROOT_USER": user, "MINIO_ROOT_PASSWORD": password, "MINIO_BROWSER": "off"}
        with (self.directory / "minio.log").open("ab") as log:
            self.process = subprocess.Popen([str(part) for part in command], env=environment, stdout=log, stderr=log)
        eventually(lambda: answers(f"{self.endpoint}/minio/health/ready"), 120, "MinIO")

    def stop(self):
        self.process.kill()
        self.process.wait()


class Controller:
    """One controller, as a process."""

    def __init__(self, environment, directory):
        self.port = free_port()
        self.log = directory / f"controller-{self.port}.log"
        command = [sys.executable, "-c", "from ltk8s.cli.app import main; main()", "controller", "--port", str(self.port)]
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(command, env=environment, cwd=directory, stdout=log, stderr=log)
        eventually(lambda: self.answers("/readyz"), 120, "a controller that is ready")

    def answers(self, path):
        return answers(f"http://127.0.0.1:{self.port}{path}")

    def metric(self, name):
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/metrics", timeout=5) as answer:
            lines = answer.read().decode().splitlines()
        return float(next(line for line in lines if line.startswith(f"{name} ")).rpartition(" ")[2])

    def lines(self):
        return [json.loads(line) for line in self.log.read_text().splitlines()]

    def warnings(self):
        return [line["message"] for line in self.lines() if line["level"] == "warning"]

    def send(self, number):
        self.process.send_signal(number)

    def kill(self):
        self.process.kill()
        self.process.wait()


class Place:
    """The namespace with its runs, and the store."""

    def __init__(self, cluster, store, directory, environment):
        self.cluster, self.server, self.directory = cluster, store, directory
        self.environment = environment
        self.store = open_store(f"s3://ltk8s?endpoint={store.endpoint}", retry_seconds=60)
        self.tasks = {}

    def controller(self):
        return Controller(self.environment, self.directory)

    def kubectl(self, *arguments, **options):
        return self.cluster.kubectl("-n", NAMESPACE, *arguments, **options)

    def get(self, *arguments):
        return json.loads(self.kubectl("get", *arguments, "-o", "json"))

    def submit(self, name="stacking", *, only_fusion=False):
        """A run that nothing else shares: its fusion, and its learners."""
        overrides = {"train.lr": random.uniform(1e-5, 1e-3), "resources.memory": "900Gi"}
        _, experiment = Library().experiment(name, profile="laptop", overrides=overrides)
        planned = plan(name, experiment, DATASET, weights, profile="laptop")
        settings = Settings(namespace=NAMESPACE, store={"url": "s3://ltk8s", "endpoint": self.server.endpoint})
        manifests = render(planned, settings)
        self.tasks |= {task.id: task for task in planned.learners}
        self.kubectl("create", "-f", "-", input=to_yaml(manifests[:1] if only_fusion else manifests))
        return planned.fusion.id, [task.id for task in planned.learners]

    def commit(self, id):
        attempt = Attempt(self.store, canonical_json(self.tasks[id]), "learner", id)
        attempt.put("log.txt", b"played")
        attempt.commit({"accuracy": 0.5}, {})

    def pod(self, id):
        """The name of a learner's pod, once it has one."""
        return eventually(lambda: self.kubectl("get", "pods", "-l", f"job-name={id}", "-o", "name").strip(), 300, "a pod")

    def end(self, id, code=0):
        """Let a learner's pod end, as a kubelet tells it."""
        terminated = {"exitCode": code, "finishedAt": now(), "startedAt": now()}
        container = {"name": "worker", "image": "x", "imageID": "", "ready": False, "restartCount": 0}
        status = {"phase": "Failed" if code else "Succeeded"}
        status["containerStatuses"] = [{**container, "state": {"terminated": terminated}}]
        self.kubectl("patch", self.pod(id), "--subresource=status", "--type=merge", "-p", json.dumps({"status": status}))

    def is_released(self, fusion):
        job = self.get("job", fusion)
        return "ltk8s.io/held" not in job["metadata"]["labels"] and not job["spec"]["suspend"]

    def events(self, fusion, reason):
        items = self.get("events", f"--field-selector=involvedObject.name={fusion}")["items"]
        return [event for event in items if event["reason"] == reason]


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    store = Store(tmp_path_factory.mktemp("store"))
    store.start()
    with pytest.MonkeyPatch.context() as environment:
        for name, value in {**store.credentials, "AWS_EC2_METADATA_DISABLED": "true", "NO_PROXY": "127.0.0.1"}.items():
            environment.setenv(name, value)
        boto3.client("s3", endpoint_url=store.endpoint, region_name="us-east-1").create_bucket(Bucket="ltk8s")
        yield store
    store.stop()


@pytest.fixture(scope="module")
def place(cluster, server, tmp_path_factory):
    cluster.kubectl("create", "namespace", NAMESPACE)
    cluster.kubectl("-n", NAMESPACE, "create", "serviceaccount", "ltk8s-controller")
    cluster.kubectl("-n", NAMESPACE, "apply", "-f", str(ROLE))
    directory = tmp_path_factory.mktemp("controllers")
    config = json.loads(cluster.kubectl("config", "view", "--raw", "--flatten", "--minify", "-o", "json"))
    token = cluster.kubectl("-n", NAMESPACE, "create", "token", "ltk8s-controller", "--duration=4h").strip()
    config["users"][0]["user"] = {"token": token}
    (directory / "kubeconfig").write_text(json.dumps(config))
    kept = {name: value for name, value in os.environ.items() if not name.startswith("LTK8S_")}
    environment = {
        **kept,
        "KUBECONFIG": str(directory / "kubeconfig"),
        "LTK8S_NAMESPACE": NAMESPACE,
        "LTK8S_STORE__URL": "s3://ltk8s",
        "LTK8S_STORE__ENDPOINT": server.endpoint,
        "LTK8S_STATE_DIR": str(directory / "state"),
    }
    yield Place(cluster, server, directory, environment)
    cluster.kubectl("delete", "namespace", NAMESPACE, "--wait=false")


@pytest.fixture
def controller(place):
    started = place.controller()
    yield started
    started.kill()


def test_a_fusion_is_released_at_its_last_learners_end(place, controller):
    fusion, learners = place.submit()
    for id in learners:
        place.commit(id)
        place.end(id)
    eventually(lambda: place.is_released(fusion), 20, "the release", pause=0.05)
    (event,) = eventually(lambda: place.events(fusion, "Released"), 60, "the Event")
    assert (event["type"], event["message"]) == ("Normal", "All 3 learners are committed: it starts.")
    assert controller.metric("ltk8s_release_seconds_count") == 1


def test_of_two_controllers_of_which_one_is_killed_exactly_one_releases(place):
    controllers = [place.controller(), place.controller()]
    fusions = []
    for _ in range(8):
        fusion, (*first, last) = place.submit()
        fusions.append(fusion)
        for id in first:
            place.commit(id)
            place.end(id)
        place.pod(last)
        for each in controllers:
            each.send(signal.SIGSTOP)
        place.commit(last)
        place.end(last)
        for each in controllers:
            each.send(signal.SIGCONT)
        time.sleep(random.uniform(0, 0.08))
        controllers.pop(0).kill()
        controllers.append(place.controller())
    for fusion in fusions:
        eventually(lambda fusion=fusion: place.is_released(fusion), 120, "the release")
        assert place.get("job", fusion)["metadata"]["generation"] == 2  # as created, and un-suspended: its spec changed once
        assert len(place.events(fusion, "Released")) <= 1  # none where it was killed between the two
    for each in controllers:
        each.kill()


def test_learners_that_were_removed_after_their_commit_are_not_missed(place):
    fusion, learners = place.submit()
    for id in learners:
        place.commit(id)
    place.kubectl("delete", "job", *learners)
    controller = place.controller()  # which never saw them
    eventually(lambda: place.is_released(fusion), 60, "the release")

    fusion, learners = place.submit()
    for id in learners:
        place.commit(id)
    place.kubectl("delete", "job", *learners)
    eventually(lambda: place.is_released(fusion), 60, "the release")
    controller.kill()


def test_the_store_stopped_for_60_seconds(place, controller):
    fusion, learners = place.submit()
    for id in learners:
        place.commit(id)
    for id in learners[:-1]:
        place.end(id)
    place.pod(learners[-1])
    place.server.stop()
    place.end(learners[-1])
    time.sleep(60)
    assert controller.answers("/healthz")
    assert controller.metric("ltk8s_store_up") == 0
    place.server.start()
    eventually(lambda: place.is_released(fusion), 60, "the release")
    assert len([line for line in controller.warnings() if "does not answer" in line]) == 1
    eventually(lambda: controller.metric("ltk8s_store_up") == 1, 120, "the metric")


def test_a_credential_that_the_store_refuses_is_told_and_ends_the_process_for_the_next_to_take_the_new_one(place, controller):
    fusion, learners = place.submit()
    for id in learners:
        place.commit(id)
    place.server.stop()
    before, place.server.credentials = place.server.credentials, new_credentials()
    place.server.start()
    try:
        place.end(learners[0])
        refusal = "does not accept the credential"  # said once the server is up again: before that it does not answer
        eventually(lambda: refusal in refused_by(place.get("lease", "ltk8s-controller")), 60, "the Lease's annotation")
        assert controller.process.wait(60) == 1
        place.environment |= place.server.credentials
        successor = place.controller()
        eventually(lambda: place.is_released(fusion), 60, "the release")
        eventually(lambda: not refused_by(place.get("lease", "ltk8s-controller")), 60, "the annotation's end")
        successor.kill()
    finally:
        place.environment |= before
        place.server.stop()
        place.server.credentials = before
        place.server.start()


def refused_by(lease):
    return lease["metadata"]["annotations"].get("ltk8s.io/store-trouble", "")


def test_what_blocks_a_fusion_is_told_once_however_many_controllers_run(place, controller):
    other = place.controller()
    began = time.monotonic()
    unsubmitted, _ = place.submit(only_fusion=True)
    fusion, learners = place.submit()
    place.end(learners[0], code=65)
    (event,) = eventually(lambda: place.events(fusion, "PredecessorFailed"), 120, "the Event")
    assert event["type"] == "Warning"
    assert event["message"].startswith(f"{learners[0]} failed. ")

    early = place.events(unsubmitted, "PredecessorMissing")  # which may just not be there yet
    assert not early or time.monotonic() - began >= 59
    (event,) = eventually(lambda: place.events(unsubmitted, "PredecessorMissing"), 300, "the Event")
    assert "neither a Job nor a result" in event["message"]
    assert len(place.events(fusion, "PredecessorFailed")) == 1
    eventually(lambda: controller.metric("ltk8s_blocked_jobs") == 2, 120, "the metric")
    other.kill()
    place.kubectl("delete", "job", unsubmitted, fusion, *learners)


def test_its_heartbeat_its_logs_and_its_end(place, server):
    controller = place.controller()
    lease = eventually(lambda: place.get("lease", "ltk8s-controller"), 60, "the Lease")
    assert lease["metadata"]["annotations"]["ltk8s.io/store"] == "s3://ltk8s"
    assert lease["spec"]["holderIdentity"] == socket.gethostname()
    began = time.monotonic()
    controller.send(signal.SIGTERM)
    assert controller.process.wait(60) == 0
    assert time.monotonic() - began < 10  # at once, not when its grace is over
    assert {"time", "level", "message"} <= set(controller.lines()[0])
    token = json.loads((place.directory / "kubeconfig").read_text())["users"][0]["user"]["token"]
    for log in place.directory.glob("controller-*.log"):
        text = log.read_text()
        assert not any(secret in text for secret in (token, *server.credentials.values()))
        assert "Traceback" not in text


def test_the_api_server_stopped_for_30_seconds(place, controller):
    fusion, learners = place.submit()
    for id in learners:
        place.commit(id)
        place.pod(id)
    place.cluster.stop("apiserver")
    time.sleep(30)
    assert controller.answers("/healthz")
    place.cluster.start("apiserver")
    eventually(lambda: place.is_released(fusion), 60, "the release")
    assert controller.process.poll() is None
    assert len([line for line in controller.warnings() if line.startswith("the jobs cannot be watched")]) == 1


def new_credentials():
    return {"AWS_ACCESS_KEY_ID": secrets.token_hex(8), "AWS_SECRET_ACCESS_KEY": secrets.token_hex(16)}


def answers(url):
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:
            return answer.status == 200
    except OSError:
        return False


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def now():
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
