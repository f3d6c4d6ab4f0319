"""The order in which ids are asked about."""

from ltk8s.controller.inbox import Inbox


def test_what_is_urgent_goes_first_and_is_taken_once():
    inbox = Inbox()
    inbox.calm(["a", "b", "c"])
    inbox.urgent(["c", "d", "c"])
    assert (inbox.take(9), inbox.take(9), inbox.take(9)) == ({"c", "d"}, {"a", "b"}, set())


def test_no_more_is_taken_than_asked_for_in_the_order_of_arrival():
    inbox = Inbox()
    inbox.calm("abcde")
    assert (inbox.take(2), inbox.take(2), inbox.take(2)) == ({"a", "b"}, {"c", "d"}, {"e"})


def test_what_is_for_later_comes_when_it_is_time():
    now = [0.0]
    inbox = Inbox(lambda: now[0])
    inbox.later(["a"], 10)
    assert (inbox.wait(0), len(inbox)) == (False, 1)
    now[0] = 10.0
    assert (inbox.wait(0), inbox.take(9)) == (True, {"a"})
