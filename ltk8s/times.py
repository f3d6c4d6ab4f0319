"""Moments as the store keeps them and as people read them.

Every writer has a clock of its own, and any of them may be wrong. What is written later is therefore dated later than what it
finds there (``later_than``): the order of what was written one after another holds whatever the clocks say.
"""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from datetime import UTC, datetime, timedelta

TICK = timedelta(milliseconds=1)

NEVER = datetime.min.replace(tzinfo=UTC)


def moment(text: str) -> datetime:
    """Read a moment that was written as ISO 8601; without an offset it is UTC. What is no moment is earlier than any.

    >>> moment("2026-12-01T10:00:00+02:00") == moment("2026-12-01T08:00:00")
    True
    """
    with suppress(ValueError, OverflowError):
        read = datetime.fromisoformat(text)
        return (read if read.tzinfo else read.replace(tzinfo=UTC)).astimezone(UTC)
    return NEVER


def later_than(written: Iterable[str]) -> str:
    """Return the time now as ISO 8601 in UTC with milliseconds, or just after the last of ``written`` where that is later.

    >>> later_than(["3000-01-01T00:00:00+00:00"])
    '3000-01-01T00:00:00.001+00:00'
    """
    last = max((moment(each) for each in written), default=NEVER)
    now = datetime.now(UTC)
    with suppress(OverflowError):
        now = max(now, last + TICK)
    return now.isoformat(timespec="milliseconds")


def shown(when: datetime | str) -> str:
    """A moment as people read it, to the minute and always in UTC, which it says; a text that is no moment stays as it is.

    >>> shown("2026-12-01T10:20:30+02:00"), shown("")
    ('2026-12-01 08:20 UTC', '')
    """
    read = moment(when) if isinstance(when, str) else when.astimezone(UTC)
    return str(when) if read == NEVER else f"{read:%Y-%m-%d %H:%M} UTC"


def time_of_day() -> str:
    """The time now as it begins a line, in one word: ``15:04:05Z``, where Z is ISO 8601's mark of UTC."""
    return f"{datetime.now(UTC):%H:%M:%S}Z"
