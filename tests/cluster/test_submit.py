"""Every row of the submit table, on a real local cluster and a real store; races and cuts at every step."""

import pytest

from ltk8s.cluster import names
from ltk8s.cluster.local.cluster import LocalCluster
from ltk8s.cluster.local.machine import Machine
from ltk8s.cluster.record import record_of
from ltk8s.cluster.release import release_ready
from ltk8s.cluster.render import render
from ltk8s.cluster.submit import submit
from ltk8s.errors import UsageError
from ltk8s.spec.settings import Settings
from ltk8s.store import layout
from ltk8s.store.commit import read_result, set_aside
from ltk8s.store.files import FileStore
from ltk8s.store.runs import find_run, read_runs, write_run


def outcomes(sent):
    return [each.outcome for each in sent.values()]


def runs_of(cluster, id):
    return cluster.get(id).runs


# The rows of the table.


def test_committed_is_done_and_gets_no_job(planned, send, cluster, commit):
    plan = planned("baseline")
    commit("learner", plan.learners[0].id)
    commit("fusion", plan.fusion.id)
    assert outcomes(send(plan)) == ["done", "done"]
    assert cluster.list() == []


def test_committed_is_done_whatever_its_job_is(planned, send, cluster, commit, finish):
    plan = planned("baseline")
    id = plan.learners[0].id
    send(plan)
    commit("learner", id)
    before = cluster.get(id)
    assert send(plan)[plan.run, id].outcome == "done"
    assert cluster.get(id) == before


def test_without_a_job_one_is_created_exactly_as_rendered(planned, send, cluster, settings):
    plan = planned("stack-wl")
    assert outcomes(send(plan)) == ["created"] * 4
    for manifest in render(plan, settings, from_pods=False):
        made = cluster.get(manifest["metadata"]["name"]).object
        assert made["spec"] == manifest["spec"]
        assert {key: made["metadata"][key] for key in manifest["metadata"]} == manifest["metadata"]


def test_a_live_job_is_shared_and_nothing_is_written_when_it_has_the_label(planned, send, cluster):
    plan = planned("stack-wl")
    send(plan)
    before = cluster.list()
    assert outcomes(send(plan)) == ["shared"] * 4
    assert cluster.list() == before


def test_a_suspended_job_is_shared(planned, send, cluster):
    plan = planned("baseline")
    id = plan.learners[0].id
    send(plan)
    cluster.patch(id, [{"op": "add", "path": "/spec/suspend", "value": True}])
    assert send(plan)[plan.run, id].outcome == "shared"
    assert cluster.get(id).phase == "suspended"


def test_a_failed_job_is_retried_and_says_why(planned, send, cluster, finish):
    plan = planned("baseline")
    id = plan.learners[0].id
    send(plan)
    finish(id, 65)
    failed = cluster.get(id)
    sent = send(plan)[plan.run, id]
    assert (sent.outcome, sent.why) == ("retried", "exit code 65: the end")
    assert cluster.get(id).phase == "pending"
    assert cluster.get(id).uid != failed.uid


def test_a_complete_job_without_its_result_is_retried(planned, send, cluster, finish):
    plan = planned("baseline")
    id = plan.learners[0].id
    send(plan)
    finish(id, 0)
    sent = send(plan)[plan.run, id]
    assert (sent.outcome, sent.why) == ("retried", "its Job completed, but there is no result in the store")
    assert cluster.get(id).phase == "pending"


def test_a_result_that_was_set_aside_is_retried_and_says_what_was_bad(planned, send, cluster, commit, store, finish):
    plan = planned("baseline")
    id = plan.learners[0].id
    send(plan)
    finish(id, 0)
    commit("learner", id)
    set_aside(store, "learner", id, "a byte was flipped")
    sent = send(plan)[plan.run, id]
    assert (sent.outcome, sent.why) == ("retried", "its result was bad and has been set aside: a byte was flipped")


@pytest.fixture
def imported(commit, store):
    """Commit a learner, as an import does: without its network."""

    def build(id: str) -> None:
        commit("learner", id)
        store.delete(read_result(store, "learner", id).key("log.txt"))

    return build


