"""Submitting: records, what ends a run, learners, in this order, so that submitting again completes what was cut short."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Literal

from ltk8s.cluster import names
from ltk8s.cluster.base import AlreadyExists, Cluster
from ltk8s.cluster.explain import failure_of
from ltk8s.cluster.job import Job, Manifest, environment_of, worker_of
from ltk8s.cluster.overlay import pod_spec
from ltk8s.cluster.record import record_of
from ltk8s.cluster.render import render
from ltk8s.errors import ClusterError, UsageError
from ltk8s.planning.done import find_done
from ltk8s.planning.sweep import AnyPlan
from ltk8s.spec.base import Spec
from ltk8s.spec.settings import Settings
from ltk8s.store import layout
from ltk8s.store.base import Store
from ltk8s.store.commit import set_aside
from ltk8s.store.layout import LAST_KINDS, Kind
from ltk8s.store.runs import read_runs, write_run

LOOKS = 20
"""How often a Job is looked at again because somebody else has changed it in between."""


class Outcome(Spec):
    """What became of one id of one run; ``why`` is empty or says more: which other runs share it, why it is made anew."""

    run: str
    id: str
    kind: Kind
    outcome: Literal["done", "created", "shared", "retried"]
    why: str = ""


@dataclass(frozen=True)
class Wanted:
    """One id that is to be committed, with its Job's manifest, which has the labels of all ``runs`` that are submitted now."""

    id: str
    kind: Kind
    manifest: Manifest
    runs: tuple[str, ...]


Fate = tuple[Literal["done", "created", "shared", "retried"], str]
"""An outcome and why."""


def submit(
    plans: Sequence[AnyPlan], store: Store, cluster: Cluster, settings: Settings, *, dry_run: bool = False
) -> list[Outcome]:
    """Create what is missing of these runs; returns, run by run, what became of its learners and its fusion or ranking.

    A dry run says what would become of each id; the cluster validates the manifests and nothing is written.

    Raises:
        UsageError: before anything is created, if the cluster can never run one of the Jobs, or holds a Job of the same name
            for another store.
        ClusterError, StoreError: if either cannot be reached; submitting again goes on from there.
    """
    _refuse_unreachable_store(cluster, settings)
    wanted = _wanted(plans, settings, from_pods=not cluster.on_this_machine)
    jobs = {job.name: job for job in cluster.list()}  # before the store: see state.look
    done, anew = find_done(plans, store)
    for each in wanted.values():
        _refuse_another_store(each, jobs.get(each.id))
    cluster.check([each.manifest for each in wanted.values() if each.id not in done and _is_free(jobs.get(each.id))])

    if not dry_run:
        _write_records(plans, store, settings)
        for id, why in anew.items():
            set_aside(store, "learner", id, why)
    submission = _Submission(store, cluster, dry_run)
    fates: dict[str, Fate] = {}
    order: tuple[Kind, ...] = (*LAST_KINDS, "learner")
    for kind in order:
        batch = [each for each in wanted.values() if each.kind == kind]
        with ThreadPoolExecutor(cluster.parallel) as pool:
            settled = pool.map(lambda each: submission.settle(each, jobs.get(each.id), done=each.id in done), batch)
            fates |= {each.id: fate for each, fate in zip(batch, settled, strict=True)}
    return [
        _outcome(plan.run, wanted[id], fates[id], anew.get(id, ""))
        for plan in plans
        for id in [*(task.id for task in plan.learners), plan.last.id]
    ]


class _Submission:
    def __init__(self, store: Store, cluster: Cluster, dry_run: bool) -> None:
        self._store = store
        self._cluster = cluster
        self._dry_run = dry_run

    def settle(self, wanted: Wanted, job: Job | None, *, done: bool) -> Fate:
        """Do what the table of the design says for one id: until nobody else has changed its Job between look and deed."""
        for _ in range(LOOKS):
            if done:
                return "done", ""
            if fate := self._act(wanted, job):
                return fate
            job = self._cluster.get(wanted.id)
            done = self._store.exists(layout.result(wanted.kind, wanted.id))
        raise ClusterError(f"The Job {wanted.id!r} changes all the time.", "Something else works on it; submit again.")

    def _act(self, wanted: Wanted, job: Job | None) -> Fate | None:
        """One deed; None where the Job is another one by now."""
        _refuse_another_store(wanted, job)
        if job is None:
            return ("created", "") if self._create(wanted.manifest) else None
        if job.deleting:
            self._cluster.delete(job.name, uid=job.uid)  # which returns when it is gone
            return None
        return self._retry(wanted, job) if job.finished else self._share(wanted, job)

    def _create(self, manifest: Manifest) -> bool:
        try:
            self._cluster.create(manifest, dry_run=self._dry_run)
        except AlreadyExists:
            return False
        return True

    def _retry(self, wanted: Wanted, job: Job) -> Fate | None:
        """Replace a finished Job, keeping the labels of the runs that it had."""
        why = failure_of(job, self._cluster, self._store)
        if self._dry_run:
            return "retried", why
        if not self._cluster.delete(job.name, uid=job.uid):
            return None
        runs = {label: value for label, value in job.labels.items() if label.startswith(names.RUN)}
        return ("retried", why) if self._create(_labelled(wanted.manifest, runs)) else None

    def _share(self, wanted: Wanted, job: Job) -> Fate | None:
        """Leave a live Job as it is, but for the runs' labels and those that somebody has removed."""
        removed = _removed_labels(job, wanted.manifest)
        lacking: dict[str, str | None] = {names.run_label(run): "" for run in wanted.runs if run not in job.runs}
        lacking |= removed
        if lacking and not self._dry_run:
            labelled = self._cluster.label(job.name, lacking)
            if labelled is None or labelled.deleting or labelled.uid != job.uid:
                return None
        others = ", ".join(sorted(job.runs - set(wanted.runs)))
        parts = [f"needed by {others} too" if others else "submitted before", *_differences(job, wanted.manifest)]
        if removed:
            parts.append(f"its labels {', '.join(sorted(removed))} {'are to be' if self._dry_run else 'were'} put back")
        return "shared", "; ".join(parts)


