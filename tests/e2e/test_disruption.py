"""Pods are deleted and evicted, MinIO and the API server go away: learners resume, and end with the same weights."""

import json
import time

import pytest

from ltk8s.store.commit import read_result
from ltk8s.store.progress import read_progress
from tests.e2e.client import TINY, eventually, has_condition, is_complete, job_of, listed, pods_of

STEPS = 400
OUTAGES = 180
"""Seconds: of both together, with what begins and ends them."""


def spec(steps):
    return ("baseline", "--ratio", "full", *TINY, "--set", f"train.steps={steps}")


def trains(store, id, beyond=0):
    """Whether the learner is in the midst of its training, some steps beyond where it was seen last."""
    progress = read_progress(store, "learner", id)
    return progress and progress.phase == "training" and progress.step > beyond and progress.step


def running_pod(cluster, id, other_than=()):
    names = [pod["metadata"]["name"] for pod in pods_of(cluster, id) if pod["status"]["phase"] == "Running"]
    return next((name for name in names if name not in other_than), None)


def checkpoint(result):
    return result.artifacts["checkpoint.safetensors"].sha256


@pytest.fixture(scope="module")
def undisturbed(client, cluster, store, glyphs):
    """The result of a learner that nobody has disturbed; then all trace of it is removed."""
    submitted = client.submit(*spec(STEPS))
    eventually(lambda: is_complete(cluster, submitted.fusion), 300, "the fusion's end")
    result = read_result(store, "learner", submitted.learners[0])
    client.ok("delete", submitted.run)
    client.ok("gc", "--older-than", "0m", "--yes")
    assert read_result(store, "learner", submitted.learners[0]) is None
    return result


def test_a_deleted_and_an_evicted_pod_resume_to_the_same_weights(client, cluster, store, undisturbed):
    submitted = client.submit(*spec(STEPS))
    (learner,) = submitted.learners

    step = eventually(lambda: trains(store, learner), 300, "training")
    first = running_pod(cluster, learner)
    cluster.kubectl("delete", "pod", "-n", "ltk8s", first)

    second = eventually(lambda: running_pod(cluster, learner, [first]), 300, "the next pod")
    eventually(lambda: trains(store, learner, beyond=step), 300, "training that goes on")
    evict(cluster, second)

    eventually(lambda: is_complete(cluster, learner), 300, "the learner's end")
    assert not job_of(cluster, learner)["status"].get("failed")  # nothing of backoffLimit is spent
    result = read_result(store, "learner", learner)
    assert checkpoint(result) == checkpoint(undisturbed)
    assert result.provenance["attempts"] == 3


def evict(cluster, pod):
    """Through the eviction API, as a drain does."""
    body = {"apiVersion": "policy/v1", "kind": "Eviction", "metadata": {"name": pod, "namespace": "ltk8s"}}
    cluster.kubectl("create", "--raw", f"/api/v1/namespaces/ltk8s/pods/{pod}/eviction", "-f", "-", input=json.dumps(body))


@pytest.fixture(scope="module")
def long(client, store, undisturbed):
    """A learner that outlasts both outages on this machine, fast or slow, followed by a client."""
    submitted = client.submit(*spec(round(OUTAGES * STEPS / undisturbed.provenance["seconds"])))
    watching = client.start("watch", submitted.run, "--plain")
    eventually(lambda: trains(store, submitted.learners[0]), 300, "training")
    yield submitted, watching
    if watching.poll() is None:
        watching.terminate()
    watching.communicate()


def test_the_api_server_stopped_for_30_seconds(cluster, long):
    _, watching = long
    restarts = controller_restarts(cluster)
    cluster.stop("apiserver")
    time.sleep(30)
    cluster.start("apiserver")
    assert watching.poll() is None
    eventually(lambda: has_condition(controller(cluster), "Available"), 300, "the controller")
    assert controller_restarts(cluster) == restarts


def test_minio_stopped_for_60_seconds(client, cluster, store, long):
    submitted, watching = long
    (learner,) = submitted.learners
    cluster.kubectl("scale", "statefulset", "minio", "-n", "ltk8s", "--replicas=0")
    cluster.kubectl("wait", "pod", "minio-0", "-n", "ltk8s", "--for=delete", "--timeout=180s")
    meanwhile = client.run("why", submitted.run)
    time.sleep(60)
    cluster.kubectl("scale", "statefulset", "minio", "-n", "ltk8s", "--replicas=1")
    said = meanwhile.stdout + meanwhile.stderr
    assert "store" in said
    assert "minio" in said

    eventually(lambda: is_complete(cluster, submitted.fusion), 600, "the fusion's end")
    for id in (learner, submitted.fusion):
        assert len(pods_of(cluster, id)) == 1
        assert not job_of(cluster, id)["status"].get("failed")
    out, err = watching.communicate(timeout=180)
    assert watching.returncode == 0, out + err


def controller(cluster):
    return next(each for each in listed(cluster, "deployments") if each["metadata"]["name"] == "ltk8s-controller")


def controller_restarts(cluster):
    pods = listed(cluster, "pods", "app.kubernetes.io/component=controller")
    return {pod["metadata"]["name"]: pod["status"]["containerStatuses"][0]["restartCount"] for pod in pods}
