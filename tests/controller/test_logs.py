"""One JSON object a line."""

import json
import logging

from ltk8s.controller.logs import JsonLines


def line(message, *args, error=None, **extra):
    record = logging.getLogger("ltk8s.test").makeRecord("ltk8s.test", logging.INFO, "f", 1, message, args, error, extra=extra)
    return JsonLines().format(record)


def test_a_line_has_time_level_message_and_what_it_is_about():
    written = json.loads(line("released %s", "f", job="f", runs=["r1"]))
    assert {**written, "time": ""} == {
        "time": "",
        "level": "info",
        "message": "released f",
        "logger": "ltk8s.test",
        "job": "f",
        "runs": ["r1"],
    }
    assert written["time"].endswith("Z")


def test_a_traceback_stays_within_its_line():
    try:
        raise ValueError("two\nlines")
    except ValueError as error:
        written = line("it broke", error=(type(error), error, error.__traceback__))
    assert "\n" not in written
    assert "ValueError: two\nlines" in json.loads(written)["error"]
