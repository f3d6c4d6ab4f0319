"""What is kept of a Job says the same about it, and is small."""

import copy
import json

import pytest

from ltk8s.cluster.job import Job
from ltk8s.cluster.kubernetes.slim import is_job_of_ours, slim_job
from ltk8s.cluster.render import render


@pytest.fixture
def manifests(planned, settings):
    """The Jobs of a run, as an API server returns them."""
    made = {
        "uid": "1",
        "resourceVersion": "2",
        "creationTimestamp": "2026-01-01T00:00:00Z",
        "managedFields": [{"manager": "x"}],
    }
    status = {"ready": 1, "failed": 2, "conditions": [{"type": "Failed", "status": "False", "lastProbeTime": "now"}]}
    rendered = copy.deepcopy(render(planned("stack-wl"), settings))
    return [{**each, "metadata": {**each["metadata"], **made}, "status": status} for each in rendered]


def test_every_property_stays_as_it_was(manifests):
    for manifest in manifests:
        whole, slim = Job(manifest), Job(slim_job(manifest))
        for name in (name for name, what in vars(Job).items() if isinstance(what, property)):
            if name not in {"spec", "status", "worker"}:
                assert getattr(slim, name) == getattr(whole, name), name
        assert slim.worker["image"] == whole.worker["image"]


def test_a_job_whose_labels_a_person_removed_is_still_ours_and_of_its_kind(manifests):
    fusion = next(each for each in manifests if Job(each).kind == "fusion")
    fusion["metadata"]["labels"] = None
    assert is_job_of_ours(fusion)
    assert Job(slim_job(fusion)).kind == "fusion"
    fusion["metadata"]["annotations"] = None
    assert not is_job_of_ours(fusion)


def test_the_task_and_the_pod_template_go(manifests):
    assert all(len(json.dumps(slim_job(each))) < len(json.dumps(each)) / 2 for each in manifests)
    assert "LTK8S_TASK" not in json.dumps([slim_job(each) for each in manifests])


def test_the_job_itself_is_left_alone(manifests):
    before = copy.deepcopy(manifests)
    for each in manifests:
        slim_job(each)
    assert manifests == before
