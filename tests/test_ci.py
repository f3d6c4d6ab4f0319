"""What the workflow pins agrees with what the tests' own cluster is built from."""

import re
from pathlib import Path

import yaml

from tests.tools.build import TOOLS_BY_NAME

WORKFLOW = Path(__file__).parent.parent / ".github" / "workflows" / "ci.yml"
E2E = yaml.safe_load(WORKFLOW.read_text())["jobs"]["e2e"]


def test_every_action_is_pinned_to_a_release():
    used = re.findall(r"uses: (\S+)", WORKFLOW.read_text())
    assert used
    assert not [action for action in used if not re.fullmatch(r"\S+@v\d+\.\d+\.\d+", action)]


def test_kueue_is_of_the_version_whose_manifests_are_applied():
    assert E2E["env"]["LTK8S_E2E_KUEUE_IMAGE"] == f"registry.k8s.io/kueue/kueue:{TOOLS_BY_NAME['kueue'].version}"


def test_the_node_is_of_the_minor_version_of_the_tests_own_cluster():
    (kind,) = (step["with"] for step in E2E["steps"] if step.get("uses", "").startswith("helm/kind-action"))
    minor = TOOLS_BY_NAME["kubelet"].version.rpartition(".")[0]
    assert re.fullmatch(rf"kindest/node:{re.escape(minor)}\.\d+@sha256:[0-9a-f]{{64}}", kind["node_image"])
    assert kind["version"]
