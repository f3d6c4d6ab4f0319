import pytest

from ltk8s.store.retry import Retry


class Clock:
    """Time that passes only by sleeping."""

    def __init__(self) -> None:
        self.now = 0.0
        self.pauses: list[float] = []

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.pauses.append(seconds)
        self.now += seconds


@pytest.fixture
def clock():
    return Clock()


def failing(times: int, error: Exception):
    """An operation that fails so many times, then returns the number of its tries."""
    tries = 0

    def operation() -> int:
        nonlocal tries
        tries += 1
        if tries <= times:
            raise error
        return tries

    return operation


def always(_: Exception) -> bool:
    return True


def test_what_succeeds_is_done_once(clock):
    assert Retry(300, clock=clock, sleep=clock.sleep)(failing(0, OSError()), always) == 1
    assert clock.pauses == []


def test_what_passes_is_tried_again(clock):
    assert Retry(300, clock=clock, sleep=clock.sleep)(failing(5, OSError()), always) == 6


def test_what_does_not_pass_is_raised_at_once(clock):
    with pytest.raises(OSError, match="for good"):
        Retry(300, clock=clock, sleep=clock.sleep)(failing(1, OSError("for good")), lambda error: False)
    assert clock.pauses == []


def test_it_ends_after_its_time_in_total(clock):
    with pytest.raises(OSError, match="still"):
        Retry(300, clock=clock, sleep=clock.sleep)(failing(10**6, OSError("still")), always)
    assert clock.now == pytest.approx(300)


def test_pauses_grow_to_a_limit(clock):
    with pytest.raises(OSError, match="still"):
        Retry(300, clock=clock, sleep=clock.sleep)(failing(10**6, OSError("still")), always)
    assert clock.pauses[0] <= 0.2
    assert max(clock.pauses) <= 15
    assert 20 < len(clock.pauses) < 60
