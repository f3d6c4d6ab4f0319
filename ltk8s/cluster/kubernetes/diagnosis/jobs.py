"""One Job's sentence: its own conditions first, then its newest pod, then why there is none."""

from __future__ import annotations

import re

from ltk8s.cluster import names
from ltk8s.cluster.job import Job
from ltk8s.cluster.kubernetes.diagnosis.creation import refused, used_up
from ltk8s.cluster.kubernetes.diagnosis.ended import disruption, ending
from ltk8s.cluster.kubernetes.diagnosis.facts import Facts, last_seen
from ltk8s.cluster.kubernetes.diagnosis.kueue import held_by_kueue
from ltk8s.cluster.kubernetes.diagnosis.pods import trouble_of
from ltk8s.cluster.kubernetes.diagnosis.words import Object, Trouble, is_true, lasting, seconds_since, tidy

BACKOFF_SECONDS, LONGEST_BACKOFF_SECONDS = 10, 600
"""The Job controller waits so long after a first failure, twice as long after each further one, and no longer than this."""

_EXIT = re.compile(r"failed with exit code (\d+)")


def sentence(job: Job, facts: Facts) -> str:
    """Why a Job is not moving, or has failed; empty for one that is complete, held by us, or runs undisturbed."""
    if job.phase in {"complete", "held"}:
        return ""
    if job.deleting:
        return _deleting(job, facts)
    if job.phase == "failed" or job.condition("FailureTarget"):
        return str(_failure(job, facts))
    if job.phase == "suspended":
        return str(_suspended(job, facts))
    if job.phase == "running" and not job.failures:
        return ""
    return _active(job, facts)


def _deleting(job: Job, facts: Facts) -> str:
    stuck = [trouble for pod in _alive(job, facts) if (trouble := trouble_of(pod, facts))]
    return f"it is being deleted: {stuck[-1]}" if stuck else "it is being deleted"


def _failure(job: Job, facts: Facts) -> Trouble:
    failed = job.condition("Failed") or job.condition("FailureTarget") or {}
    if failed.get("reason") == "DeadlineExceeded":
        return Trouble(
            f"it ran longer than its deadline of {job.spec.get('activeDeadlineSeconds')} s",
            "submit again, which goes on from what is saved, with a later `--set resources.deadline_seconds=…`",
        )
    pods = _failed(job, facts)
    if pods:
        last = ending(pods[-1])
        of_many = f" in the last of {job.failures} attempts" if job.failures > 1 else ""
        return Trouble(f"{last.what}{of_many}", last.do)
    message = failed.get("message", "")
    if found := _EXIT.search(message):
        return Trouble(f"exit code {found[1]}")
    return Trouble(f"its pods are gone, and Kubernetes says: {tidy(message)}" if message else "")


def _suspended(job: Job, facts: Facts) -> Trouble:
    if names.KUEUE_QUEUE in job.labels:
        return held_by_kueue(job, facts)
    resume = f'kubectl -n {facts.namespace} patch job {job.name} --type merge -p \'{{"spec":{{"suspend":false}}}}\''
    return Trouble("it was suspended by hand", f"`{resume}` lets it go on")


def _active(job: Job, facts: Facts) -> str:
    """A Job that has, or should have, a pod."""
    alive = _alive(job, facts)
    if alive:
        trouble = trouble_of(alive[-1], facts)
        if trouble:
            return f"{trouble}{_earlier(job, facts)}"
        return f"it runs again{_earlier(job, facts)}" if job.failures else ""
    if refusal := _refusal(job, facts):
        return f"{refusal}{_earlier(job, facts)}"
    return _between_pods(job, facts)


def _earlier(job: Job, facts: Facts) -> str:
    """What became of the attempts before."""
    if not job.failures:
        return ""
    pods = [pod for pod in _failed(job, facts) if not is_true(pod, "DisruptionTarget")]
    how = f", the last with: {ending(pods[-1])}" if pods else ""
    return f"; {_tries(job)} failed before{how}"


def _tries(job: Job) -> str:
    return f"{job.failures} of {int(job.spec.get('backoffLimit', 6)) + 1} attempts have"


def _refusal(job: Job, facts: Facts) -> Trouble | None:
    """Why its next pod was not let in. An event that is older than its last pod is about another time."""
    since = max((str(pod["metadata"]["creationTimestamp"]) for pod in facts.pods(job)), default="")
    events = [event for event in facts.warnings(job.uid) if event.get("reason") == "FailedCreate"]
    if events and last_seen(events[-1]) >= since:
        return refused(events[-1].get("message", ""), facts.namespace, jobs_at_work=facts.jobs_at_work)
    if since or _age(job, facts) < BACKOFF_SECONDS:
        return None
    return used_up(facts.quotas, job.object, jobs_at_work=facts.jobs_at_work)


def _between_pods(job: Job, facts: Facts) -> str:
    pods = [pod for pod in facts.pods(job) if pod["status"].get("phase") == "Failed"]
    if not pods:
        return f"its pod has not been created yet, for {lasting(_age(job, facts))}"
    if is_true(pods[-1], "DisruptionTarget") or not job.failures:
        why = disruption(pods[-1]) if is_true(pods[-1], "DisruptionTarget") else Trouble("it was told to stop")
        return f"its pod was stopped: {why}; what it has saved is kept, and the next one is about to start"
    return f"it is tried again{_soon(job, pods[-1], facts)}: {_tries(job)} failed, the last with: {ending(pods[-1])}"


def _soon(job: Job, last: Object, facts: Facts) -> str:
    """When the next attempt is due, by the Job controller's back-off."""
    ended = [
        (each.get("state") or {}).get("terminated", {}).get("finishedAt")
        for each in last["status"].get("containerStatuses") or []
    ]
    finished = max((moment for moment in ended if moment), default=None)
    if finished is None:
        return " soon"
    pause = min(BACKOFF_SECONDS * 2.0 ** (job.failures - 1), LONGEST_BACKOFF_SECONDS)
    left = pause - seconds_since(finished, facts.now)
    return f" in about {lasting(left)}" if left >= 1 else " at once"


def _alive(job: Job, facts: Facts) -> list[Object]:
    return [pod for pod in facts.pods(job) if pod["status"].get("phase") not in {"Succeeded", "Failed"}]


def _failed(job: Job, facts: Facts) -> list[Object]:
    return [pod for pod in facts.pods(job) if pod["status"].get("phase") == "Failed"]


def _age(job: Job, facts: Facts) -> float:
    """How long it has been allowed to run."""
    started = job.status.get("startTime") or job.object["metadata"].get("creationTimestamp")
    return seconds_since(started, facts.now)
