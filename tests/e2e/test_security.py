"""What pods may do, what the Roles allow, and that no credential is anywhere to be read."""

import base64
import json
import subprocess

import pytest

from tests.e2e.client import TINY, eventually, is_complete, job_of, listed, pods_of


@pytest.fixture(scope="module")
def finished(client, cluster, glyphs):
    """A run that has been through all of it."""
    submitted = client.submit("baseline", "--ratio", "full", *TINY, "--set", "train.steps=4")
    eventually(lambda: is_complete(cluster, submitted.fusion), 300, "the fusion's end")
    return submitted


def test_the_namespace_enforces_restricted(installed):
    labels = json.loads(installed.kubectl("get", "namespace", "ltk8s", "-o", "json"))["metadata"]["labels"]
    assert labels["pod-security.kubernetes.io/enforce"] == "restricted"


def test_every_pod_there_was_admitted_under_restricted(cluster, finished):
    assert {pod["metadata"]["labels"]["app.kubernetes.io/component"] for pod in listed(cluster, "pods")} >= {
        "learner",
        "fusion",
        "controller",
    }
    events = [event for event in listed(cluster, "events") if "violates PodSecurity" in (event.get("message") or "")]
    assert not [event["involvedObject"]["name"] for event in events if event["involvedObject"]["name"].startswith("glyphs50")]


@pytest.mark.parametrize("which", ["learner", "fusion"])
def test_worker_pods_hold_no_api_token(cluster, finished, which):
    (pod,) = pods_of(cluster, finished.learners[0] if which == "learner" else finished.fusion)
    mounts = [mount["mountPath"] for each in pod["spec"]["containers"] for mount in each["volumeMounts"]]
    assert "/var/run/secrets/kubernetes.io/serviceaccount" not in mounts
    assert pod["spec"]["automountServiceAccountToken"] is False


def test_the_controller_may_do_what_its_role_says_and_nothing_else(cluster):
    account = "system:serviceaccount:ltk8s:ltk8s-controller"
    assert allowed(cluster, account, "patch", "jobs.batch")
    for verb, resource in [("create", "jobs.batch"), ("delete", "jobs.batch"), ("get", "secrets"), ("create", "pods")]:
        assert not allowed(cluster, account, verb, resource), f"{verb} {resource}"


def test_a_user_may_read_no_secret_but_the_stores(cluster):
    account = "system:serviceaccount:ltk8s:ltk8s-user"
    assert allowed(cluster, account, "get", "secrets/ltk8s-store")
    for verb, resource in [("list", "secrets"), ("get", "secrets/other"), ("create", "pods"), ("patch", "deployments.apps")]:
        assert not allowed(cluster, account, verb, resource), f"{verb} {resource}"


def test_the_stores_password_is_in_no_manifest_log_event_or_object(cluster, store, finished):
    secret = json.loads(cluster.kubectl("get", "secret", "ltk8s-store", "-n", "ltk8s", "-o", "json"))["data"]
    values = [base64.b64decode(value) for value in secret.values()]
    forms = [form for value in values for form in (value, base64.b64encode(value))]
    for kind in ("jobs", "pods", "deployments", "statefulsets", "configmaps", "events", "leases"):
        text = json.dumps(listed(cluster, kind)).encode()
        assert not any(form in text for form in forms), kind
    for pod in listed(cluster, "pods"):
        text = logs_of(cluster, pod["metadata"]["name"])
        assert not any(form in text for form in forms), pod["metadata"]["name"]
    for found in store.list(""):
        if found.size < 2**20:
            assert not any(form in store.get(found.key) for form in forms), found.key


def test_the_job_names_the_secret_and_does_not_hold_it(cluster, finished):
    (worker,) = job_of(cluster, finished.learners[0])["spec"]["template"]["spec"]["containers"]
    assert worker["envFrom"] == [{"secretRef": {"name": "ltk8s-store"}}]
    assert not [entry for entry in worker["env"] if entry["name"].startswith("AWS_")]


def allowed(cluster, account, verb, resource):
    try:
        return cluster.kubectl("auth", "can-i", verb, resource, "-n", "ltk8s", "--as", account).strip() == "yes"
    except subprocess.CalledProcessError:  # its exit code for no
        return False


def logs_of(cluster, pod):
    try:
        return cluster.kubectl("logs", "-n", "ltk8s", pod, "--all-containers").encode()
    except subprocess.CalledProcessError:  # it has not started
        return b""
