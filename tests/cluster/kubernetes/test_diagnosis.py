"""One true sentence for each Job, from what a real cluster (Kubernetes 1.34 on containerd) answered: recorded.json.

It had two nodes: one with 1.9 CPUs and no GPU, and ``ghost``, tainted, which no kubelet serves.
"""

import json
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from ltk8s.cluster.job import Job
from ltk8s.cluster.kubernetes.diagnosis.facts import last_seen
from ltk8s.cluster.kubernetes.diagnosis.jobs import sentence

RECORDED = json.loads((Path(__file__).parent / "recorded.json").read_text())

GHOST = "and 1 of 2 has a taint that it does not tolerate)"


class Recorded:
    """Facts as they were then, or some time later."""

    namespace = "ltk8s"
    kueue = False

    def __init__(self, later=0):
        self.now = datetime.fromisoformat(RECORDED["now"]) + timedelta(seconds=later)
        self.quotas = RECORDED["quotas"]
        self.jobs_at_work = True

    def pods(self, job):
        ours = [pod for pod in RECORDED["pods"] if job.uid in [owner["uid"] for owner in pod["metadata"]["ownerReferences"]]]
        return sorted(ours, key=lambda pod: pod["metadata"]["creationTimestamp"])

    def warnings(self, uid):
        return [event for event in self._events(uid) if event["type"] == "Warning"]

    def history(self, pod):
        return self._events(pod["metadata"]["uid"])

    def _events(self, uid):
        return sorted((event for event in RECORDED["events"] if event["involvedObject"]["uid"] == uid), key=last_seen)


def recorded_job(name, **changes):
    job = next(job for job in RECORDED["jobs"] if job["metadata"]["name"] == name)
    return Job({**job, **changes})


@pytest.mark.parametrize(
    ("name", "expected"),
    {
        "gpu": (
            f"no node has nvidia.com/gpu (1 of 2 has too little nvidia.com/gpu {GHOST}; "
            "use `--profile cpu` or `--profile laptop`, or add GPU nodes"
        ),
        "big": f"no node has 64 CPUs (1 of 2 has too little CPU {GHOST}; ask for less (`--set resources.cpu=…`) or add nodes",
        "mem": (
            f"no node has 500Gi of memory (1 of 2 has too little memory {GHOST}; "
            "ask for less (`--set resources.memory=…`) or add nodes"
        ),
        "noimage": (
            "the image registry.example/ltk8s/none:1 cannot be pulled: registry.example/ltk8s/none:1: not found; build and "
            "push it, or with kind `kind load docker-image registry.example/ltk8s/none:1`; `image.name` in the settings names "
            "another"
        ),
        "nodns": (
            "the image no.such.registry.example/x:1 cannot be pulled: dial tcp: lookup no.such.registry.example on "
            "10.96.0.10:53: no such host; its registry cannot be reached from the node: correct `image.name`, or see to the "
            "node's network"
        ),
        "badname": "'Bad Name!' is no name of an image; correct `image.name` in the settings",
        "nosecret": (
            "there is no Secret 'ltk8s-store' in namespace ltk8s; `kubectl -n ltk8s create secret generic ltk8s-store "
            "--from-literal=AWS_ACCESS_KEY_ID=… --from-literal=AWS_SECRET_ACCESS_KEY=…`, and its pod goes on by itself"
        ),
        "nosecretvolume": "there is no Secret 'absent' in namespace ltk8s; create it, and its pod goes on by itself",
        "nocm": "there is no ConfigMap 'nope' in namespace ltk8s; create it, and its pod goes on by itself",
        "hand": (
            "it was suspended by hand; "
            '`kubectl -n ltk8s patch job hand --type merge -p \'{"spec":{"suspend":false}}\'` lets it go on'
        ),
        "oom": "it ran out of memory (its limit is 64Mi); submit again with `--set resources.memory=128Mi`",
        "crash": "exit code 1 in the last of 3 attempts",
        "bad": "exit code 65",
        "nocommand": (
            "the image registry.example/ltk8s/worker:1 has no `nosuchprogram` in the last of 2 attempts; "
            "set `image.name` to the worker's image"
        ),
        "disk": (
            'its pod was evicted because the disk is full: Usage of EmptyDir volume "t" exceeds the limit "20Mi" in the last '
            "of 2 attempts; free disk on the node, or give its pod more (ephemeral-storage, a volume) in the setting "
            "`pod_template`"
        ),
        "deadline": (
            "it ran longer than its deadline of 5 s; "
            "submit again, which goes on from what is saved, with a later `--set resources.deadline_seconds=…`"
        ),
        "overcpu": (
            "the ResourceQuota compute is used up: 0 of 20m requests.cpu used, and it asks for 50m; "
            "ask for less (`--set resources.cpu=…`) or raise the quota"
        ),
        "overmem": (
            "the ResourceQuota compute is used up: 0 of 1Gi limits.memory used, and it asks for 2Gi; "
            "ask for less (`--set resources.memory=…`) or raise the quota"
        ),
        "noaccount": (
            "there is no ServiceAccount 'nobody' in namespace ltk8s; "
            "`kubectl -n ltk8s create serviceaccount nobody`, or correct the setting `pod_template`"
        ),
        "noprio": "there is no PriorityClass 'vip'; create it, or correct the setting `pod_template`",
        "fine": "",
    }.items(),
)
def test_a_job_says_what_holds_it_up(name, expected):
    assert sentence(recorded_job(name), Recorded()) == expected


