"""With a queue set, Jobs are admitted by Kueue: fusion holds no quota while it waits, and what Kueue stops, Kueue starts."""

import json
import time

import pytest

from tests.e2e.client import TINY, eventually, is_complete, job_of, listed, pods_of

QUEUE = {"LTK8S_QUEUE": "ltk8s"}


def workloads(cluster, job):
    return [
        each for each in listed(cluster, "workloads.kueue.x-k8s.io") if each["metadata"]["ownerReferences"][0]["name"] == job
    ]


def stop_policy(cluster, policy):
    cluster.kubectl("patch", "clusterqueue", "ltk8s", "--type=merge", "-p", json.dumps({"spec": {"stopPolicy": policy}}))


@pytest.fixture
def queue(kueue, cluster):
    """The queue, open again afterwards."""
    yield
    stop_policy(cluster, "None")


def test_jobs_go_through_the_queue_and_fusion_enters_it_when_it_is_released(cluster, client, glyphs, queue):
    stop_policy(cluster, "Hold")
    submitted = client.submit("baseline", "--ratio", "full", "--seed", "20", *TINY, "--set", "train.steps=3", **QUEUE)
    (learner,) = submitted.learners
    eventually(lambda: workloads(cluster, learner), 120, "the learner's Workload")
    assert job_of(cluster, learner)["spec"]["suspend"] is True
    assert not workloads(cluster, submitted.fusion)  # it holds no quota while it waits
    said = {reason["id"]: reason["why"] for reason in client.json("why", submitted.run, **QUEUE)}
    assert "Kueue" in said[learner]

    stop_policy(cluster, "None")
    eventually(lambda: is_complete(cluster, submitted.fusion), 300, "the fusion's end")
    assert len(workloads(cluster, submitted.fusion)) == 1


def test_a_job_that_kueue_stops_is_started_by_kueue_alone(cluster, client, store, glyphs, queue):
    submitted = client.submit("baseline", "--ratio", "full", "--seed", "21", *TINY, "--set", "train.steps=250", **QUEUE)
    (learner,) = submitted.learners
    eventually(lambda: job_of(cluster, learner)["status"].get("ready"), 300, "the learner")
    stop_policy(cluster, "HoldAndDrain")
    eventually(lambda: job_of(cluster, learner)["spec"]["suspend"], 120, "the eviction by Kueue")
    for _ in range(10):
        time.sleep(1)
        assert job_of(cluster, learner)["spec"]["suspend"] is True
    said = {reason["id"]: reason["why"] for reason in client.json("why", submitted.run, **QUEUE)}
    assert "Kueue" in said[learner]

    stop_policy(cluster, "None")
    eventually(lambda: is_complete(cluster, submitted.fusion), 300, "the fusion's end")
    assert not job_of(cluster, learner)["status"].get("failed")
    assert pods_of(cluster, learner)


def test_a_queue_that_does_not_exist_is_an_error_before_anything_is_created(cluster, client, glyphs, queue):
    done = client.run("submit", "baseline", *TINY, "--seed", "22", LTK8S_QUEUE="ltk9s")
    assert done.returncode == 2
    assert "ltk9s" in done.stderr
    assert "Did you mean 'ltk8s'?" in done.stderr


def test_doctor_refuses_a_queue_named_default(cluster, client, queue):
    cluster.kubectl("apply", "-f", "-", input=json.dumps(local_queue("default")))
    try:
        done = client.run("doctor")
    finally:
        cluster.kubectl("delete", "localqueue", "-n", "ltk8s", "default")
    assert done.returncode == 1
    assert "default" in done.stdout


def local_queue(name):
    return {
        "apiVersion": "kueue.x-k8s.io/v1beta1",
        "kind": "LocalQueue",
        "metadata": {"name": name, "namespace": "ltk8s"},
        "spec": {"clusterQueue": "ltk8s"},
    }
