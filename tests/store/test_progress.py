import socket
import threading
import time
from datetime import UTC, datetime, timedelta

import pytest

from ltk8s.store import layout
from ltk8s.store.address import parse_address
from ltk8s.store.files import FileStore
from ltk8s.store.progress import ProgressReporter, read_progress
from ltk8s.store.s3 import S3Store

ID = "net-0123456789"


def wait_for(condition, seconds=30.0):
    """Until something true comes back, which is returned."""
    end = time.monotonic() + seconds
    while not (value := condition()):
        assert time.monotonic() < end
        time.sleep(0.01)
    return value


def test_what_was_said_last_is_read(store):
    reporter = ProgressReporter(store, "learner", ID, "a1")
    reporter.update(phase="training", step=10, steps=100, epoch=0.5, loss=1.25)
    reporter.update(step=20)
    reporter.close(timeout=30)
    progress = read_progress(store, "learner", ID)
    assert (progress.attempt, progress.phase, progress.step, progress.steps, progress.loss) == ("a1", "training", 20, 100, 1.25)
    assert datetime.now(UTC) - datetime.fromisoformat(progress.updated) < timedelta(minutes=1)


def test_progress_is_uploaded_while_the_work_goes_on(store):
    reporter = ProgressReporter(store, "learner", ID, "a1", every=0.05)
    for step in (1, 2):
        reporter.update(step=step)
        wait_for(lambda step=step: (found := read_progress(store, "learner", ID)) and found.step == step)
    reporter.close(timeout=30)


def test_uploads_keep_their_distance(counting):
    reporter = ProgressReporter(counting, "learner", ID, "a1", every=60)
    reporter.update(step=0)
    wait_for(lambda: counting.calls["put"])
    for step in range(1000):
        reporter.update(step=step)
    reporter.close(timeout=30)
    assert counting.calls["put"] == 2
    assert read_progress(counting, "learner", ID).step == 999


def test_a_number_that_is_none_is_left_out(store):
    reporter = ProgressReporter(store, "learner", ID, "a1")
    reporter.update(step=3, loss=float("nan"), eta_seconds=float("inf"))
    reporter.close(timeout=30)
    progress = read_progress(store, "learner", ID)
    assert (progress.step, progress.loss, progress.eta_seconds) == (3, None, None)


def test_a_server_that_never_answers_does_not_hold_up_training():
    with socket.create_server(("127.0.0.1", 0)) as silent:
        store = S3Store(parse_address(f"s3://bucket?endpoint=http://127.0.0.1:{silent.getsockname()[1]}"), retry_seconds=0)
        begun = time.monotonic()
        reporter = ProgressReporter(store, "learner", ID, "a1", every=0)
        for step in range(1000):
            reporter.update(step=step)
        assert time.monotonic() - begun < 5
        connection, _ = silent.accept()  # it is waiting for this server
        connection.close()
        reporter.close(timeout=0.1)
        assert time.monotonic() - begun < 30


def test_a_store_that_cannot_be_written_does_not_fail_training(tmp_path, caplog):
    (tmp_path / "file").touch()
    reporter = ProgressReporter(FileStore(tmp_path / "file" / "store"), "learner", ID, "a1")
    reporter.update(step=1)
    reporter.close(timeout=30)
    assert "Progress could not be reported: Cannot write 'learners/" in caplog.text


def test_nothing_is_left_running_after_close(store):
    before = set(threading.enumerate())
    reporter = ProgressReporter(store, "learner", ID, "a1")
    assert set(threading.enumerate()) > before
    reporter.update(step=1)
    reporter.close(timeout=30)
    assert set(threading.enumerate()) <= before


@pytest.mark.parametrize("damaged", [b"", b"{}", b'{"attempt": "a1", "updated": "now", "later": 1}'])
def test_progress_that_cannot_be_read_is_none(store, damaged):
    store.put(layout.progress("learner", ID), damaged)
    assert read_progress(store, "learner", ID) is None


def test_no_progress_is_none(store):
    assert read_progress(store, "learner", ID) is None
