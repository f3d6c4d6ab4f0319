"""By which address, and with which credentials, this machine reaches a store of pods."""

import os

import pytest

from ltk8s.cli.access import client_address, has_credentials
from ltk8s.cluster.local.cluster import LocalCluster
from ltk8s.spec.settings import StoreSettings


@pytest.fixture
def remote(tmp_path):
    """A cluster elsewhere, which forwards a port to its Services and has a Secret."""

    class Remote(LocalCluster):
        on_this_machine = False

        def reach(self, endpoint):
            return "http://127.0.0.1:12345" if ".svc" in endpoint else endpoint

        def credentials(self, secret):
            return {"AWS_ACCESS_KEY_ID": f"key of {secret}", "AWS_SECRET_ACCESS_KEY": "hidden", "PATH": "no business of ours"}

    return Remote(tmp_path, "test")


@pytest.fixture(autouse=True)
def no_credentials(tmp_path, monkeypatch):
    """This machine has none, and no proxy."""
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "no_proxy", "NO_PROXY"):
        monkeypatch.setenv(name, "")  # so that what a test leaves behind is undone
        monkeypatch.delenv(name)
    for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        monkeypatch.setenv(name, str(tmp_path / "none"))


IN_CLUSTER = StoreSettings(url="s3://ltk8s", endpoint="http://minio.ltk8s.svc:9000", secret="ltk8s-store")


def test_a_service_is_reached_by_a_forwarded_port_past_any_proxy(remote):
    assert client_address(IN_CLUSTER, remote) == "s3://ltk8s?endpoint=http%3A%2F%2F127.0.0.1%3A12345"
    assert os.environ["no_proxy"] == "127.0.0.1"


def test_what_was_reached_without_a_proxy_still_is(remote, monkeypatch):
    monkeypatch.setenv("NO_PROXY", "example.com")
    client_address(IN_CLUSTER, remote)
    assert os.environ["no_proxy"] == "example.com,127.0.0.1"


def test_a_client_endpoint_goes_before(remote):
    store = IN_CLUSTER.model_copy(update={"client_endpoint": "https://s3.example.com"})
    assert client_address(store, remote) == "s3://ltk8s?endpoint=https%3A%2F%2Fs3.example.com"


def test_without_credentials_those_of_the_secret_are_taken(remote):
    before = os.environ["PATH"]
    assert not has_credentials()
    client_address(IN_CLUSTER, remote)
    assert (os.environ["AWS_ACCESS_KEY_ID"], os.environ["PATH"]) == ("key of ltk8s-store", before)
    assert has_credentials()


def test_credentials_of_ones_own_stay(remote, monkeypatch):
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "mine")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "mine too")
    client_address(IN_CLUSTER, remote)
    assert os.environ["AWS_ACCESS_KEY_ID"] == "mine"


def test_on_this_machine_nothing_is_done(tmp_path):
    assert client_address(IN_CLUSTER, LocalCluster(tmp_path, "test")).endswith("minio.ltk8s.svc%3A9000")
    assert "AWS_ACCESS_KEY_ID" not in os.environ


def test_a_profile_is_for_other_places_than_a_store_inside_the_cluster(remote, tmp_path, monkeypatch):
    (tmp_path / "aws").write_text("[default]\naws_access_key_id = mine\naws_secret_access_key = mine too\n")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "aws"))
    client_address(IN_CLUSTER.model_copy(update={"endpoint": "https://s3.example.com"}), remote)
    assert "AWS_ACCESS_KEY_ID" not in os.environ
    client_address(IN_CLUSTER, remote)
    assert os.environ["AWS_ACCESS_KEY_ID"] == "key of ltk8s-store"


def test_pods_and_client_may_have_their_certificates_in_different_places():
    store = StoreSettings(url="s3://b", ca="/etc/ca/corp.pem")
    assert store.address(from_pods=False) == store.address(from_pods=True) == "s3://b?ca=%2Fetc%2Fca%2Fcorp.pem"
    store = store.model_copy(update={"client_ca": "corp.pem"})
    assert store.address(from_pods=True) == "s3://b?ca=%2Fetc%2Fca%2Fcorp.pem"
    assert store.address(from_pods=False) == "s3://b?ca=corp.pem"
