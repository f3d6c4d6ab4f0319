"""One true line for each Job that is not moving."""

import json
import re
from datetime import UTC, datetime, timedelta

import pytest

from ltk8s.cluster.cancel import cancel
from ltk8s.cluster.explain import why
from ltk8s.cluster.submit import submit
from ltk8s.store.commit import Attempt, set_aside
from ltk8s.store.runs import write_run


@pytest.fixture
def record(recorded, store):
    """The record of a run whose Jobs a test makes itself: learners ``a`` and ``b``, fusion ``f``."""
    made = recorded("stack-wl")
    members = [made.members[i].model_copy(update={"id": id}) for i, id in enumerate("ab")]
    return write_run(store, made.model_copy(update={"run": "run-1", "members": tuple(members), "fusion": "f"}))


@pytest.fixture
def reasons(record, cluster, store):
    return lambda: {reason.id: reason.why for reason in why([record], cluster, store)}


def leave_failure(store, id, attempt=None, **failure):
    Attempt(store, "{}", "learner", id, attempt).put_unlisted("failure.json", json.dumps(failure).encode())


def test_nothing_is_said_of_what_is_done(reasons, commit):
    for kind, id in (("learner", "a"), ("learner", "b"), ("fusion", "f")):
        commit(kind, id)
    assert reasons() == {}


def test_a_failed_job_says_its_exit_code_and_what_the_worker_left_in_the_store(reasons, cluster, store, job, run_jobs):
    cluster.create(job("a", "exit(65)"))
    leave_failure(store, "a", error="TaskError", exit=65, what="The loss is NaN at step 12.", do="Lower the learning rate.")
    run_jobs()
    assert reasons()["a"] == "exit code 65: The loss is NaN at step 12. Lower the learning rate."


def test_the_last_failure_is_the_one_that_came_last_not_the_one_of_the_clock_that_is_ahead(
    reasons, cluster, store, job, run_jobs
):
    cluster.create(job("a", "exit(65)"))
    leave_failure(store, "a", "29990101t000000-00000000", error="TaskError", what="The first.", do="Do this.")
    leave_failure(store, "a", "20260101t000000-00000000", error="TaskError", what="The last.", do="Do that.")
    run_jobs()
    assert reasons()["a"] == "exit code 65: The last. Do that."


def test_an_unforeseen_failure_says_what_kind_it_was(reasons, cluster, store, job, run_jobs):
    cluster.create(job("a", "exit(1)", backoffLimit=0))
    leave_failure(store, "a", error="KeyError", exit=1, what="'x'", do="")
    run_jobs()
    assert reasons()["a"] == "exit code 1: KeyError: 'x'"


def test_a_job_that_never_reached_the_store_says_the_last_line_of_its_log(reasons, cluster, job, run_jobs):
    cluster.create(job("a", "import no_such_module"))
    run_jobs()
    assert reasons()["a"] == "exit code 1 in the last of 3 attempts: ModuleNotFoundError: No module named 'no_such_module'"


def test_the_failure_of_an_earlier_job_is_not_taken_for_this_ones(reasons, cluster, store, job, run_jobs):
    leave_failure(store, "a", error="TaskError", what="Long ago.", do="")
    cluster.create(job("a", "print('now'); exit(65)"))
    made = cluster.files.read("a")
    made["metadata"]["creationTimestamp"] = (datetime.now(UTC) + timedelta(seconds=2)).isoformat()
    cluster.files.write(made)
    run_jobs()
    assert reasons()["a"] == "exit code 65: now"


def test_a_deadline_is_named(reasons, cluster, job, run_jobs):
    cluster.create(job("a", "import time; time.sleep(60)", activeDeadlineSeconds=1))
    run_jobs()
    assert reasons()["a"] == "it ran longer than its deadline of 1 s"


def test_a_complete_job_without_a_result_is_told(reasons, cluster, job, run_jobs):
    cluster.create(job("a"))
    run_jobs()
    assert reasons()["a"] == "its Job completed, but there is no result in the store"


