"""Cancelling stops what only this run needs; deleting also forgets it."""

import pytest

from ltk8s.cluster.cancel import cancel, cancel_all, delete, under_way
from ltk8s.cluster.local.cluster import LocalCluster
from ltk8s.cluster.submit import submit
from ltk8s.store import layout
from ltk8s.store.runs import find_run, read_runs


@pytest.fixture
def submitted(planned, store, cluster, settings):
    def build(name):
        plan = planned(name)
        submit([plan], store, cluster, settings)
        return find_run(store, plan.run)

    return build


def outcomes(cancelled):
    return {each.id: each.outcome for each in cancelled}


def test_all_of_a_run_is_stopped_when_nobody_else_needs_it(submitted, cluster, store):
    record = submitted("stack-wl")
    assert set(outcomes(cancel(record, cluster, store)).values()) == {"stopped"}
    assert cluster.list() == []
    assert read_runs(store) == [record]


def test_a_shared_learner_is_kept_for_the_other_run(submitted, cluster, store):
    weighted, stacked = submitted("weighted-loss"), submitted("stack-wl")
    shared = weighted.members[0].id
    (kept,) = [each for each in cancel(stacked, cluster, store) if each.outcome == "kept"]
    assert (kept.id, kept.needed_by) == (shared, (weighted.run,))
    assert {job.name for job in cluster.list()} == {shared, weighted.fusion}
    assert cluster.get(shared).runs == {weighted.run}


def test_the_last_run_that_needs_it_stops_it(submitted, cluster, store):
    weighted, stacked = submitted("weighted-loss"), submitted("stack-wl")
    cancel(stacked, cluster, store)
    assert outcomes(cancel(weighted, cluster, store))[weighted.members[0].id] == "stopped"
    assert cluster.list() == []


def test_jobs_that_the_same_run_has_for_another_store_stay(cluster, job, recorded, store):
    record = recorded("baseline")
    made = job("a", run=record.run)
    made["metadata"]["annotations"]["ltk8s.io/store"] = "s3://another"
    cluster.create(made)
    assert cancel(record, cluster, store) == delete(record, cluster, store) == []
    assert cluster.get("a")


def test_finished_jobs_stay(cluster, job, run_jobs, recorded, store):
    cluster.create(job("a"))
    run_jobs()
    assert cancel(recorded("baseline").model_copy(update={"run": "run-1"}), cluster, store) == []
    assert cluster.get("a").phase == "complete"


def test_a_running_learner_saves_before_it_goes(
    cluster, job, in_background, wait_until, says, until_sigterm, recorded, store, tmp_path
):
    cluster.create(job("a", until_sigterm))
    in_background()
    wait_until(lambda: says("a"))
    cancel(recorded("baseline").model_copy(update={"run": "run-1"}), cluster, store)
    assert (tmp_path / "saved").exists()
    assert cluster.list() == []


def test_cancelling_twice_does_nothing_more(submitted, cluster, store):
    record = submitted("baseline")
    cancel(record, cluster, store)
    assert cancel(record, cluster, store) == []


def test_submitting_again_goes_on(submitted, cluster, store):
    record = submitted("baseline")
    cancel(record, cluster, store)
    submitted("baseline")
    assert {job.name for job in cluster.list()} == {record.members[0].id, record.fusion}


def test_a_run_that_comes_to_need_the_job_meanwhile_keeps_it(submitted, cluster, tmp_path, planned, store, settings):
    weighted = submitted("weighted-loss")
    stacked = planned("stack-wl")

    class Meanwhile(LocalCluster):
        def list(self):
            seen = super().list()
            submit([stacked], store, cluster, settings)
            return seen

    shared = weighted.members[0].id
    assert outcomes(cancel(weighted, Meanwhile(tmp_path, "test"), store))[shared] == "kept"
    assert cluster.get(shared).runs == {stacked.run}


def test_two_runs_that_let_go_of_a_job_at_once_leave_none_that_nobody_owns(submitted, cluster, tmp_path, store):
    weighted, stacked = submitted("weighted-loss"), submitted("stack-wl")
    shared = weighted.members[0].id

    class Meanwhile(LocalCluster):
        def label(self, name, labels):
            cancel(stacked, cluster, store)
            return super().label(name, labels)

    assert outcomes(cancel(weighted, Meanwhile(tmp_path, "test"), store))[shared] == "stopped"
    assert cluster.list() == []


def test_deleting_removes_finished_jobs_as_well_and_the_record_but_no_result(cluster, job, run_jobs, recorded, store, commit):
    record = recorded("baseline")
    cluster.create(job("a", run=record.run))
    cluster.create(job("b", run=record.run, suspend=True))
    run_jobs(record.run)
    commit("learner", "a")
    assert outcomes(delete(record, cluster, store)) == {"a": "removed", "b": "stopped"}
    assert cluster.list() == read_runs(store) == []
    assert store.exists(layout.result("learner", "a"))


def test_of_several_runs_what_only_these_need_is_stopped_once(submitted, cluster, store):
    weighted, stacked, apart = submitted("weighted-loss"), submitted("stack-wl"), submitted("baseline")
    assert under_way([weighted, stacked, apart], cluster, store) == [weighted, stacked, apart]
    stopped = cancel_all([weighted, stacked], cluster, store)
    assert len({each.id for each in stopped}) == len(stopped) == 5
    assert outcomes(stopped)[weighted.members[0].id] == "stopped"
    assert {job.name for job in cluster.list()} == {id for _, id in apart.parts}
    assert under_way([weighted, stacked, apart], cluster, store) == [apart]


def test_a_job_whose_labels_a_person_removed_is_known_by_its_name(submitted, cluster, store):
    record = submitted("baseline")
    learner = cluster.get(record.members[0].id)
    cluster.label(learner.name, dict.fromkeys(learner.labels))
    assert under_way([record], cluster, store) == [record]
    assert outcomes(cancel(record, cluster, store))[learner.name] == "stopped"
    assert cluster.list() == []
