"""The scheduler's words in plain ones."""

import pytest

from ltk8s.cluster.kubernetes.diagnosis.scheduling import unschedulable

NEVER = "preemption: 0/3 nodes are available: 3 Preemption is not helpful for scheduling."
BUSY = "preemption: 0/3 nodes are available: 3 No preemption victims found for incoming pod."


def pod(**requests):
    return {"spec": {"containers": [{"name": "worker", "resources": {"requests": requests}}]}}


def said(causes, asking):
    return str(unschedulable(f"0/3 nodes are available: {causes}", asking))


def test_a_resource_that_is_taken_comes_free():
    assert said(f"3 Insufficient cpu. {BUSY}", pod(cpu="4")) == (
        "no node has 4 CPUs free; it starts when others end; ask for less (`--set resources.cpu=…`) or add nodes"
    )


def test_several_causes_are_told_with_their_share_of_nodes():
    causes = "1 node(s) had untolerated taint {node-role.kubernetes.io/control-plane: }, 2 Insufficient nvidia.com/gpu"
    assert said(f"{causes}. {NEVER}", pod(**{"nvidia.com/gpu": "2"})) == (
        "no node has 2 nvidia.com/gpu (1 of 3 has the taint node-role.kubernetes.io/control-plane and "
        "2 of 3 have too little nvidia.com/gpu); use `--profile cpu` or `--profile laptop`, or add GPU nodes"
    )


@pytest.mark.parametrize(
    ("causes", "expected"),
    {
        "3 node(s) had untolerated taint {gpu: yes}": (
            "no node may take its pod: 3 of 3 have the taint gpu; tolerate the taint in the setting `pod_template`"
        ),
        "3 node(s) had untolerated taint(s)": (
            "no node may take its pod: 3 of 3 have a taint that it does not tolerate; "
            "tolerate the taint in the setting `pod_template`"
        ),
        "3 node(s) had untolerated taint {node.kubernetes.io/disk-pressure: }": (
            "no node may take its pod: 3 of 3 are short of disk; see `kubectl describe nodes`"
        ),
        "3 node(s) were unschedulable": (
            "no node may take its pod: 3 of 3 are cordoned; `kubectl uncordon NODE` opens a node again"
        ),
        "3 Too many pods": "no node may take its pod: 3 of 3 are full of pods",
    }.items(),
)
def test_nodes_that_let_nothing_in(causes, expected):
    assert said(f"{causes}. {NEVER}", pod(cpu="1")) == expected


def test_what_is_not_known_is_passed_on():
    assert str(unschedulable("no nodes available to schedule pods", pod())) == (
        "no node takes its pod: no nodes available to schedule pods"
    )
