"""Jobs run as real processes, with the semantics that Kubernetes gives them."""

import time
from pathlib import Path

import pytest

from ltk8s.cluster import names
from ltk8s.cluster.local.locks import RunLock, is_locked


def count(path) -> str:
    """Code that notes each attempt in a file."""
    return f"open({str(path)!r}, 'a').write('x')\n"


def test_a_job_that_exits_0_is_complete(cluster, run_jobs, job):
    cluster.create(job("a", "print('hello')"))
    assert run_jobs() is True
    done = cluster.get("a")
    assert (done.phase, done.status["succeeded"]) == ("complete", 1)
    assert list(cluster.logs("a")) == ["hello"]
    assert not is_locked(cluster.files.lock("a"))


@pytest.mark.parametrize("code", [65, 66])
def test_a_bad_task_fails_at_once_without_a_retry(cluster, run_jobs, job, tmp_path, code):
    cluster.create(job("a", f"{count(tmp_path / 'n')}raise SystemExit({code})"))
    run_jobs()
    failed = cluster.get("a").condition("Failed")
    assert failed["reason"] == "PodFailurePolicy"
    assert f"exit code {code} matching FailJob rule at index 0" in failed["message"]
    assert (tmp_path / "n").read_text() == "x"


@pytest.mark.parametrize("how", ["raise SystemExit(1)", "import os; os.kill(os.getpid(), 9)"])
def test_other_exits_count_up_to_the_backoff_limit(cluster, run_jobs, job, tmp_path, how):
    cluster.create(job("a", f"{count(tmp_path / 'n')}{how}"))
    run_jobs()
    failed = cluster.get("a")
    assert failed.condition("Failed")["reason"] == "BackoffLimitExceeded"
    assert (tmp_path / "n").read_text() == "xxx"
    assert failed.failures == 3


def test_an_exit_by_sigterm_is_tried_again_and_costs_nothing(cluster, run_jobs, job, tmp_path):
    code = f"{count(tmp_path / 'n')}raise SystemExit(143 if len(open({str(tmp_path / 'n')!r}).read()) < 5 else 0)"
    cluster.create(job("a", code, backoffLimit=0))
    run_jobs()
    assert (cluster.get("a").phase, cluster.get("a").failures) == ("complete", 0)
    assert (tmp_path / "n").read_text() == "xxxxx"


def test_a_job_that_fails_once_and_then_succeeds_is_complete(cluster, run_jobs, job, tmp_path):
    cluster.create(job("a", f"import os; p = {str(tmp_path / 'n')!r}; e = os.path.exists(p); open(p, 'w'); exit(not e)"))
    run_jobs()
    assert (cluster.get("a").phase, cluster.get("a").failures) == ("complete", 1)


def test_each_attempt_has_a_log_of_its_own(cluster, run_jobs, job):
    cluster.create(job("a", "import sys; print('out'); sys.exit('err')"))
    run_jobs()
    assert sorted(log.name for log in cluster.files.logs("a").iterdir()) == ["1.log", "2.log", "3.log"]
    assert set(cluster.logs("a")) == {"out", "err"}


def test_a_command_that_does_not_exist_fails_as_an_exit_would(cluster, run_jobs, job):
    made = job("a", backoffLimit=0)
    made["spec"]["template"]["spec"]["containers"][0]["command"] = ["no-such-command"]
    cluster.create(made)
    run_jobs()
    assert cluster.get("a").phase == "failed"
    assert "no-such-command" in "".join(cluster.logs("a"))


def test_the_pauses_between_attempts_grow(cluster, run_jobs, job, tmp_path):
    cluster.create(job("a", f"import time; open({str(tmp_path / 'n')!r}, 'a').write(f'{{time.time()}} '); exit(1)"))
    run_jobs(backoff=0.3)
    first, second, third = map(float, (tmp_path / "n").read_text().split())
    assert second - first >= 0.3
    assert third - second >= 0.6


def test_a_deadline_ends_a_job(cluster, run_jobs, job):
    cluster.create(job("a", "import time; time.sleep(60)", activeDeadlineSeconds=1))
    run_jobs()
    assert cluster.get("a").condition("Failed")["reason"] == "DeadlineExceeded"


def test_a_process_that_ignores_sigterm_is_killed_after_its_grace_period(cluster, run_jobs, job):
    made = job("a", "import signal, time; signal.signal(15, signal.SIG_IGN); time.sleep(60)", activeDeadlineSeconds=1)
    made["spec"]["template"]["spec"]["terminationGracePeriodSeconds"] = 1
    cluster.create(made)
    started = time.monotonic()
    run_jobs()
    assert cluster.get("a").condition("Failed")["reason"] == "DeadlineExceeded"
    assert time.monotonic() - started < 10


def test_what_a_process_has_started_ends_with_it(cluster, run_jobs, job, wait_until, tmp_path):
    code = (
        f"import subprocess, sys; p = subprocess.Popen(['sleep', '60']); open({str(tmp_path / 'pid')!r}, 'w').write(str(p.pid))"
    )
    cluster.create(job("a", code))
    run_jobs()
    pid = (tmp_path / "pid").read_text()
    wait_until(lambda: "sleep" not in command_of(pid))


def command_of(pid: str) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_text()
    except FileNotFoundError:
        return ""


