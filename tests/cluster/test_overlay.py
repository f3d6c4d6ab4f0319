"""A site's pod template is merged as Kubernetes merges: maps by key, some lists by name, all others replaced."""

import pytest

from ltk8s.cluster.overlay import with_pod_template
from ltk8s.errors import UsageError

TEMPLATE = {
    "metadata": {"labels": {"a": "1"}},
    "spec": {
        "containers": [{"name": "worker", "env": [{"name": "HOME", "value": "/tmp"}], "resources": {"limits": {"cpu": "1"}}}],
        "volumes": [{"name": "tmp", "emptyDir": {}}],
    },
}


def merged(**spec):
    return with_pod_template(TEMPLATE, {"spec": spec})["spec"]


@pytest.mark.parametrize(
    ("spec", "what"),
    [
        ("nodeSelector", "has no fields in spec"),
        ({"containers": "worker"}, "has no list of items in containers"),
        ({"containers": [{"name": "worker", "env": ["A=b"]}]}, "has no list of items in env"),
    ],
)
def test_what_is_no_pod_template_is_said(spec, what):
    with pytest.raises(UsageError) as refused:
        with_pod_template(TEMPLATE, {"spec": spec})
    assert what in str(refused.value)


def test_an_empty_overlay_changes_nothing():
    assert with_pod_template(TEMPLATE, {}) == TEMPLATE


def test_new_fields_are_added_beside_what_is_there():
    assert merged(nodeSelector={"gpu": "a100"}) == {**TEMPLATE["spec"], "nodeSelector": {"gpu": "a100"}}


def test_metadata_is_merged_too():
    made = with_pod_template(TEMPLATE, {"metadata": {"labels": {"b": "2"}}})
    assert made["metadata"]["labels"] == {"a": "1", "b": "2"}


def test_containers_are_merged_by_name():
    (worker,) = merged(
        containers=[{"name": "worker", "env": [{"name": "HOME", "value": "/home"}, {"name": "X", "value": "1"}]}]
    )["containers"]
    assert worker["env"] == [{"name": "HOME", "value": "/home"}, {"name": "X", "value": "1"}]
    assert worker["resources"] == {"limits": {"cpu": "1"}}


def test_a_container_of_another_name_is_added():
    assert [c["name"] for c in merged(containers=[{"name": "sidecar"}])["containers"]] == ["worker", "sidecar"]


def test_null_removes_a_field():
    (worker,) = merged(containers=[{"name": "worker", "resources": {"limits": {"cpu": None}}}])["containers"]
    assert worker["resources"] == {"limits": {}}


def test_a_volume_of_the_same_name_is_replaced_whole():
    claim = {"name": "tmp", "persistentVolumeClaim": {"claimName": "scratch"}}
    assert merged(volumes=[claim])["volumes"] == [claim]


def test_lists_that_kubernetes_does_not_merge_are_replaced():
    base = {"spec": {**TEMPLATE["spec"], "tolerations": [{"key": "a"}]}}
    assert with_pod_template(base, {"spec": {"tolerations": [{"key": "b"}]}})["spec"]["tolerations"] == [{"key": "b"}]


def test_nothing_that_was_given_is_changed():
    merged(containers=[{"name": "worker", "env": [{"name": "X", "value": "1"}]}])
    assert len(TEMPLATE["spec"]["containers"][0]["env"]) == 1


@pytest.mark.parametrize(
    ("overlay", "message"),
    [
        ({"sepc": {}}, "unknown field 'sepc'. Did you mean 'spec'"),
        ({"spec": {"restartPolicy": "OnFailure"}}, "sets restartPolicy"),
        ({"spec": {"containers": [{"name": "worker", "command": ["sh"]}]}}, "sets the worker's command"),
        ({"spec": {"containers": [{"name": "worker", "env": [{"name": "LTK8S_TASK", "value": ""}]}]}}, "sets LTK8S_TASK"),
        ({"spec": {"volumes": [{"emptyDir": {}}]}}, "has an item without 'name' in a list"),
    ],
)
def test_what_is_no_pod_template_or_breaks_the_workers_contract_is_refused(overlay, message):
    with pytest.raises(UsageError, match=message):
        with_pod_template(TEMPLATE, overlay)
