"""`ltk8s why` names what holds a Job up, in words that a user can act on, with the rights of ltk8s-user alone."""

import base64
import json
import time
from itertools import count

import pytest

from tests.e2e.client import NEVER, TINY, eventually, job_of, pods_of

SEEDS = count(700)


@pytest.fixture
def submitted(client, glyphs):
    """Submit a learner and its fusion, by other settings where that is asked; cancelled afterwards."""
    runs = []

    def submit(*arguments, **environment):
        steps = () if any("train.steps" in word for word in arguments) else ("--set", "train.steps=5")
        spec = ("baseline", "--ratio", "full", "--seed", str(next(SEEDS)), *TINY, *steps)
        runs.append(client.submit(*spec, *arguments, **environment))
        return runs[-1]

    yield submit
    for run in runs:
        client.run("cancel", run.run)


@pytest.fixture
def says(client):
    """Wait until what ``why`` says of an id contains a word; return the sentence."""

    def wait(run, id, word, seconds=120):
        def look():
            said = {reason["id"]: reason["why"] for reason in client.json("why", run.run)}.get(id, "")
            return said if word in said else None

        return eventually(look, seconds, f"{word!r} of {id}")

    return wait


def test_an_image_that_cannot_be_pulled(submitted, says):
    run = submitted(LTK8S_IMAGE__NAME="registry.invalid/none:1")
    said = says(run, run.learners[0], "cannot be pulled")
    assert "registry.invalid/none:1" in said
    assert "`image.name`" in said


def test_a_gpu_where_there_is_none(submitted, says):
    run = submitted("--set", "resources.gpu=1")
    assert "`--profile laptop`" in says(run, run.learners[0], "no node has nvidia.com/gpu")


def test_too_little_memory_on_every_node(submitted, says):
    run = submitted(*NEVER)
    assert "`--set resources.memory=…`" in says(run, run.learners[0], "no node has 900Gi of memory")


def test_a_quota_that_is_exceeded(submitted, says, cluster):
    quota = {"apiVersion": "v1", "kind": "ResourceQuota", "metadata": {"name": "gpus", "namespace": "ltk8s"}}
    cluster.apply_objects({**quota, "spec": {"hard": {"requests.nvidia.com/gpu": "0"}}})
    try:
        eventually(lambda: "hard" in cluster.get("resourcequota", "gpus", "-n", "ltk8s")["status"], 120, "the quota")
        run = submitted("--set", "resources.gpu=1")
        said = says(run, run.learners[0], "the ResourceQuota gpus is used up")
    finally:
        cluster.kubectl("delete", "resourcequota", "gpus", "-n", "ltk8s")
    assert "0 of 0 requests.nvidia.com/gpu used, and it asks for 1" in said


def test_a_secret_that_is_missing(submitted, says, cluster):
    secret = cluster.get("secret", "ltk8s-store", "-n", "ltk8s")["data"]
    own = {name: base64.b64decode(value).decode() for name, value in secret.items()}
    run = submitted(LTK8S_STORE__SECRET="ltk8s-stroe", **own)
    assert "create" in says(run, run.learners[0], "there is no Secret 'ltk8s-stroe' in namespace ltk8s")


def test_while_the_stores_own_secret_is_gone_what_the_cluster_knows_is_told(submitted, client, cluster):
    run = submitted(*NEVER)
    secret = cluster.get("secret", "ltk8s-store", "-n", "ltk8s")
    cluster.kubectl("delete", "secret", "ltk8s-store", "-n", "ltk8s")
    try:
        status, why, doctor = (client.run(*words) for words in (("status", run.run), ("why", run.run), ("doctor", "--json")))
    finally:
        kept = {"name": secret["metadata"]["name"], "namespace": "ltk8s", "labels": secret["metadata"].get("labels")}
        cluster.apply_objects({"apiVersion": "v1", "kind": "Secret", "metadata": kept, "data": secret["data"]})
    assert (status.returncode, why.returncode) == (0, 0)
    for said in (status.stdout, why.stdout):
        assert "There is no Secret 'ltk8s-store'" in said
        assert "keep the credentials that they started with" in said
        assert run.learners[0] in said
    assert "no node has 900Gi of memory" in why.stdout
    assert "There is no Secret" in doctor.stdout


def test_labels_that_a_person_removed_hide_nothing_and_are_put_back(glyphs, client, cluster):
    seed = str(next(SEEDS))
    again = ("baseline", "--ratio", "full", *TINY, "--set", "train.steps=5", *NEVER, "--seed", seed)
    run = client.submit(*again)
    before = {id: job_of(cluster, id)["metadata"]["labels"] for id in (*run.learners, run.fusion)}
    for id, labels in before.items():
        edited = {**dict.fromkeys(labels), "by": "hand"}  # without any label Kubernetes would take the pod's
        cluster.kubectl("patch", "job", id, "-n", "ltk8s", "-p", json.dumps({"metadata": {"labels": edited}}))
    phases = {job["id"]: job["phase"] for job in client.json("status", run.run)["jobs"]}
    assert phases[run.learners[0]] == "pending"
    client.submit(*again)
    assert {id: job_of(cluster, id)["metadata"]["labels"] for id in before} == {
        id: {**labels, "by": "hand"} for id, labels in before.items()
    }
    client.ok("cancel", run.run)


