"""The lock of a Job stays locked as long as its driver or its worker lives, and the system lets it go."""

import os
import subprocess
import sys

from ltk8s.cluster.local.locks import Process, RunLock, end_worker, holder_of, is_locked


def test_only_one_may_hold_it(tmp_path):
    lock = RunLock.acquire(tmp_path / "a.lock")
    assert RunLock.acquire(tmp_path / "a.lock") is None
    assert is_locked(tmp_path / "a.lock")
    lock.close()
    assert not is_locked(tmp_path / "a.lock")


def test_a_lock_that_was_never_taken_is_free(tmp_path):
    assert not is_locked(tmp_path / "a.lock")
    assert holder_of(tmp_path / "a.lock") is None


def test_it_says_who_holds_it(tmp_path):
    lock = RunLock.acquire(tmp_path / "a.lock")
    assert holder_of(tmp_path / "a.lock").driver == Process.of(os.getpid())
    lock.close()
    assert holder_of(tmp_path / "a.lock") is None


def sleeping(lock, code="import time; time.sleep(60)"):
    worker = subprocess.Popen([sys.executable, "-c", code], pass_fds=[lock.fd], start_new_session=True, stdout=subprocess.PIPE)
    lock.say(worker.pid, ["0"])
    return worker


def test_a_worker_that_inherited_it_holds_it_alone(tmp_path):
    lock = RunLock.acquire(tmp_path / "a.lock")
    worker = sleeping(lock)
    lock.close()
    assert RunLock.acquire(tmp_path / "a.lock") is None
    assert holder_of(tmp_path / "a.lock").worker.pid == worker.pid
    assert holder_of(tmp_path / "a.lock").gpus == ("0",)
    worker.kill()
    worker.communicate()
    assert not is_locked(tmp_path / "a.lock")


STUBBORN = """
import os, signal, time
signal.signal(signal.SIGTERM, lambda *_: os.write(1, b"asked\\n"))
print("ready", flush=True)
while True: time.sleep(1)
"""


def test_a_worker_is_ended_gently_and_then_not(tmp_path):
    lock = RunLock.acquire(tmp_path / "a.lock")
    worker = sleeping(lock, STUBBORN)
    lock.close()
    assert worker.stdout.readline() == b"ready\n"
    end_worker(tmp_path / "a.lock", holder_of(tmp_path / "a.lock").worker, grace=0.5)
    assert not is_locked(tmp_path / "a.lock")
    assert worker.communicate()[0] == b"asked\n"
    assert worker.returncode == -9


def test_a_process_is_not_mistaken_for_a_later_one_of_the_same_id():
    here = Process.of(os.getpid())
    assert here.alive
    assert not Process(here.pid, "long ago").alive
    assert Process.of(2**22 + 1) is None
