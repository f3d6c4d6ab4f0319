"""How things stand: store and cluster joined, one row per Job of a run or one per run."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Literal, get_args

from ltk8s.cluster import names
from ltk8s.cluster.base import JobSource
from ltk8s.cluster.job import Job, JobPhase
from ltk8s.cluster.reconcile import Blocked, reconcile
from ltk8s.errors import Corrupt
from ltk8s.spec.base import Spec
from ltk8s.store.base import Store
from ltk8s.store.commit import Result, committed, read_result, read_results
from ltk8s.store.layout import KINDS, LAST_KINDS, Kind
from ltk8s.store.progress import Progress, read_progress
from ltk8s.store.runs import RunRecord

Phase = Literal["failed", "blocked", "missing", "running", "pending", "suspended", "waiting", "done"]
"""Of an id, by store and Job together; a run's is the first of its Jobs' in this order.

``waiting``: held for its predecessors. ``blocked``: one of these failed or is missing. ``missing``: neither a result nor a Job.
"""

PHASES: tuple[Phase, ...] = get_args(Phase)


class JobState(Spec):
    """One learner, fusion or ranking of a run. ``progress`` only while it is on its way, ``accuracy`` (0..1) only when done."""

    id: str
    kind: Kind
    arch: str = ""
    seed: int | None = None
    phase: Phase
    failures: int = 0
    progress: Progress | None = None
    accuracy: float | None = None


class RunState(Spec):
    """One run: done once its fusion or ranking is, else in the phase that holds it up most; ``counts`` are of its Jobs."""

    run: str
    experiment: str
    created: str
    phase: Phase
    counts: dict[Phase, int]
    accuracy: float | None = None


def job_states(records: Sequence[RunRecord], jobs: JobSource, store: Store, before: Sequence[JobState] = ()) -> list[JobState]:
    """Run by run its learners in order, then its fusion or ranking; each Job once, however many runs need it.

    Args:
        before: what an earlier look returned: results of what was done by then are not read again.
    """
    seen = look(records, jobs, store)
    states = {state.id: state for record in records for state in _states_of(record, seen)}
    return _with_metrics(_with_progress(list(states.values()), store), store, before)


def run_states(records: Sequence[RunRecord], jobs: JobSource, store: Store) -> list[RunState]:
    """One row per run, in the order given, for any number of runs from the same few listings."""
    seen = look(records, jobs, store)
    accuracies = accuracies_of(store, "fusion", {record.fusion for record in records} & seen.ends)
    return [_run_state(record, seen, accuracies) for record in records]


@dataclass(frozen=True)
class Snapshot:
    """One look at cluster and store: the Jobs by name, the ids that are committed (``ends``: fusions and rankings), the held
    Jobs that cannot go on.
    """

    jobs: Mapping[str, Job]
    learners: frozenset[str]
    ends: frozenset[str]
    blocked: Mapping[str, Blocked]

    def phase(self, kind: Kind, id: str) -> Phase:
        job = self.jobs.get(id)
        if id in (self.learners if kind == "learner" else self.ends):
            return "done"
        if job is None:
            return "missing"
        if job.finished:  # a complete Job without a result has failed as well
            return "failed"
        return "blocked" if id in self.blocked and job.phase == "held" else job_phase(job)

    def failures(self, id: str) -> int:
        return self.jobs[id].failures if id in self.jobs else 0


def job_phase(job: Job) -> Phase:
    """The phase by the Job alone, as far as that goes without the store: a complete one is taken to be done."""
    if job.phase == "suspended":
        return "pending" if names.KUEUE_QUEUE in job.labels else "suspended"
    by_job: dict[JobPhase, Phase] = {"held": "waiting", "complete": "done", "failed": "failed", "running": "running"}
    return by_job.get(job.phase, "pending")


def look(records: Sequence[RunRecord], source: JobSource, store: Store) -> Snapshot:
    """Look at everything that these runs name: one listing of the cluster and a few of the store, in this order.

    A Job ends after its result is committed: were the store asked first, one that has just ended would seem to lack it.
    """
    jobs = {job.name: job for job in source.list() if job.store == store.url}
    ends = {record.fusion for record in records}
    learners = committed(store, "learner", {member.id for record in records for member in record.members})
    relevant = [job for job in jobs.values() if job.phase != "held" or job.name in ends]
    blocked = {action.name: action for action in reconcile(relevant, learners) if isinstance(action, Blocked)}
    by_kind = {kind: {record.fusion for record in records if record.last_kind == kind} for kind in LAST_KINDS}
    done = [committed(store, kind, ids) for kind, ids in by_kind.items()]
    return Snapshot(jobs, frozenset(learners), frozenset().union(*done), blocked)


def accuracies_of(store: Store, kind: Kind, ids: Iterable[str]) -> dict[str, float]:
    """The accuracy of each result; a corrupt one has none here: who uses it says so."""
    ids = list(ids)
    try:
        results = read_results(store, kind, ids)
    except Corrupt:
        results = {id: result for id in ids if (result := _result_or_none(store, kind, id))}
    return {id: result.metrics["accuracy"] for id, result in results.items() if "accuracy" in result.metrics}


def _result_or_none(store: Store, kind: Kind, id: str) -> Result | None:
    try:
        return read_result(store, kind, id)
    except Corrupt:
        return None


def _states_of(record: RunRecord, seen: Snapshot) -> list[JobState]:
    learners = [_learner_state(seen, member.id, member.arch, member.seed) for member in record.members]
    phase, failures = seen.phase(record.last_kind, record.fusion), seen.failures(record.fusion)
    return [*learners, JobState(id=record.fusion, kind=record.last_kind, phase=phase, failures=failures)]


def _learner_state(seen: Snapshot, id: str, arch: str, seed: int) -> JobState:
    return JobState(id=id, kind="learner", arch=arch, seed=seed, phase=seen.phase("learner", id), failures=seen.failures(id))


def _with_progress(states: Sequence[JobState], store: Store) -> list[JobState]:
    moving = [state for state in states if state.phase == "running"]
    with ThreadPoolExecutor(16) as pool:
        found = pool.map(lambda state: read_progress(store, state.kind, state.id), moving)
        progress = {state.id: seen for state, seen in zip(moving, found, strict=True)}
    return [state.model_copy(update={"progress": progress.get(state.id)}) for state in states]


def _with_metrics(states: Sequence[JobState], store: Store, before: Sequence[JobState]) -> list[JobState]:
    accuracies: dict[str, float | None] = {state.id: state.accuracy for state in before if state.phase == "done"}
    new = [state for state in states if state.phase == "done" and state.id not in accuracies]
    for kind in KINDS:
        accuracies |= accuracies_of(store, kind, [state.id for state in new if state.kind == kind])
    return [state.model_copy(update={"accuracy": accuracies.get(state.id)}) for state in states]


def _run_state(record: RunRecord, seen: Snapshot, accuracies: Mapping[str, float]) -> RunState:
    last = seen.phase(record.last_kind, record.fusion)
    counts = Counter([*(seen.phase("learner", member.id) for member in record.members), last])
    return RunState(
        run=record.run,
        experiment=record.experiment,
        created=record.created,
        phase="done" if last == "done" else next(phase for phase in PHASES if counts[phase]),
        counts={phase: counts[phase] for phase in PHASES if counts[phase]},
        accuracy=accuracies.get(record.fusion),
    )