def test_a_blocked_fusion_names_its_failed_and_its_missing_predecessors(reasons, cluster, job, held, run_jobs):
    cluster.create(held("f", ["a", "b"]))
    cluster.create(job("a", "exit(65)"))
    run_jobs()
    assert reasons()["f"] == "a failed; b has neither a Job nor a result; submit again to have what is missing done"


def test_a_waiting_fusion_says_for_what(reasons, cluster, job, held, commit):
    cluster.create(held("f", ["a", "b"]))
    cluster.create(job("a"))
    commit("learner", "b")
    assert reasons()["f"] == "it waits for 1 of 2 learners: 1 pending"


def test_a_fusion_that_may_go_says_so(reasons, cluster, held, commit):
    cluster.create(held("f", ["a", "b"]))
    commit("learner", "a")
    commit("learner", "b")
    assert reasons() == {"f": "it is about to be released"}


def test_a_fusion_that_nobody_releases_says_why(record, cluster, store, held, commit, monkeypatch):
    cluster.create(held("f", ["a", "b"]))
    commit("learner", "a")
    commit("learner", "b")
    monkeypatch.setattr(cluster, "unattended", lambda url: f"The controller of {url} releases nothing.")
    (reason,) = why([record], cluster, store)
    assert f"nothing releases it: The controller of {store.url} releases nothing." in reason.why
    assert "`ltk8s watch RUN`" in reason.why


def test_a_missing_job_was_removed(reasons):
    assert reasons()["a"] == "it was cancelled or removed before it had a result; submit again"


def test_a_result_that_was_set_aside_says_why(reasons, store, commit):
    commit("learner", "a")
    set_aside(store, "learner", "a", "a byte was flipped")
    assert reasons()["a"] == "its result was bad and has been set aside: a byte was flipped; submit again"


def test_a_suspended_job_was_suspended_by_hand(reasons, cluster, job):
    cluster.create(job("a", suspend=True))
    assert reasons()["a"] == "it was suspended by hand"


def test_a_job_that_nobody_runs_says_so(reasons, cluster, job):
    cluster.create(job("a"))
    assert reasons()["a"] == "no `ltk8s submit` on this machine runs it any more; submit again to go on"


def test_a_job_that_waits_for_room_says_what_runs(reasons, cluster, job, in_background, wait_until, says, until_sigterm):
    cluster.create(job("a", until_sigterm, cpu="2"))
    cluster.create(job("b", cpu="1"))
    in_background()
    wait_until(lambda: says("a"))
    assert reasons()["b"] == (
        "it waits for room: it needs 1 CPU and 1 GiB of memory of 2 CPUs and 8 GiB of memory, and these run: a"
    )


def test_a_job_that_will_be_tried_again_says_why(reasons, cluster, job, in_background, wait_until):
    cluster.create(job("a", "exit(1)"))
    in_background(backoff=60)
    wait_until(lambda: cluster.get("a").failures)
    assert re.fullmatch(r"process \d+ tries it again soon: exit code 1, 1 of 3 attempts have failed", reasons()["a"])


def test_a_lock_that_another_process_holds_is_told(reasons, cluster, job, in_lock):
    cluster.create(job("a"))
    with in_lock("a"):
        assert re.fullmatch(r"process \d+ holds its lock", reasons()["a"])


def test_a_job_that_runs_has_no_reason(reasons, cluster, job, in_background, wait_until, says, until_sigterm):
    cluster.create(job("a", until_sigterm))
    in_background()
    wait_until(lambda: says("a"))
    assert "a" not in reasons()


def test_after_cancelling_every_job_says_so(planned, store, cluster, settings, recorded):
    plan = planned("stack-wl")
    submit([plan], store, cluster, settings)
    record = recorded("stack-wl")
    cancel(record, cluster, store)
    assert len(why([record], cluster, store)) == 4
