"""The pure function that decides what is released, for any set of Jobs and commits."""

import copy
import itertools

from hypothesis import given
from hypothesis import strategies as st

from ltk8s.cluster import names
from ltk8s.cluster.job import Job
from ltk8s.cluster.local.patch import apply
from ltk8s.cluster.reconcile import Blocked, Release, reconcile

LEARNERS = ["a", "b", "c", "d"]
CONDITIONS = {"complete": "Complete", "failed": "Failed"}


def learner(name: str, phase: str = "pending") -> Job:
    status = {"conditions": [{"type": CONDITIONS[phase], "status": "True"}]} if phase in CONDITIONS else {}
    status |= {"ready": 1} if phase == "running" else {}
    metadata = {"name": name, "uid": f"uid-{name}", "labels": {names.KIND: "learner"}}
    return Job({"metadata": metadata, "spec": {"suspend": phase == "suspended"}, "status": status})


def fusion(name: str, after: list[str], *, released: bool = False, queue: str = "", uid: str = "1") -> Job:
    labels = {names.KIND: "fusion"} | ({} if released else {names.HELD: "true"})
    annotations = {names.AFTER: ",".join(after)} | ({names.QUEUE: queue} if queue else {})
    metadata = {"name": name, "uid": uid, "labels": labels, "annotations": annotations}
    return Job({"metadata": metadata, "spec": {"suspend": not released}})


phases = st.sampled_from(["pending", "running", "suspended", "complete", "failed"])
learners = st.dictionaries(st.sampled_from(LEARNERS), phases).map(
    lambda made: [learner(name, phase) for name, phase in made.items()]
)
members = st.lists(st.sampled_from(LEARNERS), unique=True, min_size=1)
fusions = st.lists(st.tuples(members, st.booleans(), st.sampled_from(["", "gpus"])), max_size=4).map(
    lambda made: [fusion(f"f{i}", after, released=released, queue=queue) for i, (after, released, queue) in enumerate(made)]
)
worlds = st.tuples(learners, fusions, st.sets(st.sampled_from(LEARNERS)))


def after_doing(jobs, committed):
    """The Jobs once everything has been done that can be."""
    patches = {action.name: action.patch for action in reconcile(jobs, committed) if isinstance(action, Release)}
    return [Job(apply(job.object, patches[job.name])) if job.name in patches else job for job in jobs]


@given(worlds)
def test_exactly_the_held_jobs_whose_predecessors_are_all_committed_are_released(world):
    learners, fusions, committed = world
    released = {action.name for action in reconcile([*learners, *fusions], committed) if isinstance(action, Release)}
    assert released == {job.name for job in fusions if job.phase == "held" and set(job.predecessors) <= committed}


@given(worlds)
def test_a_job_that_is_not_held_is_never_touched(world):
    learners, fusions, committed = world
    touched = {action.name for action in reconcile([*learners, *fusions], committed)}
    assert not touched & {job.name for job in [*learners, *fusions] if job.phase != "held"}


@given(worlds)
def test_done_once_there_is_nothing_left_to_release(world):
    learners, fusions, committed = world
    jobs = after_doing([*learners, *fusions], committed)
    assert not [action for action in reconcile(jobs, committed) if isinstance(action, Release)]


@given(worlds, st.randoms())
def test_the_order_of_the_jobs_does_not_matter(world, random):
    learners, fusions, committed = world
    jobs = [*learners, *fusions]
    shuffled = random.sample(jobs, len(jobs))
    assert reconcile(shuffled, committed) == reconcile(jobs, committed)


@given(worlds)
def test_removing_the_job_of_a_committed_predecessor_changes_nothing(world):
    learners, fusions, committed = world
    left = [job for job in learners if job.name not in committed]
    assert reconcile([*left, *fusions], committed) == reconcile([*learners, *fusions], committed)


@given(worlds)
def test_nothing_that_was_given_is_changed(world):
    learners, fusions, committed = world
    before = copy.deepcopy([job.object for job in [*learners, *fusions]])
    reconcile([*learners, *fusions], committed)
    assert [job.object for job in [*learners, *fusions]] == before


@given(worlds)
def test_a_job_is_blocked_exactly_by_predecessors_that_ended_or_are_not_there_uncommitted(world):
    learners, fusions, committed = world
    phase = {job.name: job.phase for job in learners}
    blocked = {action.name: action for action in reconcile([*learners, *fusions], committed) if isinstance(action, Blocked)}
    for job in [job for job in fusions if job.phase == "held"]:
        lacking = set(job.predecessors) - committed
        failed = {id for id in lacking if phase.get(id) in CONDITIONS}
        missing = lacking - set(phase)
        assert (job.name in blocked) == bool(failed or missing)
        if job.name in blocked:
            assert (set(blocked[job.name].failed), set(blocked[job.name].missing)) == (failed, missing)


def test_releasing_removes_the_label_and_unsuspends():
    (action,) = reconcile([fusion("f", ["a"])], {"a"})
    after = Job(apply(fusion("f", ["a"]).object, action.patch))
    assert (after.phase, names.HELD in after.labels) == ("pending", False)


def test_with_a_queue_releasing_enters_it_and_leaves_the_suspension_to_kueue():
    (action,) = reconcile([fusion("f", ["a"], queue="gpus")], {"a"})
    after = Job(apply(fusion("f", ["a"], queue="gpus").object, action.patch))
    assert (after.phase, after.labels[names.KUEUE_QUEUE], names.HELD in after.labels) == ("suspended", "gpus", False)


def test_a_patch_for_a_job_that_was_released_meanwhile_does_nothing():
    (action,) = reconcile([fusion("f", ["a"])], {"a"})
    assert apply(fusion("f", ["a"], released=True).object, action.patch) is None


def test_a_patch_for_a_job_that_a_person_unsuspended_meanwhile_does_nothing():
    (action,) = reconcile([fusion("f", ["a"])], {"a"})
    meanwhile = fusion("f", ["a"])
    meanwhile.spec["suspend"] = False
    assert apply(meanwhile.object, action.patch) is None


def test_a_patch_for_a_job_that_was_made_anew_meanwhile_does_nothing():
    (action,) = reconcile([fusion("f", ["a"])], {"a"})
    assert apply(fusion("f", ["a"], uid="2").object, action.patch) is None


def test_a_held_job_that_a_person_unsuspended_is_left_alone():
    job = fusion("f", ["a"])
    job.spec["suspend"] = False
    assert reconcile([job], {"a"}) == []


def test_a_job_that_is_being_deleted_is_left_alone_and_blocks_nobody():
    going = learner("a", "failed")
    going.object["metadata"]["deletionTimestamp"] = "2026-01-01T00:00:00Z"
    assert reconcile([fusion("f", ["a"]), going], set()) == []
    held = fusion("f", ["a"])
    held.object["metadata"]["deletionTimestamp"] = "2026-01-01T00:00:00Z"
    assert reconcile([held], {"a"}) == []


def test_the_reason_names_who_failed_and_who_is_missing():
    jobs = [fusion("f", ["a", "b", "c"]), learner("a", "failed"), learner("c", "running")]
    (action,) = reconcile(jobs, set())
    assert action.reason == "a failed; b has neither a Job nor a result"


def test_every_combination_of_one_member_is_decided():
    for phase, done in itertools.product(["pending", "running", "suspended", "complete", "failed"], [True, False]):
        actions = reconcile([fusion("f", ["a"]), learner("a", phase)], {"a"} if done else set())
        expected = Release if done else Blocked if phase in CONDITIONS else type(None)
        assert [type(action) for action in actions] == ([] if expected is type(None) else [expected])
