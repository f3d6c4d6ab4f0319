"""What the cluster alone tells of runs whose store cannot be read."""

import pytest

from ltk8s.cluster.without_store import job_states_without_store, reasons_without_store, run_states_without_store
from ltk8s.errors import NoCredential, StoreAway


@pytest.fixture
def jobs(cluster, job, held):
    cluster.create(job("a", run="run-1"))
    cluster.create(held("f", ["a"], run="run-1"))
    cluster.create(job("b", run="run-2"))


def test_each_run_of_which_there_are_jobs_is_a_row(jobs, cluster):
    first, second = run_states_without_store(cluster)
    assert (first.run, first.phase, first.counts) == ("run-1", "pending", {"pending": 1, "waiting": 1})
    assert (second.run, second.counts) == ("run-2", {"pending": 1})


def test_a_runs_jobs_are_in_their_phases_learners_first(jobs, cluster):
    states = job_states_without_store("run-1", cluster)
    assert [(state.id, state.kind, state.phase) for state in states] == [
        ("a", "learner", "pending"),
        ("f", "fusion", "waiting"),
    ]


def test_a_learner_that_runs_is_said_to_keep_what_it_started_with(
    jobs, cluster, in_background, wait_until, says, job, until_sigterm
):
    cluster.create(job("c", until_sigterm))
    in_background()
    wait_until(lambda: says("c"))
    (reason,) = reasons_without_store("c", cluster, NoCredential("There is no Secret."))
    assert reason.why == "its pod keeps the credentials that it started with"
    (reason,) = reasons_without_store("c", cluster, StoreAway("It does not answer."))
    assert "repeats its calls" in reason.why
