"""Which cluster is meant."""

import pytest
import yaml

from ltk8s.cluster import open_cluster
from ltk8s.cluster.open import chosen_cluster
from ltk8s.errors import UsageError
from ltk8s.spec.settings import Settings


@pytest.fixture
def kubeconfig(tmp_path, monkeypatch):
    """The user's kubeconfig, which is not there until it is written."""
    monkeypatch.setenv("KUBECONFIG", str(tmp_path / "kubeconfig"))

    def write(current):
        contexts = [{"name": name} for name in ("kind-dev", "production")]
        (tmp_path / "kubeconfig").write_text(yaml.safe_dump({"current-context": current, "contexts": contexts}))

    return write


def test_without_a_kubeconfig_it_is_this_machine(settings, kubeconfig):
    cluster = open_cluster(None, settings)
    assert (cluster.name, cluster.namespace, cluster.on_this_machine) == ("local", "test", True)


def test_without_a_current_context_it_is_this_machine(settings, kubeconfig):
    kubeconfig(current="")
    assert chosen_cluster(None, settings) == "local"


def test_else_it_is_the_current_context(settings, kubeconfig):
    kubeconfig(current="kind-dev")
    cluster = open_cluster(None, settings)
    assert (cluster.name, cluster.namespace, cluster.on_this_machine) == ("kind-dev", "test", False)


def test_one_that_is_named_goes_before(tmp_path, kubeconfig):
    kubeconfig(current="kind-dev")
    settings = Settings(state_dir=tmp_path, cluster="production")
    assert chosen_cluster(None, settings) == "production"
    assert chosen_cluster("local", settings) == "local"


def test_jobs_are_below_the_state_directory(settings, tmp_path):
    assert open_cluster("local", settings).files.root == tmp_path / "local" / "test"


def test_a_context_that_is_not_there_is_an_error_with_the_nearest(settings, kubeconfig):
    kubeconfig(current="kind-dev")
    with pytest.raises(UsageError, match=r"no context 'prodction'.*Did you mean 'production'.*kind-dev, production"):
        open_cluster("prodction", settings)


def test_a_context_without_a_kubeconfig_is_an_error_too(settings, kubeconfig):
    with pytest.raises(UsageError, match=r"no context 'kind-dev'.*choose --cluster local"):
        open_cluster("kind-dev", settings)
