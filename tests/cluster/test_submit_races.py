"""Others submit at the same time, and the client is killed at any step: submitting again always completes it."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import pytest

from ltk8s.cluster.local.cluster import LocalCluster
from ltk8s.cluster.local.machine import Machine
from ltk8s.cluster.render import render
from ltk8s.cluster.submit import submit
from ltk8s.spec.settings import Settings
from ltk8s.store.files import FileStore
from ltk8s.store.layout import run as run_key
from ltk8s.store.runs import read_runs


def runs_of(cluster, id):
    return cluster.get(id).runs


# Races: somebody else is between our look and our deed. What they do is done by the real cluster.


class Meanwhile(LocalCluster):
    """The local cluster, in which something happens after everything was looked at and before anything is done."""

    happens = staticmethod(lambda: None)

    def check(self, manifests):
        super().check(manifests)
        self.happens()


@pytest.fixture
def racing(tmp_path, store, settings):
    """Submit a plan while ``happens`` is done by somebody else."""

    def build(plan, happens):
        cluster = Meanwhile(tmp_path, "test", machine=Machine(cpus=2, memory=8 * 2**30))
        cluster.happens = happens
        return {each.id: each for each in submit([plan], store, cluster, settings)}

    return build


def test_a_job_that_appears_meanwhile_is_shared(planned, send, cluster, racing):
    weighted, stacked = planned("weighted-loss"), planned("stack-wl")
    id = weighted.learners[0].id
    sent = racing(stacked, lambda: send(weighted))
    assert sent[id].outcome == "shared"
    assert runs_of(cluster, id) == {weighted.run, stacked.run}


def test_a_live_job_that_goes_meanwhile_is_created(planned, send, cluster, racing):
    plan = planned("baseline")
    id = plan.learners[0].id
    send(plan)
    other = planned("stacking")
    sent = racing(other, lambda: cluster.delete(id, uid=cluster.get(id).uid))
    assert sent[id].outcome == "created"
    assert runs_of(cluster, id) == {other.run}


def test_a_failed_job_that_somebody_else_retries_meanwhile_is_shared(planned, send, cluster, finish, racing):
    weighted, stacked = planned("weighted-loss"), planned("stack-wl")
    id = weighted.learners[0].id
    send(weighted)
    finish(id, 65)
    sent = racing(stacked, lambda: send(weighted))
    assert sent[id].outcome == "shared"
    assert runs_of(cluster, id) == {weighted.run, stacked.run}


def test_a_failed_job_that_is_committed_meanwhile_by_another_is_done(planned, send, cluster, finish, racing, commit):
    plan = planned("baseline")
    id = plan.learners[0].id
    send(plan)
    finish(id, 65)

    def happens():
        cluster.delete(id, uid=cluster.get(id).uid)
        cluster.create(render(plan, Settings(state_dir=cluster.cache.parent, namespace="test"))[1])
        commit("learner", id)

    assert racing(plan, happens)[id].outcome == "done"


def test_two_clients_that_submit_at_once_make_each_job_once(planned, store, cluster, settings, tmp_path):
    plans = [planned("weighted-loss"), planned("stack-wl")]
    with ThreadPoolExecutor(2) as pool:
        sent = [each for batch in pool.map(lambda plan: submit([plan], store, cluster, settings), plans * 3) for each in batch]
    assert runs_of(cluster, plans[0].learners[0].id) == {plan.run for plan in plans}
    assert len(cluster.list()) == 5
    assert sum(each.outcome == "created" for each in sent) == 5


# Order, and cuts.


class Cut(BaseException):
    """The client is killed."""


class Writes:
    """Counts writes to store and cluster together, and kills the client before the one that it was told."""

    def __init__(self, last):
        self.left = last
        self.log = []

    def one(self, what):
        if self.left == 0:
            raise Cut
        self.left -= 1
        self.log.append(what)


class CutCluster(LocalCluster):
    writes: Writes

    def create(self, manifest, *, dry_run=False):
        self.writes.one(manifest["metadata"]["name"])
        return super().create(manifest, dry_run=dry_run)

    def label(self, name, labels):
        self.writes.one(name)
        return super().label(name, labels)

    def delete(self, name, *, uid, version=None):
        self.writes.one(name)
        return super().delete(name, uid=uid, version=version)


class CutStore(FileStore):
    writes: Writes

    def put_if_absent(self, key, data):
        self.writes.one(key)
        return super().put_if_absent(key, data)


def submit_until(last, plans, settings, tmp_path):
    """Submit, and be killed after ``last`` writes; returns what was written."""
    store, cluster = CutStore(tmp_path / "store"), CutCluster(tmp_path, "test", machine=Machine(cpus=2, memory=2**33))
    store.writes = cluster.writes = Writes(last)
    with suppress(Cut):
        submit(plans, store, cluster, settings)
    return store.writes.log


def test_records_come_first_then_fusions_then_learners(planned, settings, tmp_path):
    plans = [planned("weighted-loss"), planned("stack-wl")]
    written = submit_until(-1, plans, settings, tmp_path)
    assert written[:4] == [*(run_key(plan.run) for plan in plans), *(plan.fusion.id for plan in plans)]
    assert written[4:] == [task.id for task in plans[1].learners]


@pytest.mark.parametrize("last", range(9))
def test_submitting_again_completes_what_was_cut_short_after_any_write(last, planned, settings, store, cluster, tmp_path):
    plans = [planned("weighted-loss"), planned("stack-wl")]
    assert len(submit_until(last, plans, settings, tmp_path)) == min(last, 7)
    submit(plans, store, cluster, settings)
    assert {record.run for record in read_runs(store)} == {plan.run for plan in plans}
    assert {job.name for job in cluster.list()} == {task.id for plan in plans for task in [*plan.learners, plan.fusion]}
    for plan in plans:
        assert all(plan.run in runs_of(cluster, task.id) for task in [*plan.learners, plan.fusion])


@pytest.mark.parametrize("last", [1, 2])
def test_so_it_does_when_a_retry_was_cut_between_removing_and_creating(
    last, planned, settings, send, cluster, finish, tmp_path
):
    plan = planned("baseline")
    id = plan.learners[0].id
    send(plan)
    finish(id, 65)
    submit_until(last, [plan], settings, tmp_path)
    send(plan)
    assert (cluster.get(id).phase, runs_of(cluster, id)) == ("pending", {plan.run})
