"""Why a Job does not move on this machine, as a sentence without its end: the Job's conditions, the room, who runs it."""

from __future__ import annotations

from collections.abc import Sequence

from ltk8s.cluster import names
from ltk8s.cluster.job import Job
from ltk8s.cluster.local.drivers import driven
from ltk8s.cluster.local.files import JobFiles
from ltk8s.cluster.local.locks import Holder, holder_of, is_locked
from ltk8s.cluster.local.machine import Machine, demand_of


def diagnose(job: Job, all_jobs: Sequence[Job], files: JobFiles, machine: Machine) -> str:
    """The reason, or nothing for a Job that is complete, held or running undisturbed."""
    holder = holder_of(files.lock(job.name))
    if job.phase == "failed":
        return _failure(job)
    if job.phase == "suspended":
        return "it was suspended by hand"
    if job.phase == "running" and holder and holder.orphaned:
        then = "another one waits for it" if driven(files.drivers, job.runs) else "submit again to wait for it"
        return f"it runs on in process {_pid(holder)}, whose `ltk8s submit` was killed; {then}"
    if job.phase == "pending":
        return _pending(job, all_jobs, files, machine, holder)
    return ""


def _pid(holder: Holder) -> int:
    return (holder.worker or holder.driver).pid


def _failure(job: Job) -> str:
    condition = job.condition("Failed") or {}
    code = job.annotations.get(names.LAST_EXIT)
    if condition.get("reason") == "DeadlineExceeded":
        return f"it ran longer than its deadline of {job.spec.get('activeDeadlineSeconds')} s"
    return f"exit code {code}{f' in the last of {job.failures} attempts' if job.failures > 1 else ''}"


def _pending(job: Job, all_jobs: Sequence[Job], files: JobFiles, machine: Machine, holder: Holder | None) -> str:
    if is_locked(files.lock(job.name)):
        by = f"process {holder.driver.pid}" if holder else "another process"
        if code := job.annotations.get(names.LAST_EXIT):
            retries = job.spec.get("backoffLimit", 6)
            return f"{by} tries it again soon: exit code {code}, {job.failures} of {retries + 1} attempts have failed"
        return f"{by} holds its lock"
    if not driven(files.drivers, job.runs):
        return "no `ltk8s submit` on this machine runs it any more; submit again to go on"
    demand = demand_of(job.object)
    running = [other for other in all_jobs if other.status.get("ready")]
    if running and not machine.fits(sum((demand_of(other.object) for other in running), demand)):
        busy = ", ".join(other.name for other in running)
        return f"it waits for room: it needs {demand} of {machine.capacity}, and these run: {busy}"
    return "it is about to start"
