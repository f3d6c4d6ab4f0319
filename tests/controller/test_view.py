"""The view of the Jobs that a watch feeds."""

from ltk8s.cluster import names
from ltk8s.cluster.job import Job
from ltk8s.controller.view import View


def job(name, after=(), *, held=None, store="s3://a", suspend=True, uid="1"):
    labels = {names.HELD: "true"} if (held if held is not None else bool(after)) else {}
    annotations = {names.STORE: store, names.AFTER: ",".join(after)}
    return Job(
        {"metadata": {"name": name, "uid": uid, "labels": labels, "annotations": annotations}, "spec": {"suspend": suspend}}
    )


def test_a_held_job_waits_for_its_predecessors():
    view = View("s3://a")
    assert view.put(job("f", ["x", "y"])) == {"x", "y"}
    assert view.put(job("f", ["x", "y"])) == set()
    assert (view.awaited(), view.is_awaited("x"), view.is_awaited("f")) == ({"x", "y"}, True, False)


def test_a_released_job_waits_for_nothing():
    view = View("s3://a")
    view.put(job("f", ["x"]))
    view.put(job("f", ["x"], held=False, suspend=False))
    assert (view.awaited(), view.held()) == (set(), [])


def test_a_job_that_is_gone_waits_for_nothing():
    view = View("s3://a")
    view.put(job("f", ["x"]))
    view.put(job("g", ["x", "y"]))
    view.remove(job("f"))
    view.remove(job("never-there"))
    assert [held.name for held in view.held()] == ["g"]
    view.remove(job("g"))
    assert view.awaited() == set()


def test_a_job_that_was_released_here_is_not_looked_at_until_the_watch_says_otherwise():
    view = View("s3://a")
    view.put(job("f", ["x"]))
    view.unhold("f")
    assert view.scenes({"x"}) == {}
    view.put(job("f", ["x"]))
    assert list(view.scenes({"x"})) == ["f"]


def test_a_scene_is_the_held_job_and_those_of_its_predecessors():
    view = View("s3://a")
    for each in (job("f", ["x", "y"]), job("g", ["y", "z"]), job("x"), job("z"), job("other")):
        view.put(each)
    scenes = {name: [each.name for each in scene] for name, scene in view.scenes({"x", "y"}).items()}
    assert scenes == {"f": ["f", "x"], "g": ["g", "z"]}


def test_jobs_of_another_store_are_counted_and_told_once_a_store(caplog):
    view = View("s3://a")
    view.put(job("f", ["x"], store="s3://b"))
    view.put(job("g", ["x"], store="s3://b"))
    assert (view.awaited(), view.held_elsewhere(), len(caplog.records)) == (set(), 2, 1)
    view.put(job("f", ["x"], store="s3://b", held=False))
    view.remove(job("g"))
    assert view.held_elsewhere() == 0


def test_a_job_that_is_made_anew_for_another_store_is_no_longer_ours():
    view = View("s3://a")
    view.put(job("f", ["x"]))
    view.put(job("f", ["x"], store="s3://b"))
    assert (view.awaited(), view.held_elsewhere()) == (set(), 1)


def test_a_job_that_was_made_anew_stays_when_the_old_one_is_gone():
    view = View("s3://a")
    view.put(job("f", ["x"], uid="new"))
    view.remove(job("f", ["x"], uid="old"))
    assert view.awaited() == {"x"}
