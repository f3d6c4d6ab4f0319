"""Processes that are told to leave: they save, nothing is counted against their Jobs, and driving again goes on."""

import pytest


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