def _write_records(plans: Sequence[AnyPlan], store: Store, settings: Settings) -> None:
    """Those that the store lacks, or cannot read: submitting again writes nothing."""
    created = {record.run: record.created for record in read_runs(store)}
    for plan in plans:
        if plan.run not in created:
            created[plan.run] = write_run(store, record_of(plan, settings.image.name, created.values())).created


def _wanted(plans: Sequence[AnyPlan], settings: Settings, *, from_pods: bool) -> dict[str, Wanted]:
    """Each id once, in the order in which it first appears, with the labels of every run that needs it."""
    wanted: dict[str, Wanted] = {}
    for plan in plans:
        for manifest in render(plan, settings, from_pods=from_pods):
            job = Job(manifest)
            before = wanted.get(job.name)
            runs = (*before.runs, plan.run) if before else (plan.run,)
            merged = _labelled(before.manifest, {names.run_label(plan.run): ""}) if before else manifest
            wanted[job.name] = Wanted(job.name, job.kind, merged, runs)
    return wanted


def _labelled(manifest: Manifest, labels: dict[str, str]) -> Manifest:
    metadata = manifest["metadata"]
    return {**manifest, "metadata": {**metadata, "labels": {**metadata["labels"], **labels}}}


def _is_free(job: Job | None) -> bool:
    """Whether a Job is to be created under this name."""
    return job is None or job.finished or job.deleting


def _refuse_unreachable_store(cluster: Cluster, settings: Settings) -> None:
    volumes = pod_spec(settings.pod_template).get("volumes")
    if settings.store.url.startswith("file:") and not cluster.on_this_machine and not volumes:
        raise UsageError(
            f"The store {settings.store.url} is a directory of this machine; pods of {cluster.name!r} cannot reach it.",
            "Use an s3:// store, or mount the directory with the setting pod_template.",
        )


def _refuse_another_store(wanted: Wanted, job: Job | None) -> None:
    ours = Job(wanted.manifest).store
    if job and job.store != ours:
        raise UsageError(
            f"There is a Job {wanted.id!r} already that commits to another store, {job.store}, not to {ours}.",
            "Use that store, another --namespace, or cancel its run there first.",
        )


def _differences(job: Job, manifest: Manifest) -> list[str]:
    """What this submission asks for otherwise than the live Job, which stays as it is."""
    found, asked = _features(job.object), _features(manifest)
    return [f"its {name} stays {found[name]}, not {asked[name]}" for name in asked if found.get(name) != asked[name]]


def _features(manifest: Manifest) -> dict[str, str]:
    worker = worker_of(manifest)
    requests = (worker.get("resources") or {}).get("requests") or {}
    amounts = {resource.rpartition("/")[2]: str(amount) for resource, amount in requests.items()}
    return {"image": worker["image"], "store address": environment_of(manifest).get("LTK8S_STORE", ""), **amounts}


def _removed_labels(job: Job, manifest: Manifest) -> dict[str, str | None]:
    """The labels of the manifest that a live Job lacks or has otherwise, its runs' aside. ``held`` is among them only where the
    Job's spec has never changed, so that it cannot have been released. A queue's is Kueue's: it is left as it is.
    """
    asked = {name: value for name, value in manifest["metadata"]["labels"].items() if not name.startswith(names.RUN)}
    asked.pop(names.KUEUE_QUEUE, None)
    if job.object["metadata"].get("generation") != 1 or not job.spec.get("suspend") or names.KUEUE_QUEUE in job.labels:
        asked.pop(names.HELD, None)
    return {name: value for name, value in asked.items() if job.labels.get(name) != value}


def _outcome(run: str, wanted: Wanted, fate: Fate, anew: str) -> Outcome:
    """For the first of several runs that are submitted together what was done, for the others that they share it."""
    outcome, why = fate
    why = anew if outcome == "created" else why
    if outcome in {"created", "retried"} and run != wanted.runs[0]:
        outcome, why = "shared", f"with {wanted.runs[0]}"
    return Outcome(run=run, id=wanted.id, kind=wanted.kind, outcome=outcome, why=why)
