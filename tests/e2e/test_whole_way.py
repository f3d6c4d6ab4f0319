"""From images to a results table on the cluster, with no client there while it happens; and the same on this machine."""

import json

import numpy as np
import pytest
from safetensors.numpy import load
from scipy.special import softmax

from ltk8s.store.commit import read_artifact, read_result
from tests.e2e.client import TINY, eventually, is_complete, listed

SPEC = ("stack-wl", "--ratio", "0.02", *TINY, "--set", "train.epochs=1")


@pytest.fixture(scope="module")
def submitted(client, glyphs):
    """A client has submitted and is gone."""
    return client.submit(*SPEC)


def test_kubectl_shows_learners_and_the_suspended_fusion_at_once(cluster, submitted):
    jobs = {job["metadata"]["name"]: job for job in listed(cluster, "jobs", submitted.selector)}
    assert set(jobs) == {*submitted.learners, submitted.fusion}
    assert len(submitted.learners) == 3
    assert jobs[submitted.fusion]["spec"]["suspend"] is True
    assert not any(jobs[learner]["spec"].get("suspend") for learner in submitted.learners)


def test_the_controller_releases_the_fusion_and_it_completes(cluster, submitted):
    eventually(lambda: is_complete(cluster, submitted.fusion), 600, "the fusion's end")
    events = [event for event in listed(cluster, "events") if event["involvedObject"]["name"] == submitted.fusion]
    assert "Released" in {event["reason"] for event in events}


def test_the_report_is_read_from_minio(client, submitted):
    (row,) = [row for row in client.json("report", submitted.run)["rows"] if row["fusion"] == submitted.fusion]
    assert row["outcome"]["n"] > 0
    assert "Stacking / WL" in client.ok("report", submitted.run)


def test_status_and_logs_know_it_afterwards(client, submitted):
    states = {state["id"]: state for state in client.json("status", submitted.run)["jobs"]}
    assert {state["phase"] for state in states.values()} == {"done"}
    assert "members agree" in client.ok("logs", submitted.fusion)


def test_submitting_again_does_nothing(client, submitted):
    assert set(client.submit(*SPEC).outcomes.values()) == {"done"}


def test_the_image_says_what_it_is(store, submitted):
    """The revision that was baked in is in each result."""
    provenance = read_result(store, "learner", submitted.learners[0]).provenance
    assert provenance["revision"]
    assert provenance["image"]


def test_this_machine_has_the_same_ids_and_the_same_metrics(client, store, submitted, tmp_path_factory):
    """With the tolerance for another machine: one image in 500 with another top class, and a mean difference of 1e-3."""
    from ltk8s.store import open_store

    here = tmp_path_factory.mktemp("here")
    place = {"LTK8S_STORE": f"file://{here}/store"}
    for command in (("data", "stage", "glyphs50", "--per-class", "60"), ("submit", *SPEC)):
        done = client.run(*command, "--cluster", "local", "--json", timeout=600, **place)
        assert done.returncode == 0, done.stderr
    run = json.loads(done.stdout)["runs"][0]
    assert run["run"] == submitted.run
    assert [learner["id"] for learner in run["learners"]] == submitted.learners
    local = open_store(place["LTK8S_STORE"])
    for id in submitted.learners:
        there, ours = (probabilities(which, id) for which in (store, local))
        assert (there.argmax(1) != ours.argmax(1)).mean() <= 0.002
        top = there.argmax(1)[:, None]
        assert np.abs(np.take_along_axis(there, top, 1) - np.take_along_axis(ours, top, 1)).mean() <= 1e-3


def probabilities(store, id):
    logits = load(read_artifact(store, read_result(store, "learner", id), "predictions.safetensors"))["logits"]
    return softmax(logits, axis=1)
