"""How store and cluster together make each phase, and that any number of Jobs takes three listings."""

import pytest

from ltk8s.cluster.local.cluster import LocalCluster
from ltk8s.cluster.state import job_states, run_states
from ltk8s.cluster.submit import submit
from ltk8s.store import layout
from ltk8s.store.files import FileStore
from ltk8s.store.progress import Progress
from ltk8s.store.runs import find_run


@pytest.fixture
def submitted(planned, store, cluster, settings):
    """Submit a preset; returns its plan and its record."""

    def build(name, **overrides):
        plan = planned(name, **overrides)
        submit([plan], store, cluster, settings)
        return plan, find_run(store, plan.run)

    return build


@pytest.fixture
def phases(cluster, store):
    return lambda record: [state.phase for state in job_states([record], cluster, store)]


def with_status(cluster, name, **status):
    job = cluster.files.read(name)
    cluster.files.write({**job, "status": {**job["status"], **status}})


def ended(type):
    return [{"type": type, "status": "True", "reason": "", "message": "", "lastTransitionTime": "2026-01-01T00:00:00Z"}]


def test_a_run_that_was_just_submitted_is_pending_and_its_fusion_waits(submitted, phases):
    assert phases(submitted("stack-wl")[1]) == ["pending", "pending", "pending", "waiting"]


def test_what_is_committed_is_done_with_its_accuracy_even_without_a_job(recorded, cluster, store, commit):
    record = recorded("baseline")
    commit("learner", record.members[0].id, accuracy=0.25)
    commit("fusion", record.fusion, accuracy=0.5)
    assert [(state.phase, state.accuracy) for state in job_states([record], cluster, store)] == [("done", 0.25), ("done", 0.5)]


def test_without_a_job_or_a_result_it_is_missing(recorded, phases):
    assert phases(recorded("baseline")) == ["missing", "missing"]


def test_a_failed_learner_blocks_its_fusion(submitted, cluster, phases):
    plan, record = submitted("stack-wl")
    with_status(cluster, plan.learners[1].id, conditions=ended("Failed"))
    assert phases(record) == ["pending", "failed", "pending", "blocked"]


def test_a_complete_job_without_its_result_has_failed(submitted, cluster, phases):
    plan, record = submitted("baseline")
    with_status(cluster, plan.learners[0].id, conditions=ended("Complete"))
    assert phases(record) == ["failed", "blocked"]


def test_a_suspended_job_is_suspended(submitted, cluster, phases):
    plan, record = submitted("baseline")
    cluster.patch(plan.learners[0].id, [{"op": "add", "path": "/spec/suspend", "value": True}])
    assert phases(record) == ["suspended", "waiting"]


def test_one_that_kueue_has_suspended_is_pending(submitted, cluster, phases):
    plan, record = submitted("baseline")
    cluster.patch(plan.learners[0].id, [{"op": "add", "path": "/spec/suspend", "value": True}])
    cluster.label(plan.learners[0].id, {"kueue.x-k8s.io/queue-name": "gpus"})
    assert phases(record) == ["pending", "waiting"]


def test_a_running_job_has_progress(submitted, cluster, store, in_lock):
    plan, record = submitted("baseline")
    id = plan.learners[0].id
    with_status(cluster, id, active=1, ready=1, failed=1)
    progress = Progress(attempt="1", phase="training", step=5, steps=10, updated="2026-01-01T00:00:00Z")
    store.put(layout.progress("learner", id), progress.model_dump_json().encode())
    with in_lock(id):
        state, _ = job_states([record], cluster, store)
    assert (state.phase, state.progress, state.failures) == ("running", progress, 1)


def test_rows_name_architecture_and_seed(submitted, cluster, store):
    learner, fusion = job_states([submitted("baseline")[1]], cluster, store)
    assert (learner.arch, learner.seed, learner.kind) == ("tf_efficientnet_lite0", 0, "learner")
    assert (fusion.arch, fusion.seed, fusion.kind) == ("", None, "fusion")


def test_a_corrupt_result_does_not_hide_the_others(recorded, cluster, store, commit):
    record = recorded("baseline")
    commit("learner", record.members[0].id)
    commit("fusion", record.fusion, accuracy=0.75)
    store.put(layout.result("learner", record.members[0].id), b"{}")
    assert [state.accuracy for state in job_states([record], cluster, store)] == [None, 0.75]


def test_what_was_done_at_an_earlier_look_is_not_read_again(recorded, cluster, store, commit):
    record = recorded("baseline")
    learner = record.members[0].id
    commit("learner", learner, accuracy=0.25)
    before = job_states([record], cluster, store)
    store.put(layout.result("learner", learner), b"{}")
    commit("fusion", record.fusion, accuracy=0.5)
    assert [state.accuracy for state in job_states([record], cluster, store, before)] == [0.25, 0.5]
    assert [state.accuracy for state in job_states([record], cluster, store)] == [None, 0.5]


def test_a_run_is_what_holds_it_up_most(submitted, cluster, store, commit):
    plan, record = submitted("stack-wl")

    def phase():
        return run_states([record], cluster, store)[0].phase

    assert phase() == "pending"
    with_status(cluster, plan.learners[0].id, conditions=ended("Failed"))
    assert phase() == "failed"
    for task in plan.learners:
        commit("learner", task.id)
    assert phase() == "waiting"
    commit("fusion", plan.fusion.id, accuracy=0.6)
    (state,) = run_states([record], cluster, store)
    assert (state.phase, state.accuracy, state.counts) == ("done", 0.6, {"done": 4})


def test_counts_are_by_phase(submitted, cluster, store, commit):
    plan, record = submitted("stack-wl")
    commit("learner", plan.learners[0].id)
    assert run_states([record], cluster, store)[0].counts == {"pending": 2, "waiting": 1, "done": 1}


def test_any_number_of_runs_takes_one_listing_of_each(recorded, tmp_path):
    class CountingStore(FileStore):
        listings = 0

        def list(self, prefix):
            self.listings += 1
            return super().list(prefix)

    class CountingCluster(LocalCluster):
        listings = 0

        def list(self):
            self.listings += 1
            return super().list()

    records = [recorded(name) for name in ("baseline", "stacking", "stack-wl", "stack-la")]
    store, cluster = CountingStore(tmp_path / "store"), CountingCluster(tmp_path, "test")
    assert len(run_states(records, cluster, store)) == 4
    assert (store.listings, cluster.listings) == (2, 1)