def test_a_learner_whose_network_is_not_there_is_made_anew_for_a_run_that_needs_it(planned, send, cluster, store, imported):
    plan = planned("stack-wl")
    first, *others = (task.id for task in plan.learners)
    imported(first)
    [sent] = [each for each in send(plan, dry_run=True).values() if each.id == first]
    assert (sent.outcome, sent.why) == ("created", "Its log.txt is not in the store, or not whole.")
    assert read_result(store, "learner", first), "a dry run writes nothing"
    assert [each.outcome for each in send(plan).values()] == ["created"] * 4
    assert read_result(store, "learner", first) is None
    assert {job.name for job in cluster.list()} == {first, *others, plan.fusion.id}


def test_a_learner_whose_network_nobody_reads_again_stays_done(planned, send, cluster, commit, imported):
    plan = planned("baseline")
    imported(plan.learners[0].id)
    commit("fusion", plan.fusion.id)
    assert outcomes(send(plan)) == ["done", "done"]
    assert cluster.list() == []


def test_a_commit_that_cannot_be_read_is_made_anew_at_once(planned, send, store, commit):
    plan = planned("baseline")
    id = plan.learners[0].id
    commit("learner", id)
    store.put(layout.result("learner", id), store.get(layout.result("learner", id)).replace(b"0.5", b"0.9"))
    sent = send(plan)[plan.run, id]
    assert (sent.outcome, "digest differs" in sent.why) == ("created", True)


def test_a_retried_job_keeps_the_labels_of_the_runs_that_it_had(planned, send, cluster, finish):
    weighted, stacked = planned("weighted-loss"), planned("stack-wl")
    id = weighted.learners[0].id
    send(weighted)
    finish(id, 65)
    send(stacked)
    assert runs_of(cluster, id) == {weighted.run, stacked.run}


# Runs that share.


def test_a_learner_that_two_runs_need_is_one_job_with_both_labels(planned, send, cluster):
    weighted, stacked = planned("weighted-loss"), planned("stack-wl")
    id = weighted.learners[0].id
    send(weighted)
    before = cluster.get(id)
    sent = send(stacked)[stacked.run, id]
    assert (sent.outcome, sent.why) == ("shared", f"needed by {weighted.run} too")
    assert runs_of(cluster, id) == {weighted.run, stacked.run}
    assert cluster.get(id).uid == before.uid


def test_runs_that_are_submitted_together_share_as_well(planned, send, cluster):
    weighted, stacked = planned("weighted-loss"), planned("stack-wl")
    id = weighted.learners[0].id
    sent = send(weighted, stacked)
    assert (sent[weighted.run, id].outcome, sent[stacked.run, id].outcome) == ("created", "shared")
    assert sent[stacked.run, id].why == f"with {weighted.run}"
    assert runs_of(cluster, id) == {weighted.run, stacked.run}
    assert len(cluster.list()) == 5


def test_another_image_and_other_resources_of_a_live_job_are_told_and_not_changed(planned, send, store, cluster, settings):
    plan = planned("baseline")
    id = plan.learners[0].id
    send(plan)
    before = cluster.get(id)
    other = settings.model_copy(update={"image": settings.image.model_copy(update={"name": "other:2"})})
    bigger = planned("baseline", resources__memory="3Gi")
    sent = next(each for each in submit([bigger], store, cluster, other) if each.id == id)
    assert sent.outcome == "shared"
    assert "its image stays ltk8s/worker:latest, not other:2" in sent.why
    assert "its memory stays 2Gi, not 3Gi" in sent.why
    assert cluster.get(id) == before


def test_a_job_for_another_store_is_refused_before_anything_is_created(planned, send, cluster, settings, tmp_path):
    weighted, stacked = planned("weighted-loss"), planned("stack-wl")
    send(weighted)
    elsewhere = Settings(state_dir=tmp_path, namespace="test", store=(tmp_path / "elsewhere").as_uri())
    store = FileStore(tmp_path / "elsewhere")
    with pytest.raises(UsageError, match=r"commits to another store, file:///.*/store, not to file:///.*/elsewhere"):
        submit([stacked], store, cluster, elsewhere)
    assert read_runs(store) == []
    assert len(cluster.list()) == 2


