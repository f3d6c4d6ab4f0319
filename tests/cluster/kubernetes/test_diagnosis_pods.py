"""What was not recorded: ends and starts of pods that a test machine does not see."""

from datetime import UTC, datetime

import pytest

from ltk8s.cluster.kubernetes.diagnosis.creation import refused
from ltk8s.cluster.kubernetes.diagnosis.ended import ending
from ltk8s.cluster.kubernetes.diagnosis.images import unpullable
from ltk8s.cluster.kubernetes.diagnosis.pods import trouble_of

NOW = datetime(2026, 1, 1, 12, tzinfo=UTC)

TRUE = {"status": "True", "lastTransitionTime": "2026-01-01T11:59:20Z"}


class Facts:
    namespace, now = "ltk8s", NOW

    def __init__(self, *history):
        self._history = list(history)

    def history(self, pod):
        return self._history


def pod(*, node="n", limit="2Gi", **status):
    worker = {"name": "worker", "image": "i:1", "resources": {"limits": {"memory": limit}}}
    made = {"name": "a-1", "uid": "1", "creationTimestamp": "2026-01-01T11:59:00Z"}
    return {"metadata": made, "spec": {"nodeName": node, "containers": [worker]}, "status": status}


def ended(**terminated):
    return pod(containerStatuses=[{"name": "worker", "state": {"terminated": terminated}}])


def waiting(reason, message="", *, conditions=()):
    status = {"name": "worker", "state": {"waiting": {"reason": reason, "message": message}}}
    return pod(containerStatuses=[status], conditions=[{"type": "PodScheduled", **TRUE}, *conditions])


def test_out_of_memory_names_the_limit_and_twice_as_much():
    assert str(ending(ended(exitCode=137, reason="OOMKilled"))) == (
        "it ran out of memory (its limit is 2Gi); submit again with `--set resources.memory=4Gi`"
    )


def test_out_of_memory_of_a_learner_offers_a_smaller_batch(planned):
    from ltk8s.planning.task import canonical_json

    dead = ended(exitCode=137, reason="OOMKilled")
    task = planned("baseline", train__batch_size=32).learners[0]
    dead["spec"]["containers"][0]["env"] = [{"name": "LTK8S_TASK", "value": canonical_json(task)}]
    assert str(ending(dead)).endswith("or make it need less: `--set train.batch_size=16`")


def test_killed_without_a_reason_is_most_often_memory():
    assert str(ending(ended(exitCode=137, reason="Error"))).startswith("it was killed (exit code 137), as when memory runs out")


@pytest.mark.parametrize(
    ("reason", "words"),
    {
        "PreemptionByScheduler": "a pod of higher priority took its place",
        "DeletionByTaintManager": "its node became unreachable, or got a taint that it does not tolerate",
        "TerminationByKubelet": "its node shut down or ran short of something",
    }.items(),
)
def test_a_disruption_is_told_as_such(reason, words):
    condition = {"type": "DisruptionTarget", "status": "True", "reason": reason}
    assert str(ending(pod(conditions=[condition], containerStatuses=[]))) == words


def test_an_image_of_another_platform_says_so_at_pull_and_at_start():
    message = 'failed to pull and unpack image "i:1": no match for platform in manifest: not found'
    start = 'unable to start container process: exec: "python": exec format error'
    at_pull, at_start = (
        unpullable("ErrImagePull", message, "i:1", "ltk8s"),
        ending(ended(exitCode=128, reason="StartError", message=start)),
    )
    assert at_pull.what == at_start.what.replace("i:1", "i:1")
    assert "another kind of CPU" in at_pull.what


def test_a_private_image_says_how_to_make_a_pull_secret():
    message = 'failed to resolve reference "i:1": pull access denied, repository does not exist or may require authorization'
    found = unpullable("ImagePullBackOff", message, "i:1", "ltk8s")
    assert found.what.endswith(": pull access denied, repository does not exist or may require authorization")
    assert "create secret docker-registry" in found.do


def test_an_image_that_is_being_pulled_says_for_how_long():
    pulling = {"type": "Normal", "reason": "Pulling", "message": "Pulling image"}
    assert str(trouble_of(waiting("ContainerCreating"), Facts(pulling))) == "its node n is pulling the image i:1, for 40 s"


def test_a_container_that_is_being_created_says_for_how_long():
    assert str(trouble_of(waiting("ContainerCreating"), Facts())) == "its container is being created, for 40 s"


def test_a_sandbox_that_fails_is_told():
    failed = {"type": "Warning", "reason": "FailedCreatePodSandBox", "message": "plugin type=bridge failed.\n"}
    assert str(trouble_of(waiting("ContainerCreating"), Facts(failed))) == (
        "its node n cannot set its pod up: plugin type=bridge failed"
    )


def test_a_secret_without_the_key_is_told():
    message = "couldn't find key AWS_ACCESS_KEY_ID in Secret ltk8s/ltk8s-store"
    assert str(trouble_of(waiting("CreateContainerConfigError", message), Facts())).startswith(
        "the Secret ltk8s-store in namespace ltk8s has no key AWS_ACCESS_KEY_ID"
    )


def test_a_node_that_fell_silent_is_told_though_its_container_seemed_well():
    unready = {"type": "Ready", "status": "False", "lastTransitionTime": "2026-01-01T11:58:00Z"}
    silent = pod(conditions=[unready], containerStatuses=[{"name": "worker", "ready": True, "state": {"running": {}}}])
    assert str(trouble_of(silent, Facts())).startswith("its node n has not been heard of for 2 min")


def test_a_pod_that_works_has_no_trouble():
    ready = {"type": "Ready", "status": "True"}
    assert trouble_of(pod(conditions=[ready], containerStatuses=[{"name": "worker", "ready": True, "state": {"running": {}}}]), Facts()) is None  # fmt: skip  # noqa: E501


USED_UP = (
    'Error creating: pods "a-x" is forbidden: exceeded quota: gpus, '
    "requested: requests.nvidia.com/gpu=1, used: requests.nvidia.com/gpu=8, limited: requests.nvidia.com/gpu=8"
)


def test_a_quota_that_other_jobs_use_comes_free():
    assert str(refused(USED_UP, "ltk8s", jobs_at_work=True)) == (
        "the ResourceQuota gpus is used up: 8 of 8 requests.nvidia.com/gpu used, and it asks for 1; "
        "it starts when other Jobs end, or raise the quota"
    )


def test_a_quota_that_no_job_uses_does_not_come_free():
    assert str(refused(USED_UP, "ltk8s", jobs_at_work=False)) == (
        "the ResourceQuota gpus is used up, and not by Jobs: 8 of 8 requests.nvidia.com/gpu used, and it asks for 1; "
        "raise the quota"
    )


def test_a_limit_range_is_told():
    message = 'Error creating: pods "a-x" is forbidden: maximum cpu usage per Container is 1, but limit is 2'
    assert str(refused(message, "ltk8s")).startswith(
        "a LimitRange of namespace ltk8s does not let its pod in: maximum cpu usage per Container is 1, but limit is 2"
    )
