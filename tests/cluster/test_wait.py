"""Following runs releases what is ready, runs nothing, and ends when nothing moves."""

from threading import Event

import pytest

from ltk8s.cluster import wait as waiting
from ltk8s.cluster.local.cluster import LocalCluster, Polled
from ltk8s.cluster.wait import Watcher, wait
from ltk8s.errors import ClusterError, StoreAway
from ltk8s.store.files import FileStore


@pytest.fixture
def kept_running(tmp_path):
    """The local cluster as one that somebody else always drives, as Kubernetes is."""

    class Driven(LocalCluster):
        def driven(self, runs):
            return True

    return Driven(tmp_path, "test")


def test_it_releases_a_fusion_whose_members_are_committed(cluster, held, store, commit):
    cluster.create(held("f", ["a"]))
    commit("learner", "a")
    assert wait(["run-1"], cluster, store) is True
    assert cluster.get("f").phase == "pending"


def test_fusions_of_other_runs_are_others_to_release(cluster, held, job, store, commit):
    cluster.create(held("f", ["a"], run="run-2"))
    cluster.create(job("b", run="run-1"))
    commit("learner", "a")
    wait(["run-1"], cluster, store)
    assert cluster.get("f").phase == "held"


def test_fusions_of_another_store_are_left_alone(cluster, held, store, commit):
    made = held("f", ["a"])
    made["metadata"]["annotations"]["ltk8s.io/store"] = "s3://another"
    cluster.create(made)
    commit("learner", "a")
    wait(["run-1"], cluster, store)
    assert cluster.get("f").phase == "held"


def test_it_ends_when_nothing_can_move(cluster, held, job, store):
    cluster.create(held("f", ["a"]))
    cluster.create(job("b", suspend=True))
    assert wait(["run-1"], cluster, store) is True


def test_on_this_machine_it_ends_when_nobody_drives(cluster, job, store):
    cluster.create(job("a"))
    assert wait(["run-1"], cluster, store) is True


def test_it_goes_on_while_a_job_may_move_until_it_is_told_to_stop(kept_running, job, store):
    kept_running.create(job("a"))
    stop, ticks = Event(), []

    def tick():
        ticks.append(1)
        stop.set()

    assert wait(["run-1"], kept_running, store, on_tick=tick, stop=stop) is False
    assert ticks == [1]
    assert kept_running.get("a").phase == "pending"


def test_a_job_that_kueue_holds_back_may_move(kept_running, job, store):
    kept_running.create(job("a", suspend=True))
    kept_running.label("a", {"kueue.x-k8s.io/queue-name": "gpus"})
    stop = Event()
    assert wait(["run-1"], kept_running, store, on_tick=stop.set, stop=stop) is False


def test_it_tells_each_change(cluster, job, store, in_background, until_sigterm, wait_until, says):
    cluster.create(job("a", until_sigterm))
    _, stop = in_background()
    wait_until(lambda: says("a"))
    told = []
    wait(["run-1"], cluster, store, on_change=lambda job: (told.append(job.phase), stop.set()), interval=0.01)
    assert told[0] == "running"
    assert told[-1] == "pending"


@pytest.fixture
def lagging(cluster):
    """A view of the cluster that stays as it was until it is told to look again."""

    class Lagging(Polled):
        def __init__(self):
            super().__init__(cluster)
            object.__setattr__(self, "seen", [])

        def look_again(self):
            self.seen[:] = self.source.list()

        def list(self):
            return list(self.seen)

    return Lagging()


def test_what_was_released_is_not_held_again_in_a_view_that_lags(cluster, held, store, commit, lagging):
    cluster.create(held("f", ["a"]))
    commit("learner", "a")
    lagging.look_again()
    watcher = Watcher(["run-1"], cluster, store, None, None, jobs=lagging)
    assert [[job.phase for job in watcher.look()] for _ in range(3)] == [["pending"]] * 3
    assert cluster.get("f").version == "2"


def test_it_is_not_over_while_the_cluster_knows_better_than_the_view(kept_running, held, store, lagging):
    kept_running.create(held("f", ["a"]))
    lagging.look_again()
    released = [
        {"op": "remove", "path": "/metadata/labels/ltk8s.io~1held"},
        {"op": "replace", "path": "/spec/suspend", "value": False},
    ]
    kept_running.patch("f", released)  # by somebody else
    watcher = Watcher(["run-1"], kept_running, store, None, None, jobs=lagging)
    assert [job.phase for job in watcher.look()] == ["held"]
    assert not watcher.is_over()


def test_a_release_that_the_cluster_did_not_answer_is_tried_again(tmp_path, held, store, commit):
    class Away(LocalCluster):
        answers = False

        def patch(self, name, patch):
            if not self.answers:
                raise ClusterError("It does not answer.")
            return super().patch(name, patch)

    cluster = Away(tmp_path, "test")
    cluster.create(held("f", ["a"]))
    commit("learner", "a")
    watcher = Watcher(["run-1"], cluster, store, None, None, jobs=Polled(cluster))
    assert [job.phase for job in watcher.look()] == ["held"]
    cluster.answers = True
    assert [job.phase for job in watcher.look()] == ["pending"]


def test_a_cluster_that_does_not_answer_ends_nothing(tmp_path, store):
    class Away(LocalCluster):
        def list(self):
            raise ClusterError("It does not answer.")

    cluster = Away(tmp_path, "test")
    assert not Watcher(["run-1"], cluster, store, None, None).is_over()


def test_following_goes_on_while_a_release_is_owed_and_gives_up_in_the_end(tmp_path, held, store, commit, monkeypatch):
    class Away(FileStore):
        def list(self, prefix):
            raise StoreAway("The store does not answer.")

    cluster = LocalCluster(tmp_path, "test")
    cluster.create(held("f", ["a"]))
    commit("learner", "a")
    away = Watcher(["run-1"], cluster, Away(store.directory), None, None, jobs=Polled(cluster))
    away.look()
    assert not away.is_over()
    monkeypatch.setattr(waiting, "PATIENCE", 0)
    with pytest.raises(StoreAway, match="does not answer"):
        away.is_over()


def test_one_lost_release_does_not_end_following(tmp_path, held, store, commit):
    class Hiccup(LocalCluster):
        lost = 1

        def patch(self, name, patch):
            if self.lost:
                self.lost -= 1
                raise ClusterError("It does not answer.")
            return super().patch(name, patch)

    cluster = Hiccup(tmp_path, "test")
    cluster.create(held("f", ["a"]))
    commit("learner", "a")
    assert wait(["run-1"], cluster, store, jobs=Polled(cluster), interval=0.01) is True
    assert cluster.get("f").phase == "pending"


def test_a_job_whose_run_labels_a_person_removed_is_followed_by_its_name(kept_running, job, store):
    made = kept_running.create(job("a"))
    kept_running.label("a", dict.fromkeys(made.labels))
    assert wait(["run-1"], kept_running, store) is True  # as if there were nothing
    seen = Watcher(["run-1"], kept_running, store, None, None, ids=["a"]).look()
    assert [each.name for each in seen] == ["a"]
