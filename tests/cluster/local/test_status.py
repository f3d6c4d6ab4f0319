"""What an exit code means, and what is written of it: pure functions."""

import pytest

from ltk8s.cluster import names
from ltk8s.cluster.job import Job
from ltk8s.cluster.local import status
from ltk8s.cluster.local.status import Verdict


@pytest.fixture
def made(job):
    return {**job("a"), "status": {}}


@pytest.mark.parametrize(
    ("code", "disrupted", "action"),
    [
        (0, False, "Complete"),
        (0, True, "Complete"),
        (65, False, "FailJob"),
        (66, False, "FailJob"),
        (65, True, "FailJob"),  # the first rule that matches decides
        (143, False, "Ignore"),
        (143, True, "Ignore"),
        (1, True, "Ignore"),
        (137, True, "Ignore"),
        (1, False, "Count"),
        (137, False, "Count"),
    ],
)
def test_the_table_of_exits(made, code, disrupted, action):
    assert status.judge(made, code, disrupted=disrupted).action == action


def test_rules_may_name_the_codes_that_they_do_not_mean(made):
    made["spec"]["podFailurePolicy"] = {"rules": [{"action": "FailJob", "onExitCodes": {"operator": "NotIn", "values": [1]}}]}
    assert status.judge(made, 2, disrupted=False) == Verdict("FailJob", 0)
    assert status.judge(made, 1, disrupted=False) == Verdict("Count")


def test_without_a_policy_every_failure_counts(made):
    del made["spec"]["podFailurePolicy"]
    assert status.judge(made, 143, disrupted=True) == Verdict("Count")


def test_a_running_job_is_active_and_ready(made):
    running = Job(status.started(made))
    assert (running.phase, running.status["active"]) == ("running", 1)
    assert running.status["startTime"]


def test_the_start_is_that_of_the_first_attempt(made):
    first = status.started(made)
    again = status.started(status.ended(first, 1, Verdict("Count")))
    assert again["status"]["startTime"] == first["status"]["startTime"]


def test_setting_a_job_aside_forgets_its_start(made):
    assert "startTime" not in status.set_aside(status.started(made))["status"]


def test_failures_count_up_to_the_limit(made):
    made["spec"]["backoffLimit"] = 1
    once = status.ended(made, 1, Verdict("Count"))
    assert (Job(once).phase, Job(once).failures) == ("pending", 1)
    twice = Job(status.ended(once, 1, Verdict("Count")))
    assert (twice.phase, twice.failures, twice.condition("Failed")["reason"]) == ("failed", 2, "BackoffLimitExceeded")


def test_an_ignored_failure_leaves_the_count(made):
    assert Job(status.ended(made, 143, Verdict("Ignore"))).failures == 0


def test_the_last_exit_code_is_kept(made):
    assert Job(status.ended(made, 7, Verdict("Count"))).annotations[names.LAST_EXIT] == "7"


def test_a_resumed_job_is_no_longer_suspended(made):
    suspended = Job(status.suspended(made))
    assert suspended.condition("Suspended")
    assert not Job(status.started(suspended.object)).condition("Suspended")


def test_nothing_that_was_given_is_changed(made):
    before = repr(made)
    status.ended(status.started(made), 1, Verdict("Count"))
    assert repr(made) == before
