"""Why Kueue does not start a Job: its queue, and what the conditions of its Workload say."""

from __future__ import annotations

from ltk8s.cluster import names
from ltk8s.cluster.job import Job
from ltk8s.cluster.kubernetes.diagnosis.facts import Facts
from ltk8s.cluster.kubernetes.diagnosis.words import Object, Trouble, condition, is_true, lasting, seconds_since, tidy

INSTALL = "install Kueue and `k8s/components/kueue`, or `ltk8s cancel` the run and submit without `queue`"


def held_by_kueue(job: Job, facts: Facts) -> Trouble:
    """Why a Job that Kueue has suspended, or not yet admitted, does not run."""
    name = job.labels[names.KUEUE_QUEUE]
    if facts.kueue is False:
        return Trouble(f"it asks for the queue {name!r}, and this cluster has no Kueue", INSTALL)
    queue, workload = facts.local_queue(name), facts.workload(job)
    if queue is None:
        return no_queue(name, facts.namespace)
    if workload and workload.get("spec", {}).get("active") is False:
        return Trouble(
            f"its Kueue Workload was deactivated{_because(condition(workload, 'Evicted'))}",
            f"`kubectl -n {facts.namespace} patch workload {workload['metadata']['name']} --type merge "
            '-p \'{"spec":{"active":true}}\'` lets it go on',
        )
    if stopped := inactive(queue, name):
        return stopped
    if workload is None:
        age = lasting(seconds_since(job.object["metadata"].get("creationTimestamp"), facts.now))
        return Trouble(
            f"it waits in the queue {name!r} and Kueue has not taken note of it, for {age}",
            "`kubectl -n kueue-system get pods` shows whether Kueue runs",
        )
    return Trouble(_admission(workload, queue, name))


def no_queue(name: str, namespace: str) -> Trouble:
    return Trouble(
        f"there is no LocalQueue {name!r} in namespace {namespace}, so Kueue never starts it",
        "create it (`k8s/components/kueue` has one), or `ltk8s cancel` the run and submit with another `queue`",
    )


def inactive(queue: Object, name: str) -> Trouble | None:
    """Why a LocalQueue admits nothing; None where it is active, or that is not known."""
    policy = (queue.get("spec") or {}).get("stopPolicy", "None")
    if policy != "None":
        return Trouble(f"Kueue's queue {name!r} is stopped (stopPolicy {policy})", "set its stopPolicy to None")
    active = condition(queue, "Active")
    if active.get("status") != "False":
        return None
    cluster_queue = (queue.get("spec") or {}).get("clusterQueue", "")
    if active.get("reason") == "ClusterQueueDoesNotExist":
        return Trouble(
            f"Kueue's queue {name!r} leads to the ClusterQueue {cluster_queue!r}, which does not exist",
            "create it: `k8s/components/kueue` has one",
        )
    return Trouble(
        f"Kueue's queue {name!r} is not active{_because(active)}", f"`kubectl describe clusterqueue {cluster_queue}` says more"
    )


def _admission(workload: Object, queue: Object, name: str) -> str:
    """Where the Workload stands on its way to being admitted."""
    if is_true(workload, "Admitted"):
        return f"Kueue has admitted it in the queue {name!r}, and is about to start it"
    if is_true(workload, "QuotaReserved"):
        checks = (workload.get("status") or {}).get("admissionChecks") or []
        waiting = [check["name"] for check in checks if check.get("state") != "Ready"]
        return (
            f"Kueue has quota for it in the queue {name!r}, and waits for the admission checks {', '.join(waiting) or 'of it'}"
        )
    reserved, evicted = condition(workload, "QuotaReserved"), condition(workload, "Evicted")
    waits = f"Kueue holds it in the queue {name!r}{_others(queue)}"
    if evicted.get("status") == "True":
        how = "preempted it" if evicted.get("reason") == "Preempted" else "stopped it"
        waits = f"Kueue has {how}{_because(evicted)}; what it has saved is kept, and it waits again in the queue {name!r}"
        if evicted.get("message") == reserved.get("message"):
            return waits
    return f"{waits}{_because(reserved)}" if reserved else f"{waits}, and has not looked at it yet"


def _others(queue: Object) -> str:
    """How many wait there: the queue's own count, so that no further right is needed."""
    count = (queue.get("status") or {}).get("pendingWorkloads") or 0
    return f" with {count - 1} other{'' if count == 2 else 's'} waiting" if count > 1 else ""


def _because(found: Object) -> str:
    message = tidy(found.get("message", ""))
    return f": {message}" if message else ""
