"""SIGTERM: at once where nothing is to be saved, as a flag where something is, and in time where the main thread is stuck."""

from __future__ import annotations

import contextlib
import signal
import subprocess
import sys
import time

import pytest

from ltk8s.network.stopping import SIGNALS, Stopped, Stopping

START = """
import signal, time
from ltk8s.network.stopping import Stopped, Stopping
stopping = Stopping(farewell=0.3)
stopping.install()
stopping.watch()
"""


def child(program):
    """A process that runs ``program``, which prints ``ready``."""
    process = subprocess.Popen([sys.executable, "-c", START + program], stdout=subprocess.PIPE, text=True)
    assert process.stdout.readline() == "ready\n"
    return process


def end(process):
    output = process.stdout.read()
    process.stdout.close()
    return process.wait(30), output


@pytest.fixture
def stopping():
    before = {number: signal.getsignal(number) for number in SIGNALS}
    stopping = Stopping()
    stopping.install()
    yield stopping
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.mark.parametrize("number", SIGNALS)
def test_raises_at_once(stopping, number):
    with pytest.raises(Stopped):
        signal.raise_signal(number)
    assert stopping.asked


def test_no_exception_handler_swallows_it(stopping):
    with pytest.raises(Stopped), contextlib.suppress(Exception):
        signal.raise_signal(signal.SIGTERM)


def test_is_only_a_flag_while_deferred(stopping):
    with stopping.deferred():
        signal.raise_signal(signal.SIGTERM)
        assert stopping.asked
        with pytest.raises(Stopped):
            stopping.check()


def test_nothing_is_deferred_that_was_asked_before(stopping):
    stopping.asked = True
    with pytest.raises(Stopped), stopping.deferred():
        pytest.fail("entered")


def test_a_second_one_does_not_disturb_the_farewell(stopping):
    with pytest.raises(Stopped):
        signal.raise_signal(signal.SIGTERM)
    signal.raise_signal(signal.SIGTERM)


def test_check_passes_while_nobody_asks(stopping):
    stopping.check()


STUCK = """
try:
    print('ready', flush=True)
    time.sleep(60)
except Stopped:
    time.sleep(60)
"""

SAVES = """
with stopping.deferred():
    print('ready', flush=True)
    time.sleep(1)
    print('saved', flush=True)
time.sleep(60)
"""

HEARS_ANOTHER = """
signal.signal(signal.SIGUSR1, lambda *_: None)
print('ready', flush=True)
time.sleep(1)
"""


def test_a_process_that_is_stuck_leaves_with_143_in_time():
    process = child(STUCK)
    asked = time.monotonic()
    process.terminate()
    assert end(process)[0] == 143
    assert 0.3 <= time.monotonic() - asked < 5


def test_a_process_that_saves_is_left_in_peace():
    process = child(SAVES)
    process.terminate()
    assert end(process) == (143, "saved\n")


def test_other_signals_do_not_count():
    process = child(HEARS_ANOTHER)
    process.send_signal(signal.SIGUSR1)
    assert end(process)[0] == 0
