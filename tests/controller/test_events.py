"""Events as they are posted: the same words, the same name."""

from datetime import UTC, datetime

from ltk8s.cluster.job import Job
from ltk8s.controller.events import event, event_name
from ltk8s.controller.verdicts import Notice

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
NOTICE = Notice("PredecessorFailed", "a failed. Submit again.")


def job(uid="1"):
    return Job({"metadata": {"name": "stack-wl-f-0123456789", "uid": uid}, "spec": {}})


def test_the_name_follows_from_job_reason_and_message_alone():
    name = event_name(job(), NOTICE)
    assert name == event_name(job(), Notice("PredecessorFailed", "a failed. Submit again.", "Normal"))
    others = [
        event_name(job("2"), NOTICE),
        event_name(job(), Notice("PredecessorMissing", NOTICE.message)),
        event_name(job(), Notice("PredecessorFailed", "b failed.")),
    ]
    assert len({name, *others}) == 4
    assert name.startswith("stack-wl-f-0123456789.")
    assert len(name.rpartition(".")[2]) == 10


def test_an_event_names_its_job_and_says_what_and_when():
    posted = event(job(), NOTICE, "ns", "host", NOW)
    assert posted["involvedObject"] == {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "namespace": "ns",
        "name": "stack-wl-f-0123456789",
        "uid": "1",
    }
    assert (posted["type"], posted["reason"], posted["message"]) == ("Warning", NOTICE.reason, NOTICE.message)
    assert posted["lastTimestamp"] == "2026-01-02T03:04:05Z"
