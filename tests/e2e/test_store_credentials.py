"""The credentials of the store in the cluster, lost and changed: applying the installation again leaves one set of them."""

import json

import pytest

from tests.e2e.client import listed

INIT = ("job", "minio-init", "--namespace=ltk8s")
SECRET = ("secret", "ltk8s-store", "--namespace=ltk8s")


@pytest.fixture
def secret(installed):
    """What the Secret has: those of all other tests, so they are put back."""
    held = installed.get(*SECRET)
    yield held["data"]
    if installed.get(*SECRET)["data"] != held["data"]:
        replace(installed, held["data"])


def replace(cluster, data):
    cluster.kubectl("patch", *SECRET, "--type=merge", "-p", json.dumps({"data": data}))
    apply_again(cluster)


def apply_again(cluster):
    """`kubectl apply -k`, once the Job of the time before has removed itself."""
    cluster.kubectl("delete", *INIT, "--ignore-not-found")
    cluster.apply(cluster.overlay)
    cluster.kubectl("wait", *INIT, "--for=condition=Complete", "--timeout=240s")
    cluster.kubectl("rollout", "status", "statefulset/minio", "--namespace=ltk8s", "--timeout=120s")


def test_a_secret_that_was_deleted_or_changed_takes_effect_when_the_installation_is_applied_again(installed, client, secret):
    (before,) = [pod for pod in listed(installed, "pods") if pod["metadata"]["name"] == "minio-0"]
    installed.kubectl("delete", *SECRET)
    apply_again(installed)
    assert installed.get(*SECRET)["data"] != secret
    (after,) = [pod for pod in listed(installed, "pods") if pod["metadata"]["name"] == "minio-0"]
    assert after["metadata"]["uid"] != before["metadata"]["uid"]
    client.ok("status")

    replace(installed, secret)
    client.ok("status")


def test_an_installation_that_is_well_is_applied_again_without_a_restart(installed, client):
    before = [pod["metadata"]["uid"] for pod in listed(installed, "pods") if pod["metadata"]["name"] == "minio-0"]
    apply_again(installed)
    assert before == [pod["metadata"]["uid"] for pod in listed(installed, "pods") if pod["metadata"]["name"] == "minio-0"]