def test_a_learner_that_runs_out_of_memory(submitted, says):
    run = submitted("--set", "resources.memory=64Mi", "--set", "resources.retries=0")
    said = says(run, run.learners[0], "out of memory", seconds=180)
    assert "its limit is 64Mi" in said
    assert "`--set resources.memory=128Mi`" in said
    assert "`--set train.batch_size=8`" in said
    assert f"{run.learners[0]} failed" in says(run, run.fusion, "failed")


def test_a_fusion_waits_for_its_learners_and_says_when_one_is_missing(submitted, says, cluster):
    run = submitted(*NEVER)
    says(run, run.fusion, "it waits for 1 of 1 learner: 1 pending")
    cluster.kubectl("delete", "job", run.learners[0], "-n", "ltk8s", "--wait=false")
    says(run, run.fusion, f"{run.learners[0]} has neither a Job nor a result")
    says(run, run.learners[0], "cancelled or removed before it had a result; submit again")


def test_a_job_that_a_person_has_suspended(submitted, says, cluster):
    run = submitted(*NEVER)
    suspend = json.dumps({"spec": {"suspend": True}})
    cluster.kubectl("patch", "job", run.learners[0], "-n", "ltk8s", "--type=merge", "-p", suspend)
    assert f"patch job {run.learners[0]}" in says(run, run.learners[0], "suspended by hand")


def test_a_queue_that_is_absent(submitted, says, cluster):
    run = submitted(*NEVER)
    queued = {"metadata": {"labels": {"kueue.x-k8s.io/queue-name": "absent"}}, "spec": {"suspend": True}}
    cluster.kubectl("patch", "job", run.learners[0], "-n", "ltk8s", "--type=merge", "-p", json.dumps(queued))
    assert "Kueue" in says(run, run.learners[0], "'absent'")


def test_a_pod_that_is_told_to_stop_is_followed_by_the_next(submitted, says, cluster):
    run = submitted("--set", "train.steps=100000")
    (learner,) = run.learners
    eventually(lambda: job_of(cluster, learner)["status"].get("ready"), 300, "the learner")
    cluster.stop("kubelet")  # or the pod might have left before anyone looks
    try:
        cluster.kubectl("delete", "pod", "-n", "ltk8s", "-l", f"batch.kubernetes.io/job-name={learner}", "--wait=false")
        says(run, learner, "was told to stop: it saves and leaves, and the next one follows")
    finally:
        cluster.start("kubelet")
    eventually(
        lambda: [pod for pod in pods_of(cluster, learner) if "deletionTimestamp" not in pod["metadata"]], 300, "the next pod"
    )


def test_doctor_names_each_missing_right_and_how_to_get_it(cluster, client, tmp_path):
    nobody = type(client)(cluster.user_kubeconfig("nobody-at-all"), tmp_path)
    cluster.kubectl("delete", "rolebinding", "-n", "ltk8s", "e2e-nobody-at-all")
    done = nobody.run("doctor", "--json", LTK8S_STORE="file:///tmp")
    rights = next(each for each in json.loads(done.stdout)["findings"] if each["check"] == "rights")
    assert done.returncode == 1
    assert "create jobs" in rights["what"]
    assert "get secrets/ltk8s-store" in rights["what"]
    assert "--role=ltk8s-user" in rights["do"]


def test_doctor_is_content_with_an_installation(client, glyphs):
    found = {each["check"]: each["outcome"] for each in json.loads(client.run("doctor", "--json").stdout)["findings"]}
    expected = dict.fromkeys(("cluster", "namespace", "rights", "pods", "store", "controller"), "ok")
    assert expected.items() <= found.items()


@pytest.fixture
def dead_node(cluster):
    """The name of a node that no kubelet serves."""
    cluster.apply_objects({"apiVersion": "v1", "kind": "Node", "metadata": {"name": "dead"}})
    yield "dead"
    cluster.kubectl("delete", "node", "dead", "--ignore-not-found")


def test_a_node_that_is_gone_for_good_frees_its_pods_when_it_is_deleted(dead_node, submitted, says, cluster):
    """A Job replaces pods that have failed. Deleting one that has not, by force too, only marks it: its finalizer keeps it."""
    run = submitted(LTK8S_POD_TEMPLATE=json.dumps({"spec": {"nodeName": dead_node}}))
    learner = run.learners[0]
    stranded = eventually(lambda: pod_names(cluster, learner), 60, "a pod")
    cluster.kubectl("delete", "pod", *stranded, "-n", "ltk8s", "--wait=false", "--grace-period=1")
    assert "`kubectl delete node dead`" in says(run, learner, "its node dead does not answer")

    cluster.kubectl("delete", "pod", *stranded, "-n", "ltk8s", "--wait=false", "--force", "--grace-period=0")
    time.sleep(10)
    assert pod_names(cluster, learner) == stranded

    cluster.kubectl("delete", "node", dead_node)
    eventually(lambda: pod_names(cluster, learner) - stranded, 180, "the next pod")


def pod_names(cluster, id):
    return {pod["metadata"]["name"] for pod in pods_of(cluster, id)}
