"""Which contexts there are, and which is the current one, without the Kubernetes client."""

import subprocess
import sys

import pytest
import yaml

from ltk8s.cluster.kubernetes.kubeconfig import Kubeconfig, read_kubeconfig
from ltk8s.errors import UsageError


@pytest.fixture
def kubeconfig(tmp_path):
    """Write a kubeconfig; returns its path."""

    def write(name, current, *contexts):
        path = tmp_path / name
        path.write_text(yaml.safe_dump({"current-context": current, "contexts": [{"name": each} for each in contexts]}))
        return str(path)

    return write


def test_a_file_that_is_not_there_has_no_context(tmp_path):
    assert read_kubeconfig({"KUBECONFIG": str(tmp_path / "none")}) == Kubeconfig()


def test_of_several_files_the_first_that_names_a_current_context_counts(kubeconfig, tmp_path):
    files = [kubeconfig("a", None, "one"), str(tmp_path / "none"), kubeconfig("b", "two", "two", "one"), kubeconfig("c", "one")]
    assert read_kubeconfig({"KUBECONFIG": ":".join(files)}) == Kubeconfig("two", ("one", "two"))


def test_an_empty_file_is_none(tmp_path):
    (tmp_path / "empty").touch()
    assert read_kubeconfig({"KUBECONFIG": str(tmp_path / "empty")}) == Kubeconfig()


@pytest.mark.parametrize("text", ["{", "[1, 2]", "contexts: 5", "contexts: [{}]", "a string"])
def test_what_is_no_kubeconfig_is_named(tmp_path, text):
    path = tmp_path / "config"
    path.write_text(text)
    with pytest.raises(UsageError, match="config is no kubeconfig"):
        read_kubeconfig({"KUBECONFIG": str(path)})


def test_it_does_not_load_the_kubernetes_client():
    code = "import sys; import ltk8s.cluster, ltk8s.cluster.kubernetes.kubeconfig; sys.exit('kubernetes' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
