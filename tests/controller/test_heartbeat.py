"""The Lease that is renewed, and the pulse that it stands for."""

from datetime import UTC, datetime

from ltk8s.controller.heartbeat import Pulse, lease


def test_the_lease_says_who_when_and_for_which_store():
    written = lease("ns", "host", "s3://bucket", datetime(2026, 1, 2, 3, 4, 5, 60, tzinfo=UTC))
    assert written["metadata"] == {
        "name": "ltk8s-controller",
        "namespace": "ns",
        "annotations": {"ltk8s.io/store": "s3://bucket"},
    }
    assert written["spec"]["holderIdentity"] == "host"
    assert written["spec"]["renewTime"] == "2026-01-02T03:04:05.000060Z"


def test_a_loop_that_has_not_turned_for_a_minute_is_wrong():
    now = [0.0]
    pulse = Pulse(lambda: now[0])
    now[0] = 60.0
    assert pulse.wrong() == ""
    now[0] = 61.0
    assert "61 s" in pulse.wrong()
    pulse.beat()
    assert pulse.wrong() == ""
