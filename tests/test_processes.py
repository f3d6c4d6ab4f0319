"""Work in several processes: in order, and never silently short."""

import os
import signal
import time
from functools import partial
from pathlib import Path

import pytest

from ltk8s.errors import LtkError
from ltk8s.processes import cpus, spread

scale = 1


def set_scale(value):
    global scale
    scale = value


def scaled(number):
    return scale * number, os.getpid()


def killed_at_three(number):
    if number == 3:
        os.kill(os.getpid(), signal.SIGKILL)
    return number


def test_answers_come_in_order_and_from_other_processes():
    answers = list(spread(scaled, range(6), 2, does="counts", set_up=set_scale, arguments=(10,)))
    assert [answer for answer, _ in answers] == [0, 10, 20, 30, 40, 50]
    assert os.getpid() not in {process for _, process in answers}


def test_a_process_that_is_killed_ends_the_work():
    with pytest.raises(LtkError, match="A process that counts was killed"):
        list(spread(killed_at_three, range(6), 2, does="counts"))


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="only Linux binds a process to CPUs")
def test_cpus_are_those_that_this_process_may_use():
    allowed = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(allowed)})
    try:
        assert cpus() == 1
    finally:
        os.sched_setaffinity(0, allowed)


def test_what_comes_out_does_not_pile_up(tmp_path):
    answers = spread(partial(marked, str(tmp_path)), range(60), 2, does="counts")
    assert next(answers) == 0
    time.sleep(1)
    assert len(os.listdir(tmp_path)) < 30
    assert list(answers) == list(range(1, 60))


def marked(folder, number):
    Path(folder, str(number)).touch()
    return number