def test_a_refusal_by_pod_security_says_what_is_wrong_and_where_to_take_it_out():
    said = sentence(recorded_job("unrestricted"), Recorded())
    assert said.startswith("the namespace's Pod Security level restricted:latest does not let its pod in: allowPrivilege")
    assert "take that out of the setting `pod_template`" in said


def test_a_pod_on_a_node_that_is_gone_says_how_to_give_it_up():
    said = sentence(recorded_job("ghosted"), Recorded(later=600))
    assert "its node ghost does not answer" in said
    assert "`kubectl delete node ghost`" in said


def test_an_evicted_pod_that_is_replaced_says_that_nothing_is_lost():
    said = sentence(recorded_job("evictme"), Recorded())
    assert "evicted, as when a node is drained" in said


def test_a_job_that_crashes_says_how_often_and_when_the_next_attempt_is():
    job = recorded_job("again")
    said = sentence(Job({**job.object, "status": {**job.status, "failed": 2, "active": 0, "ready": 0}}), Ended())
    assert said == "it is tried again in about 15 s: 2 of 6 attempts have failed, the last with: exit code 1"


class Ended(Recorded):
    """Five seconds after the second pod has ended, when there was no third."""

    def pods(self, job):
        pods = super().pods(job)[:2]
        finished = pods[-1]["status"]["containerStatuses"][0]["state"]["terminated"]["finishedAt"]
        self.now = datetime.fromisoformat(finished) + timedelta(seconds=5)
        return pods


def test_a_quota_is_named_too_when_its_event_is_forgotten():
    class Forgotten(Recorded):
        def warnings(self, uid):
            return []

    assert sentence(recorded_job("overmem"), Forgotten()) == (
        "the ResourceQuota compute is used up: 0 of 1Gi limits.memory used, and it asks for 2Gi; "
        "ask for less (`--set resources.memory=…`) or raise the quota"
    )


def test_a_failed_job_whose_pods_are_gone_still_says_its_exit_code():
    class Gone(Recorded):
        def pods(self, job):
            return []

    assert sentence(recorded_job("bad"), Gone()) == "exit code 65"
    assert sentence(recorded_job("crash"), Gone()) == (
        "its pods are gone, and Kubernetes says: Job has reached the specified backoff limit"
    )


def test_without_kueue_a_queue_is_never_served():
    job = recorded_job("hand")
    queued = {**job.object, "metadata": {**job.object["metadata"], "labels": {"kueue.x-k8s.io/queue-name": "q"}}}
    assert sentence(Job(queued), Recorded()).startswith("it asks for the queue 'q', and this cluster has no Kueue; install")
