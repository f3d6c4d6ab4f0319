"""The Cluster protocol on files: what any cluster must do, and several processes at once."""

import json
from concurrent.futures import ThreadPoolExecutor

import pytest

from ltk8s.cluster.base import AlreadyExists
from ltk8s.cluster.local import status
from ltk8s.cluster.local.cluster import LocalCluster
from ltk8s.cluster.local.locks import RunLock
from ltk8s.errors import ClusterError, UsageError


def test_a_new_job_gets_what_a_server_would_give_it(cluster, job):
    made = cluster.create(job("a"))
    assert made.uid
    assert made.version == "1"
    assert made.created.tzinfo
    assert cluster.get("a") == made


def test_a_second_job_of_that_name_is_refused(cluster, job):
    cluster.create(job("a"))
    with pytest.raises(AlreadyExists):
        cluster.create(job("a"))


def test_a_dry_run_checks_and_creates_nothing(cluster, job):
    cluster.create(job("a"), dry_run=True)
    assert cluster.list() == []
    with pytest.raises(UsageError, match="needs 64 CPUs"):
        cluster.create(job("b", cpu="64"), dry_run=True)


def test_jobs_are_listed_in_order_of_creation(cluster, job):
    for name in ("b", "a", "c"):
        cluster.create(job(name))
    assert [each.name for each in cluster.list()] == ["b", "a", "c"]


def test_another_process_sees_the_same_jobs(cluster, job, tmp_path):
    cluster.create(job("a"))
    assert LocalCluster(tmp_path, "test").list() == cluster.list()


def test_namespaces_are_apart(cluster, job, tmp_path):
    cluster.create(job("a"))
    assert LocalCluster(tmp_path, "other").list() == []


def test_a_namespace_that_kubernetes_would_refuse_is_refused(tmp_path):
    with pytest.raises(UsageError, match="is no namespace"):
        LocalCluster(tmp_path, "../other")


def test_there_is_no_job_where_none_was_created(cluster):
    assert cluster.get("a") is None
    assert cluster.label("a", {"x": ""}) is None
    assert cluster.patch("a", []) is None
    assert cluster.delete("a", uid="1") is True


def test_labels_are_set_and_removed_and_others_kept(cluster, job):
    cluster.create(job("a"))
    cluster.label("a", {"x": "1", "y": "2"})
    after = cluster.label("a", {"x": None})
    assert "x" not in after.labels
    assert after.labels["y"] == "2"
    assert after.runs == {"run-1"}


def test_labels_that_many_clients_set_at_once_are_all_there(cluster, job):
    cluster.create(job("a"))
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda i: cluster.label("a", {f"run.ltk8s.io/r{i}": ""}), range(40)))
    assert cluster.get("a").runs == {"run-1", *(f"r{i}" for i in range(40))}


def test_a_change_gives_another_resource_version(cluster, job):
    before = cluster.create(job("a"))
    assert cluster.label("a", {"x": ""}).version != before.version


def test_a_patch_applies_whole_or_not_at_all(cluster, job):
    cluster.create(job("a"))
    replace = {"op": "replace", "path": "/spec/backoffLimit", "value": 9}
    failing = {"op": "test", "path": "/spec/backoffLimit", "value": 5}
    assert cluster.patch("a", [replace, failing]) is None
    assert cluster.get("a").spec["backoffLimit"] == 2
    assert cluster.patch("a", [replace]).spec["backoffLimit"] == 9


def test_only_the_job_that_was_seen_is_deleted(cluster, job):
    seen = cluster.create(job("a"))
    cluster.label("a", {"x": ""})
    assert cluster.delete("a", uid="another") is False
    assert cluster.delete("a", uid=seen.uid, version=seen.version) is False
    assert cluster.delete("a", uid=seen.uid) is True
    assert cluster.get("a") is None


def test_a_job_whose_driver_and_process_are_gone_is_waiting(cluster, job):
    made = cluster.create(job("a")).object
    cluster.files.write({**made, "status": {"active": 1, "ready": 1}})
    assert cluster.get("a").phase == cluster.list()[0].phase == "pending"
    lock = RunLock.acquire(cluster.files.lock("a"))
    assert cluster.get("a").phase == "running"
    lock.close()


def test_a_file_that_is_no_job_is_named(cluster, job):
    cluster.create(job("a"))
    (cluster.files.root / "jobs" / "a.json").write_text("{")
    with pytest.raises(ClusterError, match=r"jobs/a\.json is no Job"):
        LocalCluster.list(cluster)


def test_files_hold_the_object_that_kubernetes_would_hold(cluster, job):
    cluster.create(job("a"))
    held = json.loads((cluster.files.root / "jobs" / "a.json").read_text())
    assert (held["apiVersion"], held["kind"], held["spec"]) == ("batch/v1", "Job", job("a")["spec"])


def test_without_a_log_it_says_so(cluster, job):
    cluster.create(job("a"))
    with pytest.raises(ClusterError, match="'a' has no log"):
        cluster.logs("a")


def test_following_a_log_gives_each_line_when_it_comes_and_ends_with_the_process(cluster, job, in_background, wait_until, says):
    code = (
        "import time\n"
        "print('ready', flush=True)\n"
        "time.sleep(0.5)\n"
        "print('half', end='', flush=True)\n"
        "time.sleep(0.3)\n"
        "print(' whole')\n"
    )
    cluster.create(job("a", code))
    in_background()
    wait_until(lambda: says("a"))
    lines = cluster.logs("a", follow=True)
    assert next(lines) == "ready"
    assert list(lines) == ["half whole"]


def test_a_driver_is_known_while_it_drives(cluster, job, in_background, until_sigterm, wait_until):
    cluster.create(job("a", until_sigterm))
    assert not cluster.driven(["run-1"])
    thread, stop = in_background()
    wait_until(lambda: cluster.driven(["run-1"]))
    assert not cluster.driven(["run-2"])
    stop.set()
    thread.join(30)
    assert not cluster.driven(["run-1"])


def test_the_deadline_of_a_job_whose_driver_and_process_were_killed_starts_anew(cluster, job):
    made = cluster.create(job("a"))
    with cluster.files.changing():
        cluster.files.write(status.started(made.object))
    assert "startTime" in cluster.files.read("a")["status"]
    assert "startTime" not in cluster.get("a").status
