"""What Kueue's objects mean."""

from datetime import UTC, datetime

import pytest

from ltk8s.cluster.job import Job
from ltk8s.cluster.kubernetes.diagnosis.jobs import sentence

QUEUE = {"metadata": {"name": "q"}, "spec": {"clusterQueue": "cq"}, "status": {"pendingWorkloads": 1}}


class Facts:
    namespace, now, kueue = "ltk8s", datetime(2026, 1, 1, 12, tzinfo=UTC), True

    def __init__(self, queue=QUEUE, workload=None):
        self._queue, self._workload = queue, workload

    def local_queue(self, name):
        return self._queue

    def workload(self, job):
        return self._workload


@pytest.fixture
def job():
    labels = {"kueue.x-k8s.io/queue-name": "q"}
    made = {"name": "a", "uid": "1", "creationTimestamp": "2026-01-01T11:59:20Z", "labels": labels}
    return Job({"metadata": made, "spec": {"suspend": True}, "status": {}})


def workload(*conditions, active=True):
    return {
        "metadata": {"name": "job-a-12345"},
        "spec": {"active": active},
        "status": {
            "conditions": [dict(zip(("type", "status", "reason", "message"), each, strict=True)) for each in conditions]
        },
    }


PENDING = ("QuotaReserved", "False", "Pending", "couldn't assign flavors to pod set main: insufficient unused quota for cpu.")


def test_a_job_waits_for_quota(job):
    assert sentence(job, Facts(workload=workload(PENDING))) == (
        "Kueue holds it in the queue 'q': couldn't assign flavors to pod set main: insufficient unused quota for cpu"
    )


def test_how_many_wait_is_told(job):
    crowded = {**QUEUE, "status": {"pendingWorkloads": 4}}
    assert "in the queue 'q' with 3 others waiting: " in sentence(job, Facts(crowded, workload(PENDING)))


def test_a_preempted_job_waits_again(job):
    evicted = ("Evicted", "True", "Preempted", "Preempted to accommodate a workload of higher priority")
    assert sentence(job, Facts(workload=workload(evicted, PENDING))).startswith(
        "Kueue has preempted it: Preempted to accommodate a workload of higher priority; what it has saved is kept, "
        "and it waits again in the queue 'q': couldn't assign"
    )


def test_an_admission_check_is_named(job):
    reserved = workload(("QuotaReserved", "True", "QuotaReserved", ""))
    reserved["status"]["admissionChecks"] = [{"name": "provisioning", "state": "Pending"}]
    assert sentence(job, Facts(workload=reserved)).endswith("waits for the admission checks provisioning")


def test_a_queue_that_is_absent_says_how_to_go_on(job):
    assert sentence(job, Facts(queue=None)).startswith(
        "there is no LocalQueue 'q' in namespace ltk8s, so Kueue never starts it; create it"
    )


def test_a_queue_without_its_cluster_queue(job):
    inactive = {"type": "Active", "status": "False", "reason": "ClusterQueueDoesNotExist", "message": "Can't submit"}
    assert sentence(job, Facts({**QUEUE, "status": {"conditions": [inactive]}})).startswith(
        "Kueue's queue 'q' leads to the ClusterQueue 'cq', which does not exist"
    )


def test_a_stopped_queue(job):
    assert sentence(job, Facts({**QUEUE, "spec": {"clusterQueue": "cq", "stopPolicy": "Hold"}})).startswith(
        "Kueue's queue 'q' is stopped (stopPolicy Hold)"
    )


def test_a_deactivated_workload_says_how_to_reactivate_it(job):
    said = sentence(job, Facts(workload=workload(("Evicted", "True", "Deactivated", "by the admin"), active=False)))
    assert said.startswith("its Kueue Workload was deactivated: by the admin; `kubectl -n ltk8s patch workload job-a-12345")


def test_kueue_that_takes_no_note(job):
    assert "Kueue has not taken note of it, for 40 s" in sentence(job, Facts())


def test_rights_that_are_missing_are_no_absent_queue(job):
    class Forbidden(Facts):
        kueue = None

    assert sentence(job, Forbidden(queue={}, workload=workload(PENDING))).startswith("Kueue holds it in the queue 'q': ")
