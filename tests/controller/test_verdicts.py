"""When it is said that a held Job is blocked, and in which words."""

from datetime import UTC, datetime, timedelta

import pytest

from ltk8s.cluster.job import Job
from ltk8s.cluster.reconcile import Blocked
from ltk8s.controller.verdicts import LONGEST_MESSAGE, Verdicts, notices, released

MISSING = Blocked("f", "1", failed=(), missing=("a",))
FAILED = Blocked("f", "1", failed=("b",), missing=("a",))
START = datetime(2026, 1, 1, tzinfo=UTC)


class Case:
    """A held Job, made at ``START``, and the verdicts of a controller that was started some seconds later."""

    def __init__(self, started: float = 0.0) -> None:
        self.seconds = started
        self.verdicts = Verdicts(clock=lambda: self.seconds, now=lambda: START + timedelta(seconds=self.seconds))
        self.job = Job({"metadata": {"name": "f", "uid": "1", "creationTimestamp": START.isoformat()}, "spec": {}})

    def at(self, seconds: float, blocked: Blocked | None) -> Blocked | None:
        self.seconds = seconds
        return self.verdicts.judge(self.job, blocked)


def test_what_is_missing_is_said_after_a_minute():
    case = Case()
    assert [case.at(seconds, MISSING) for seconds in (0, 59, 60)] == [None, None, MISSING]


def test_a_controller_that_has_just_started_waits_for_a_minute_as_well():
    case = Case(started=1000)
    assert [case.at(seconds, MISSING) for seconds in (1000, 1059, 1060)] == [None, None, MISSING]


def test_the_minute_begins_anew_when_nothing_was_missing_in_between():
    case = Case()
    assert [case.at(seconds, blocked) for seconds, blocked in [(0, MISSING), (50, None), (70, MISSING)]] == [None, None, None]
    assert case.at(130, MISSING) == MISSING


def test_what_failed_is_said_at_once_and_what_is_missing_beside_it_later():
    case = Case()
    assert case.at(0, FAILED) == Blocked("f", "1", failed=("b",), missing=())
    assert case.at(60, FAILED) == FAILED


def test_a_job_is_counted_as_blocked_as_long_as_it_is():
    case = Case()
    case.at(0, FAILED)
    assert case.verdicts.blocked == {"f"}
    case.at(1, None)
    assert case.verdicts.blocked == set()
    case.at(2, FAILED)
    case.verdicts.keep([])
    assert case.verdicts.blocked == set()


def test_each_kind_of_trouble_is_one_notice_that_says_what_to_do():
    failed, missing = notices(FAILED)
    assert (failed.reason, missing.reason) == ("PredecessorFailed", "PredecessorMissing")
    assert failed.message.startswith("b failed. ")
    assert missing.message == "a has neither a Job nor a result. Submit the run again."


@pytest.mark.parametrize("count", [1, 20, 500])
def test_a_message_is_never_longer_than_the_api_server_takes(count):
    (notice,) = notices(Blocked("f", "1", failed=tuple(f"learner-{i}-0123456789" for i in range(count)), missing=()))
    assert len(notice.message) <= LONGEST_MESSAGE
    assert notice.message.endswith("only what is missing is trained.")


def test_a_release_says_whether_the_job_starts_or_enters_its_queue():
    def job(suspended, after):
        return Job({"metadata": {"name": "f", "annotations": {"ltk8s.io/after": after}}, "spec": {"suspend": suspended}})

    assert released(job(False, "a,b,c")).message == "All 3 learners are committed: it starts."
    assert released(job(True, "a")).message == "Its learner is committed: it enters its queue."
