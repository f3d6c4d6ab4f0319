"""What the cluster alone knows of runs, while their store cannot be read: which Jobs there are, and why they do not move.

Whether a Job that is gone left a result only the store knows: such a one is in no list here.
"""

from __future__ import annotations

from collections import Counter

from ltk8s.cluster import names
from ltk8s.cluster.base import Cluster
from ltk8s.cluster.explain import Reason, joined
from ltk8s.cluster.job import Job, JobPhase
from ltk8s.cluster.state import PHASES, JobState, RunState, job_phase
from ltk8s.errors import CredentialRefused, NoCredential, StoreAway, StoreError

ONLY_THE_STORE: dict[JobPhase, str] = {
    "held": "it waits for its learners; which of them are committed only the store knows",
    "complete": "its Job is complete; whether its result is there only the store knows",
}


def reasons_without_store(name: str, cluster: Cluster, trouble: StoreError) -> list[Reason]:
    """What can be said of the Jobs of the runs that ``name`` begins, or of the Jobs that it begins.

    Args:
        trouble: why the store cannot be read.
    """
    jobs = _jobs_of(name, cluster)
    said = cluster.diagnose_all(jobs)
    words = ONLY_THE_STORE | {"running": _while_it_runs(trouble)}
    reasons = [
        Reason(id=job.name, kind=job.kind, phase=job_phase(job), why=joined(said.get(job.name, ""), words.get(job.phase, "")))
        for job in jobs
    ]
    return [reason for reason in reasons if reason.why]


def job_states_without_store(name: str, cluster: Cluster) -> list[JobState]:
    """The same Jobs, each in its phase as far as it tells that itself, learners first."""
    jobs = sorted(_jobs_of(name, cluster), key=lambda job: (job.kind != "learner", job.name))
    return [
        JobState(id=job.name, kind=job.kind, arch=job.labels.get(names.ARCH, ""), phase=job_phase(job), failures=job.failures)
        for job in jobs
    ]


def run_states_without_store(cluster: Cluster) -> list[RunState]:
    """The runs of which there are Jobs, by their labels, oldest first. ``created`` is when the oldest of these was."""
    jobs = cluster.list()
    runs = {run: [job for job in jobs if run in job.runs] for run in sorted({run for job in jobs for run in job.runs})}
    return sorted((_run_state(run, jobs) for run, jobs in runs.items()), key=lambda state: (state.created, state.run))


def _run_state(run: str, jobs: list[Job]) -> RunState:
    counts = Counter(job_phase(job) for job in jobs)
    return RunState(
        run=run,
        experiment="",
        created=min(job.created for job in jobs).isoformat(timespec="seconds"),
        phase=next(phase for phase in PHASES if counts[phase]),
        counts={phase: counts[phase] for phase in PHASES if counts[phase]},
    )


def _jobs_of(name: str, cluster: Cluster) -> list[Job]:
    return [job for job in cluster.list() if job.name.startswith(name) or any(run.startswith(name) for run in job.runs)]


def _while_it_runs(trouble: StoreError) -> str:
    if isinstance(trouble, StoreAway):
        return "while the store is away it repeats its calls, for 5 minutes, and it loses nothing that is saved"
    if isinstance(trouble, NoCredential | CredentialRefused):
        return "its pod keeps the credentials that it started with"
    return ""