# What is refused.


def test_a_job_that_this_machine_could_never_run_is_refused_with_numbers(planned, store, settings, tmp_path):
    small = LocalCluster(tmp_path, "test", machine=Machine(cpus=1, memory=2**30))
    with pytest.raises(UsageError, match=r"needs 1 CPU and 2 GiB of memory; this machine has 1 CPU and 1 GiB of memory"):
        submit([planned("baseline")], store, small, settings)
    assert read_runs(store) == []


def test_nothing_is_refused_for_what_is_done_already(planned, store, settings, commit, tmp_path):
    plan = planned("baseline")
    commit("learner", plan.learners[0].id)
    commit("fusion", plan.fusion.id)
    small = LocalCluster(tmp_path, "test", machine=Machine(cpus=1, memory=2**20))
    assert [each.outcome for each in submit([plan], store, small, settings)] == ["done", "done"]


def test_a_directory_as_the_store_of_a_remote_cluster_is_refused(planned, store, settings, tmp_path):
    class Remote(LocalCluster):
        name = "kind"
        on_this_machine = False

    with pytest.raises(UsageError, match="pods of 'kind' cannot reach it"):
        submit([planned("baseline")], store, Remote(tmp_path, "test"), settings)


def test_a_dry_run_adds_no_label(planned, send, cluster):
    weighted, stacked = planned("weighted-loss"), planned("stack-wl")
    send(weighted)
    assert send(stacked, dry_run=True)[stacked.run, weighted.learners[0].id].outcome == "shared"
    assert runs_of(cluster, weighted.learners[0].id) == {weighted.run}


def test_a_dry_run_says_what_would_be_done_and_writes_nothing(planned, send, cluster, store, finish):
    weighted, stacked = planned("weighted-loss"), planned("stack-wl")
    send(weighted)
    finish(weighted.learners[0].id, 65)
    before = cluster.list()
    sent = send(weighted, stacked, dry_run=True)
    assert [each.outcome for each in sent.values()] == ["retried", "shared", "shared", "created", "created", "created"]
    assert cluster.list() == before
    assert [record.run for record in read_runs(store)] == [weighted.run]


# The order of runs.


def test_what_is_submitted_later_is_newer_though_the_clock_of_an_earlier_run_was_ahead(planned, send, store):
    first, second, third = planned("baseline"), planned("baseline", seed=1), planned("baseline", seed=2)
    write_run(store, record_of(first, "image").model_copy(update={"created": "2999-01-01T00:00:00+00:00"}))
    send(second, third)
    assert [record.run for record in read_runs(store)] == [first.run, second.run, third.run]
    assert find_run(store, "baseline").run == third.run


def test_labels_that_a_person_removed_are_put_back(planned, send, cluster, job):
    plan = planned("baseline")
    send(plan)
    learner, fusion = (cluster.get(task.id) for task in (*plan.learners, plan.last))
    cluster.label(learner.name, dict.fromkeys(learner.labels))
    cluster.label(fusion.name, {names.KIND: None})
    assert (cluster.get(learner.name).kind, cluster.get(fusion.name).kind) == ("learner", "fusion")
    outcomes = send(plan)
    assert "were put back" in outcomes[plan.run, learner.name].why
    assert (cluster.get(learner.name).labels, cluster.get(fusion.name).labels) == (learner.labels, fusion.labels)
    assert "put back" not in send(plan)[plan.run, learner.name].why


def test_a_fusion_that_was_released_and_then_suspended_is_not_held_again(planned, send, cluster, commit, store):
    plan = planned("baseline")
    send(plan)
    commit("learner", plan.learners[0].id)
    release_ready(cluster.list(), cluster, store)
    cluster.patch(plan.last.id, [{"op": "replace", "path": "/spec/suspend", "value": True}])
    send(plan)
    assert cluster.get(plan.last.id).phase == "suspended"