def test_as_many_run_at_once_as_fit(cluster, run_jobs, job, tmp_path):
    for i in range(4):
        cluster.create(
            job(
                f"a{i}",
                f"import time; f = open({str(tmp_path / 'n')!r}, 'a'); f.write('+'); f.flush(); time.sleep(.3); f.write('-')",
            )
        )
    run_jobs()
    running, most = 0, 0
    for sign in (tmp_path / "n").read_text():
        running += 1 if sign == "+" else -1
        most = max(most, running)
    assert most == 2


def test_memory_requests_limit_it_as_well(cluster, run_jobs, job, tmp_path):
    for i in range(2):
        cluster.create(
            job(
                f"a{i}",
                f"import time; f = open({str(tmp_path / 'n')!r}, 'a'); f.write('+'); f.flush(); time.sleep(.2); f.write('-')",
                memory="5Gi",
            )
        )
    run_jobs()
    assert (tmp_path / "n").read_text() == "+-+-"


def test_a_held_job_starts_when_its_predecessors_are_committed(cluster, run_jobs, job, held, store, tmp_path):
    committing = (
        "import sys; from ltk8s.store import open_store; from ltk8s.store.commit import Attempt; "
        "Attempt(open_store({store!r}), '{{}}', 'learner', {id!r}).commit({{}}, {{}})"
    )
    cluster.create(held("f", ["a", "b"], f"open({str(tmp_path / 'fused')!r}, 'w')"))
    for id in ("a", "b"):
        cluster.create(job(id, committing.format(store=store.address, id=id)))
    run_jobs()
    assert cluster.get("f").phase == "complete"
    assert names.HELD not in cluster.get("f").labels
    assert (tmp_path / "fused").exists()


def test_a_held_job_whose_predecessor_failed_stays_and_driving_ends(cluster, run_jobs, job, held):
    cluster.create(held("f", ["a"]))
    cluster.create(job("a", "exit(65)"))
    assert run_jobs() is True
    assert (cluster.get("f").phase, cluster.get("a").phase) == ("held", "failed")


def test_only_the_jobs_of_the_runs_that_were_asked_for_run(cluster, run_jobs, job):
    cluster.create(job("a", run="run-1"))
    cluster.create(job("b", run="run-2"))
    run_jobs("run-1")
    assert (cluster.get("a").phase, cluster.get("b").phase) == ("complete", "pending")


def test_what_the_first_unfinished_run_needs_starts_first(cluster, run_jobs, job, held, tmp_path):
    def learner(name, *runs):
        made = job(name, f"open({str(tmp_path / 'order')!r}, 'a').write({name!r})", run=runs[0], cpu="2")
        made["metadata"]["labels"] |= {names.run_label(run): "" for run in runs}
        return cluster.create(made)

    learner("c", "finished")
    learner("b", "late")
    learner("a", "finished", "early")
    for run in ("early", "late"):
        cluster.create(held(f"fusion-{run}", ["never"], run=run))
    run_jobs("finished", "early", "late")
    assert (tmp_path / "order").read_text() == "abc"


def test_a_job_that_another_process_runs_is_waited_for(cluster, job, in_background, tmp_path):
    cluster.create(job("a", count(tmp_path / "n")))
    other = RunLock.acquire(cluster.files.lock("a"))
    thread, _ = in_background()
    time.sleep(0.3)
    assert not (tmp_path / "n").exists()
    other.close()
    thread.join(20)
    assert (tmp_path / "n").read_text() == "x"


def test_two_drivers_run_each_job_once(cluster, job, in_background, tmp_path):
    for i in range(6):
        cluster.create(job(f"a{i}", count(tmp_path / f"n{i}")))
    threads = [in_background()[0] for _ in range(2)]
    for thread in threads:
        thread.join(30)
    assert [(tmp_path / f"n{i}").read_text() for i in range(6)] == ["x"] * 6


def test_each_change_of_phase_is_told_once(cluster, run_jobs, job, tmp_path):
    seen = tmp_path / "seen running"
    cluster.create(job("a", f"import os, time\nwhile not os.path.exists({str(seen)!r}): time.sleep(0.05)\nexit(65)"))
    told = []

    def tell(changed):
        told.append((changed.name, changed.phase, changed.failures))
        if changed.phase == "running":
            seen.touch()

    run_jobs(on_change=tell)
    assert told == [("a", "pending", 0), ("a", "running", 0), ("a", "failed", 1)]


def test_finished_jobs_go_when_their_time_to_live_is_over(cluster, run_jobs, job):
    cluster.create(job("a", ttlSecondsAfterFinished=0))
    cluster.create(job("b", ttlSecondsAfterFinished=1000))
    run_jobs()
    run_jobs()
    assert [left.name for left in cluster.list()] == ["b"]
    assert not cluster.files.logs("a").exists()


def test_gpus_are_dealt_out_and_hidden_from_jobs_that_asked_for_none(store, tmp_path, job):
    from ltk8s.cluster.local.cluster import LocalCluster
    from ltk8s.cluster.local.driver import drive
    from ltk8s.cluster.local.machine import Machine

    cluster = LocalCluster(tmp_path, "gpus", machine=Machine(cpus=4, memory=2**33, gpus=("0", "1")))
    show = "import os, time; print(os.environ['CUDA_VISIBLE_DEVICES']); time.sleep(.5)"
    for name in ("a", "b", "c"):
        made = job(name, show)
        if name != "c":
            made["spec"]["template"]["spec"]["containers"][0]["resources"]["limits"] = {"nvidia.com/gpu": "1"}
        cluster.create(made)
    drive(["run-1"], cluster, store, interval=0.01)
    assert sorted([*cluster.logs("a"), *cluster.logs("b")]) == ["0", "1"]
    assert list(cluster.logs("c")) == [""]
