"""A sweep's way through a real local cluster and a real store, but for the training: submit, release, state, why, cancel."""

from collections import Counter

import pytest

from ltk8s.cluster import names
from ltk8s.cluster.cancel import cancel, delete
from ltk8s.cluster.explain import why
from ltk8s.cluster.release import release_ready
from ltk8s.cluster.state import job_states, run_states
from ltk8s.cluster.submit import submit
from ltk8s.store.runs import find_run, read_runs


@pytest.fixture
def plan(planned):
    return planned("loss-sweep")


@pytest.fixture
def sent(plan, store, cluster, settings):
    """What became of each id, and the sweep's record."""
    return submit([plan], store, cluster, settings), find_run(store, plan.run)


def test_the_ranking_comes_before_its_learners_and_is_held(sent, plan, cluster):
    outcomes, _ = sent
    assert Counter(outcome.outcome for outcome in outcomes) == {"created": 13}
    assert [outcome.kind for outcome in outcomes][-1] == "ranking"
    ranking, *learners = cluster.list()
    assert (ranking.name, ranking.phase, ranking.kind) == (plan.ranking.id, "held", "ranking")
    assert {job.kind for job in learners} == {"learner"}


def test_the_record_says_what_was_tried(sent, plan):
    _, record = sent
    assert (record.kind, record.last_kind, record.fusion) == ("sweep", "ranking", plan.ranking.id)
    assert [point.label for point in record.points] == ["none", "INS", "ISNS", "ENS"]
    assert record.points[1].settings == {"train.loss": {"name": "cross-entropy", "weights": "ins"}}
    assert len(record.members) == 12
    assert record.title == "Weighting functions"


def test_it_is_released_when_the_last_learner_is_committed(sent, plan, cluster, store, commit):
    for task in plan.learners[:-1]:
        commit("learner", task.id)
    assert release_ready(cluster.list(), cluster, store)[0] == []
    commit("learner", plan.learners[-1].id)
    assert [job.name for job in release_ready(cluster.list(), cluster, store)[0]] == [plan.ranking.id]
    assert names.HELD not in cluster.get(plan.ranking.id).labels


def test_a_sweep_and_an_experiment_share_learners(planned, store, cluster, settings):
    sweep, baseline = planned("arch-sweep"), planned("baseline", dataset__ratio="full")
    submit([baseline], store, cluster, settings)
    outcomes = {outcome.id: outcome for outcome in submit([sweep], store, cluster, settings)}
    assert outcomes[baseline.learners[0].id].outcome == "shared"
    assert cluster.get(baseline.learners[0].id).runs == {sweep.run, baseline.run}


def test_submitting_again_completes_what_was_cut_short(sent, plan, store, cluster, settings, commit):
    commit("learner", plan.learners[0].id)
    cluster.delete(plan.ranking.id, uid=cluster.get(plan.ranking.id).uid)
    again = Counter(outcome.outcome for outcome in submit([plan], store, cluster, settings))
    assert again == {"done": 1, "shared": 11, "created": 1}
    assert len(read_runs(store)) == 1


def test_its_state_is_that_of_its_jobs_until_its_ranking_is_committed(sent, plan, cluster, store, commit):
    _, record = sent
    assert [state.phase for state in job_states([record], cluster, store)] == ["pending"] * 12 + ["waiting"]
    assert run_states([record], cluster, store)[0].phase == "pending"
    for task in plan.learners:
        commit("learner", task.id)
    commit("ranking", plan.ranking.id)
    states = job_states([record], cluster, store)
    assert {state.phase for state in states} == {"done"}
    assert states[-1].kind == "ranking"
    assert run_states([record], cluster, store)[0].phase == "done"


def test_a_fusions_commit_is_no_rankings(sent, plan, cluster, store, commit):
    _, record = sent
    commit("fusion", plan.ranking.id)
    assert job_states([record], cluster, store)[-1].phase == "waiting"


def test_why_says_what_a_ranking_waits_for(sent, plan, cluster, store, commit):
    _, record = sent
    for task in plan.learners[:10]:
        commit("learner", task.id)
    (reason,) = [reason for reason in why([record], cluster, store) if reason.kind == "ranking"]
    assert reason.why == "it waits for 2 of 12 learners: 2 pending"


def test_cancelling_a_sweep_keeps_what_an_experiment_needs(planned, store, cluster, settings):
    sweep, baseline = planned("arch-sweep"), planned("baseline", dataset__ratio="full")
    submit([baseline, sweep], store, cluster, settings)
    done = cancel(find_run(store, sweep.run), cluster, store)
    assert Counter(each.outcome for each in done) == {"stopped": 8, "kept": 1}
    assert {job.name for job in cluster.list()} == {baseline.learners[0].id, baseline.fusion.id}


def test_deleting_a_sweep_forgets_it(sent, plan, cluster, store):
    _, record = sent
    delete(record, cluster, store)
    assert cluster.list() == []
    assert read_runs(store) == []
