"""Whatever happens to a driver, no Job runs twice at once and none is lost. Real processes, real signals."""

import os
import signal

import pytest

from ltk8s.cluster.local.locks import holder_of, is_locked


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_lets_learners_save_and_leaves_with_130(
    cluster, job, driver_process, wait_until, says, until_sigterm, number, tmp_path
):
    cluster.create(job("a", until_sigterm))
    driver = driver_process()
    wait_until(lambda: says("a"))
    driver.send_signal(number)
    assert driver.wait(30) == 130
    assert (tmp_path / "saved").exists()
    assert (cluster.get("a").phase, cluster.get("a").failures) == ("pending", 0)
    assert not is_locked(cluster.files.lock("a"))


def test_a_second_ctrl_c_kills_learners_at_once(cluster, job, driver_process, wait_until, says):
    stubborn = (
        "import os, signal, time\n"
        "signal.signal(signal.SIGTERM, lambda *_: os.write(1, b'asked'))\n"
        "print('ready', flush=True)\n"
        "while True: time.sleep(1)\n"
    )
    made = job("a", stubborn)
    made["spec"]["template"]["spec"]["terminationGracePeriodSeconds"] = 60
    cluster.create(made)
    driver = driver_process()
    wait_until(lambda: says("a"))
    driver.send_signal(signal.SIGINT)
    wait_until(lambda: says("a", "asked"))
    driver.send_signal(signal.SIGINT)
    driver.wait(30)
    assert not is_locked(cluster.files.lock("a"))
    assert (cluster.get("a").phase, cluster.get("a").failures) == ("pending", 0)


@pytest.fixture
def orphan(cluster, job, driver_process, wait_until, says, tmp_path):
    """The pid of a learner whose driver was killed. It goes on until the file ``go`` is there."""
    code = (
        "import os, pathlib, signal, sys, time\n"
        f"here = pathlib.Path({str(tmp_path)!r})\n"
        "with open(here / 'attempts', 'a') as f: f.write('x')\n"
        "signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))\n"
        "print('ready', flush=True)\n"
        "while not (here / 'go').exists(): time.sleep(0.01)\n"
    )
    cluster.create(job("a", code))
    driver = driver_process()
    wait_until(lambda: says("a"))
    driver.kill()
    driver.wait()
    return holder_of(cluster.files.lock("a")).worker.pid


def test_the_learner_of_a_killed_driver_still_counts_as_running(cluster, orphan):
    holder = holder_of(cluster.files.lock("a"))
    assert holder.orphaned
    assert cluster.get("a").phase == "running"
    assert f"process {orphan}" in cluster.diagnose(cluster.get("a"))
    os.kill(orphan, signal.SIGKILL)


def test_the_next_driver_waits_for_it_and_starts_none_beside_it(cluster, orphan, in_background, tmp_path, wait_until):
    thread, _ = in_background()
    thread.join(0.5)
    assert (tmp_path / "attempts").read_text() == "x"
    (tmp_path / "go").touch()
    thread.join(30)
    assert cluster.get("a").phase == "complete"
    assert (tmp_path / "attempts").read_text() == "xx"  # the worker's second look finds its result committed


def test_if_it_dies_as_well_the_job_is_run_again_and_nothing_is_counted(cluster, orphan, in_background, tmp_path):
    os.kill(orphan, signal.SIGKILL)
    (tmp_path / "go").touch()
    in_background()[0].join(30)
    assert (cluster.get("a").phase, cluster.get("a").failures) == ("complete", 0)


def test_ctrl_c_on_the_next_driver_stops_it(cluster, orphan, in_background, wait_until):
    thread, stop = in_background()
    wait_until(lambda: cluster.driven(["run-1"]))
    stop.set()
    thread.join(30)
    assert not is_locked(cluster.files.lock("a"))
    assert cluster.get("a").phase == "pending"


def test_deleting_its_job_ends_it(cluster, orphan):
    assert cluster.delete("a", uid=cluster.get("a").uid)
    assert not is_locked(cluster.files.lock("a"))


def test_a_driver_that_was_killed_is_not_taken_for_alive(cluster, orphan):
    assert not cluster.driven(["run-1"])
    os.kill(orphan, signal.SIGKILL)


def test_while_the_next_driver_waits_for_it_that_is_told(cluster, orphan, in_background, wait_until):
    _, stop = in_background()
    wait_until(lambda: cluster.driven(["run-1"]))
    assert cluster.diagnose(cluster.get("a")).endswith("another one waits for it")
    stop.set()
