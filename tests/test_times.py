from datetime import UTC, datetime, timedelta, timezone

from ltk8s.times import later_than, moment, shown, time_of_day


def test_what_is_written_later_is_dated_later_whatever_the_clocks_say():
    tomorrow = (datetime.now(UTC) + timedelta(days=1)).isoformat()
    assert moment(later_than([tomorrow])) > moment(tomorrow)
    first = later_than([])
    second = later_than([first])
    assert moment(first) < moment(second)
    assert moment(second) - datetime.now(UTC) < timedelta(seconds=1)


def test_moments_are_compared_and_not_their_texts():
    assert moment("2026-03-01T10:00:00+02:00") < moment("2026-03-01T09:00:00Z")
    assert moment("2026-03-01T09:00:00") == moment("2026-03-01T09:00:00.000+00:00")


def test_a_text_that_is_no_moment_is_earlier_than_any_and_stops_nothing():
    assert moment("yesterday") < moment("0001-01-02T00:00:00+00:00")
    assert moment(later_than(["yesterday"])) - datetime.now(UTC) < timedelta(seconds=1)
    assert later_than(["9999-12-31T23:59:59.999999+00:00"])


def test_people_read_utc_and_are_told_so():
    assert shown("2026-12-01T01:02:03.004+02:00") == "2026-11-30 23:02 UTC"
    assert shown(datetime(2026, 7, 1, 2, 0, tzinfo=timezone(timedelta(hours=-5)))) == "2026-07-01 07:00 UTC"
    assert shown("yesterday") == "yesterday"


def test_a_line_begins_with_the_time_of_day_in_one_word_that_says_utc():
    assert datetime.strptime(time_of_day(), "%H:%M:%SZ")
    assert not time_of_day().split()[1:]
