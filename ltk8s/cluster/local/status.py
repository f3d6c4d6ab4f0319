"""What the Job controller of Kubernetes would write into a Job's status: pure functions from one object to the next."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from ltk8s.cluster import names
from ltk8s.cluster.job import Job, Manifest
from ltk8s.cluster.local.files import timestamp

LONGEST_DELAY = 360.0
"""Seconds: the cap of the exponential back-off, as in Kubernetes."""


@dataclass(frozen=True)
class Verdict:
    """What one attempt's end means for its Job; ``rule`` is the index of the failure policy's rule that says so."""

    action: Literal["Complete", "FailJob", "Ignore", "Count"]
    rule: int | None = None


def judge(job: Manifest, exit_code: int, *, disrupted: bool) -> Verdict:
    """Match an attempt's end against the Job's ``podFailurePolicy``, first match first.

    Args:
        exit_code: the container's; 128 + n where signal n ended it.
        disrupted: whether it was we who stopped it, as an eviction would (the condition DisruptionTarget).
    """
    if exit_code == 0:
        return Verdict("Complete")
    for index, rule in enumerate((job["spec"].get("podFailurePolicy") or {}).get("rules") or []):
        if _matches(rule, exit_code, disrupted=disrupted):
            return Verdict(rule["action"], index)
    return Verdict("Count")


def _matches(rule: dict[str, Any], exit_code: int, *, disrupted: bool) -> bool:
    if "onExitCodes" in rule:
        listed = exit_code in rule["onExitCodes"]["values"]
        return bool(listed == (rule["onExitCodes"]["operator"] == "In"))
    return disrupted and any(condition["status"] == "True" for condition in rule.get("onPodConditions") or [])


def delay(failures: int, first: float) -> float:
    """Seconds before the attempt after ``failures`` failures.

    >>> [delay(n, 10) for n in (1, 2, 3, 9)]
    [10.0, 20.0, 40.0, 360.0]
    """
    return float(min(first * 2 ** max(failures - 1, 0), LONGEST_DELAY))


def started(job: Manifest) -> Manifest:
    """One attempt runs. The deadline counts from the first one since the Job was last set aside."""
    now = timestamp()
    status = {**job["status"], "active": 1, "ready": 1}
    status.setdefault("startTime", now)
    return {**job, "status": _without(status, "Suspended")}


def paused(job: Manifest) -> Manifest:
    """No attempt runs; another may follow."""
    status = {key: value for key, value in job["status"].items() if key not in {"active", "ready"}}
    return {**job, "status": status}


def set_aside(job: Manifest) -> Manifest:
    """No attempt runs, and the time until the next is not the Job's: the deadline starts anew, as when one is suspended."""
    job = paused(job)
    return {**job, "status": {key: value for key, value in job["status"].items() if key != "startTime"}}


def ended(job: Manifest, exit_code: int, verdict: Verdict) -> Manifest:
    """An attempt has ended with ``exit_code``."""
    job = _noting_exit(paused(job), exit_code)
    if verdict.action == "Complete":
        return _complete(job)
    if verdict.action == "FailJob":
        why = f"Container {names.WORKER} failed with exit code {exit_code} matching FailJob rule at index {verdict.rule}"
        return failed(_counted(job), "PodFailurePolicy", why)
    if verdict.action == "Ignore":
        return job
    job = _counted(job)
    if job["status"]["failed"] > job["spec"].get("backoffLimit", 6):
        return failed(job, "BackoffLimitExceeded", "Job has reached the specified backoff limit")
    return job


def failed(job: Manifest, reason: str, message: str) -> Manifest:
    """The Job has failed for good."""
    return _with(paused(job), "Failed", reason=reason, message=message)


def suspended(job: Manifest) -> Manifest:
    """The Job's process has been stopped because somebody suspended the Job."""
    return _with(set_aside(job), "Suspended", reason="JobSuspended", message="Job suspended")


def _complete(job: Manifest) -> Manifest:
    done = {**job["status"], "succeeded": 1, "completionTime": timestamp()}
    return _with(
        {**job, "status": done}, "Complete", reason="CompletionsReached", message="Reached expected number of succeeded pods"
    )


def _counted(job: Manifest) -> Manifest:
    return {**job, "status": {**job["status"], "failed": Job(job).failures + 1}}


def _noting_exit(job: Manifest, exit_code: int) -> Manifest:
    noted = {**(job["metadata"].get("annotations") or {}), names.LAST_EXIT: str(exit_code)}
    return {**job, "metadata": {**job["metadata"], "annotations": noted}}


def _with(job: Manifest, type: str, *, reason: str, message: str) -> Manifest:
    """The Job with that condition true since now."""
    now = timestamp()
    condition = {"type": type, "status": "True", "reason": reason, "message": message, "lastTransitionTime": now}
    status = _without(job["status"], type)
    return {**job, "status": {**status, "conditions": [*status.get("conditions", []), condition]}}


def _without(status: dict[str, Any], type: str) -> dict[str, Any]:
    conditions = [condition for condition in status.get("conditions", []) if condition["type"] != type]
    return {**status, "conditions": conditions}
