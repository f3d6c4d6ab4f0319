import pytest

from ltk8s.cli.follow import Follower, Outages
from ltk8s.errors import ClusterError, StoreError
from ltk8s.store import open_store


class Shown:
    """A view that keeps what it was shown."""

    def __init__(self):
        self.frames = []

    def show(self, rows):
        self.frames.append(rows)


def test_each_job_is_shown_once_however_many_runs_need_it(submitted, cluster, store):
    view = Shown()
    Follower(submitted("weighted-loss", "stack-wl"), cluster, store, view).tick()
    (rows,) = view.frames
    assert len({row.id for row in rows}) == len(rows) == 5


def test_a_moment_later_it_does_not_look_again(submitted, cluster, store):
    view = Shown()
    follower = Follower(submitted("baseline"), cluster, store, view)
    follower.tick()
    follower.tick()
    assert len(view.frames) == 1


def test_a_store_that_does_not_answer_ends_nothing_until_the_end(submitted, cluster, minio):
    records = submitted("baseline")
    away = open_store("s3://bucket?endpoint=http://127.0.0.1:1", retry_seconds=0.1)
    view = Shown()
    follower = Follower(records, cluster, away, view)
    follower.tick()
    assert view.frames == []
    with pytest.raises(StoreError):
        follower.look()


def test_a_cluster_that_does_not_answer_ends_nothing_until_the_end(submitted, store):
    class Away:
        def list(self):
            raise ClusterError("It does not answer.")

    view = Shown()
    follower = Follower(submitted("baseline"), Away(), store, view)
    follower.tick()
    assert view.frames == []
    with pytest.raises(ClusterError):
        follower.look()


def test_an_outage_is_told_once_and_so_is_its_end():
    class Jobs:
        trouble = ""

    jobs, said = Jobs(), []
    outages = Outages(jobs, said.append)
    for trouble in ("", "It does not answer.", "It does not answer.", "", ""):
        jobs.trouble = trouble
        outages.tick()
    assert said == ["It does not answer. What was submitted goes on; this waits for it.", "The cluster answers again."]


def test_another_trouble_is_told_too():
    class Jobs:
        trouble = ""

    jobs, said = Jobs(), []
    outages = Outages(jobs, said.append)
    for trouble in ("No answer: refused.", "No answer: timed out.", "It does not accept your credentials."):
        jobs.trouble = trouble
        outages.tick()
    assert [line.split(". ")[0] for line in said] == ["No answer: refused", "It does not accept your credentials"]
