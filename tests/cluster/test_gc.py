"""What no record names may go; what one names, what is young and what still moves stays."""

from datetime import timedelta

import pytest

from ltk8s.cluster import names
from ltk8s.cluster.gc import find_garbage, remove_garbage
from ltk8s.errors import StoreError
from ltk8s.store import layout
from ltk8s.store.files import FileStore
from ltk8s.store.runs import delete_run

AT_ONCE = timedelta(0)


@pytest.fixture
def find(store, cluster):
    return lambda older_than=AT_ONCE: find_garbage(store, cluster, older_than=older_than)


def test_what_a_record_names_stays(find, recorded, commit):
    record = recorded("stack-wl")
    for member in record.members:
        commit("learner", member.id)
    commit("fusion", record.fusion)
    assert find() == []


def test_what_a_sweeps_record_names_stays_its_ranking_too(find, recorded, commit):
    record = recorded("loss-sweep")
    for member in record.members:
        commit("learner", member.id)
    commit("ranking", record.fusion)
    assert find() == []


def test_a_ranking_that_no_record_names_goes_with_its_learners(find, recorded, commit, store, cluster):
    record = recorded("loss-sweep")
    commit("learner", record.members[0].id)
    commit("ranking", record.fusion)
    delete_run(store, record.run)
    assert {item.kind for item in find()} == {"learner", "ranking"}
    assert len(remove_garbage(store, cluster, find())) == 2
    assert not store.exists(layout.result("ranking", record.fusion))


def test_what_no_record_names_any_more_may_go(find, recorded, commit, store):
    record = recorded("baseline")
    commit("learner", record.members[0].id)
    commit("fusion", record.fusion)
    delete_run(store, record.run)
    assert {(item.id, item.kind) for item in find()} == {(record.members[0].id, "learner"), (record.fusion, "fusion")}


def test_it_is_listed_with_its_size(find, commit, store):
    commit("learner", "a")
    (item,) = find()
    stored = list(store.list("learners/a/"))
    assert (item.objects, item.bytes, item.modified) == (
        len(stored),
        sum(found.size for found in stored),
        max(found.modified for found in stored),
    )


def test_what_is_young_stays(find, commit):
    commit("learner", "a")
    assert find(timedelta(hours=1)) == []


def test_what_still_moves_stays(find, cluster, job, store, commit):
    cluster.create(job("a"))
    commit("learner", "a")
    assert find() == []


def test_a_finished_job_that_no_record_names_goes(find, cluster, store, job, run_jobs):
    cluster.create(job("a"))
    run_jobs()
    (item,) = find()
    assert (item.id, item.job, item.objects) == ("a", True, 0)
    remove_garbage(store, cluster, [item])
    assert cluster.list() == []


def test_a_job_of_another_store_is_not_ours_to_judge(find, cluster, job, run_jobs):
    made = job("a")
    made["metadata"]["annotations"][names.STORE] = "s3://another"
    cluster.create(made)
    run_jobs()
    assert find() == []


def test_removing_leaves_nothing_of_it_and_all_of_the_rest(find, store, cluster, commit, recorded):
    record = recorded("baseline")
    commit("learner", record.members[0].id)
    commit("learner", "a")
    store.put(layout.resume("a"), b"state")
    assert [item.id for item in remove_garbage(store, cluster, find())] == ["a"]
    assert list(store.list("learners/a/")) == []
    assert store.exists(layout.result("learner", record.members[0].id))


def test_what_a_run_has_come_to_need_meanwhile_is_left(find, store, cluster, commit, recorded, planned):
    id = planned("baseline").learners[0].id
    commit("learner", id)
    found = find()
    recorded("baseline")
    assert remove_garbage(store, cluster, found) == []
    assert store.exists(layout.result("learner", id))


def test_data_sets_and_weights_always_stay(find, store):
    store.put("datasets/x/1/manifest.json", b"{}")
    store.put("weights/x/1.json", b"{}")
    assert find() == []


def test_with_a_record_that_cannot_be_read_nothing_is_judged(find, store, commit):
    commit("learner", "a")
    store.put(layout.run("stack-wl-00000000"), b"{}")
    with pytest.raises(StoreError, match=r"The record of the run 'stack-wl-00000000' .* cannot be read"):
        find()


class Ahead(FileStore):
    """A store of another machine, whose clock is eight days ahead of this one's."""

    def now(self):
        return super().now() + timedelta(days=8)


def test_how_old_it_is_depends_on_the_stores_clock_and_not_on_this_machines(commit, store, cluster):
    commit("learner", "a")
    assert find_garbage(store, cluster, older_than=timedelta(days=7)) == []
    (item,) = find_garbage(Ahead(store.directory), cluster, older_than=timedelta(days=7))
    assert item.id == "a"
