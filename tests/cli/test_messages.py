import logging

import pytest

from ltk8s.cli.messages import PlainLines


@pytest.fixture
def log():
    logger = logging.Logger("ltk8s.test")
    logger.addHandler(PlainLines())
    return logger


def test_a_warning_is_one_plain_line_on_standard_error(log, capsys):
    log.warning("the store %s is slow", "x")
    assert capsys.readouterr().err == "Warning: the store x is slow\n"


def test_what_repeats_itself_is_said_once_in_a_while(log, capsys):
    for seconds in (5, 4, 3):
        log.warning("trying again for %d s", seconds)
    log.warning("another thing")
    assert capsys.readouterr().err.splitlines() == ["Warning: trying again for 5 s", "Warning: another thing"]


def test_what_is_no_warning_is_not_shown(log, capsys):
    log.info("a detail")
    assert capsys.readouterr().err == ""
