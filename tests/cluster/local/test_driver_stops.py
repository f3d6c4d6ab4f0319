"""Processes that are told to leave: they save, nothing is counted against their Jobs, and driving again goes on."""

import os
from threading import Thread

import pytest

from ltk8s.cluster.local.driver import drive
from ltk8s.cluster.local.locks import is_locked
from ltk8s.errors import ClusterError, StoreAway
from ltk8s.store.files import FileStore


def test_a_job_that_somebody_suspends_saves_and_leaves(cluster, job, in_background, wait_until, says, until_sigterm):
    cluster.create(job("a", until_sigterm))
    thread, _ = in_background()
    wait_until(lambda: says("a"))
    cluster.patch("a", [{"op": "add", "path": "/spec/suspend", "value": True}])
    thread.join(30)
    suspended = cluster.get("a")
    assert (suspended.phase, suspended.failures) == ("suspended", 0)
    assert suspended.condition("Suspended")
    assert "startTime" not in suspended.status


def test_a_job_that_somebody_resumes_runs_again(cluster, run_jobs, job):
    cluster.create(job("a", suspend=True))
    assert run_jobs() is True
    assert cluster.get("a").phase == "suspended"
    cluster.patch("a", [{"op": "replace", "path": "/spec/suspend", "value": False}])
    run_jobs()
    assert cluster.get("a").phase == "complete"


def test_a_job_that_somebody_deletes_saves_and_leaves(cluster, job, in_background, wait_until, says, until_sigterm, tmp_path):
    cluster.create(job("a", until_sigterm))
    thread, _ = in_background()
    wait_until(lambda: says("a"))
    assert cluster.delete("a", uid=cluster.get("a").uid)
    assert (tmp_path / "saved").exists()
    thread.join(30)
    assert cluster.get("a") is None
    assert not thread.is_alive()


def test_the_end_of_an_attempt_says_nothing_of_a_new_job_of_the_same_name(
    cluster, job, in_background, wait_until, says, until_sigterm
):
    cluster.create(job("a", until_sigterm.replace("exit(143)", "exit(65)")))
    thread, _ = in_background()
    wait_until(lambda: says("a"))
    with cluster.files.changing():
        cluster.files.remove("a")
        cluster.files.create(job("a"))
    thread.join(30)
    assert (cluster.get("a").phase, cluster.get("a").failures) == ("complete", 0)


def test_stopping_lets_processes_save_and_driving_again_goes_on(
    cluster, run_jobs, job, in_background, wait_until, says, until_sigterm, tmp_path
):
    path = str(tmp_path / "n")
    cluster.create(
        job("a", f"import os\nif os.path.exists({path!r}): raise SystemExit(0)\nopen({path!r}, 'w')\n{until_sigterm}")
    )
    thread, stop = in_background()
    wait_until(lambda: says("a"))
    stop.set()
    thread.join(30)
    assert (cluster.get("a").phase, cluster.get("a").failures) == ("pending", 0)
    assert run_jobs() is True
    assert cluster.get("a").phase == "complete"


def test_an_error_in_the_driver_lets_processes_save_before_it_is_raised(cluster, run_jobs, job, says, until_sigterm, tmp_path):
    cluster.create(job("a", until_sigterm))

    def fail_when_ready(_=None):
        if says("a"):
            raise RuntimeError("the screen is gone")

    with pytest.raises(RuntimeError, match="the screen is gone"):
        run_jobs(on_tick=fail_when_ready)
    assert (tmp_path / "saved").exists()
    assert cluster.get("a").phase == "pending"


def test_a_failure_while_being_stopped_is_a_disruption_and_costs_nothing(
    cluster, job, in_background, wait_until, says, until_sigterm
):
    cluster.create(job("a", until_sigterm.replace("exit(143)", "exit(1)"), backoffLimit=0))
    thread, stop = in_background()
    wait_until(lambda: says("a"))
    stop.set()
    thread.join(30)
    assert (cluster.get("a").phase, cluster.get("a").failures) == ("pending", 0)


def test_where_the_end_of_one_cannot_be_written_down_the_others_save_all_the_same(
    cluster, job, in_background, wait_until, says, until_sigterm, tmp_path, caplog
):
    cluster.create(job("a", "import time; print('ready', flush=True); time.sleep(60)"))
    cluster.create(job("b", until_sigterm.replace("saved.touch()", "time.sleep(0.5), saved.touch()")))
    thread, stop = in_background()
    wait_until(lambda: says("a") and says("b"))
    in_the_way = cluster.files.root / "jobs" / f"a.{os.getpid()}.partial"
    in_the_way.mkdir()
    stop.set()
    thread.join(30)
    assert (tmp_path / "saved").exists()
    assert [cluster.get(name).phase for name in "ab"] == ["pending", "pending"]
    assert not any(is_locked(cluster.files.lock(name)) for name in "ab")
    assert "What became of a is not written down" in caplog.text


def test_a_state_directory_that_cannot_be_written_is_said_so(cluster, run_jobs, job, until_sigterm, says, tmp_path):
    cluster.create(job("a", until_sigterm))
    in_the_way = cluster.files.root / "jobs" / f"b.{os.getpid()}.partial"
    cluster.create(job("b", f"import os, time\nwhile not os.path.exists({str(in_the_way)!r}): time.sleep(0.05)"))

    def put_something_in_the_way(_=None):
        if says("a"):
            in_the_way.mkdir(exist_ok=True)

    with pytest.raises(ClusterError, match=r"Cannot use .*: is a directory\. Check the path"):
        run_jobs(on_tick=put_something_in_the_way)
    assert (tmp_path / "saved").exists()


def test_a_store_that_does_not_answer_stops_no_learner(cluster, job, held, commit, wait_until, says, until_sigterm, store):
    class Away(FileStore):
        answers = False

        def list(self, prefix):
            if not self.answers:
                raise StoreAway("The store does not answer.")
            return super().list(prefix)

    away = Away(store.directory)
    cluster.create(job("a", "import time; time.sleep(1)"))
    cluster.create(held("f", ["a"]))
    outcomes = []
    thread = Thread(target=lambda: outcomes.append(drive(["run-1"], cluster, away, backoff=0.01, interval=0.01)))
    thread.start()
    wait_until(lambda: cluster.get("a").phase == "complete")
    commit("learner", "a")
    assert thread.is_alive()
    assert cluster.get("f").phase == "held"
    away.answers = True
    thread.join(30)
    assert outcomes == [True]
    assert cluster.get("f").phase == "complete"
