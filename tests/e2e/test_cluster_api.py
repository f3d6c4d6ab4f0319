"""The Cluster protocol and the watch against a real API server, and in the end with pods."""

from __future__ import annotations

import json
import secrets
import time
import urllib.request
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import yaml

from ltk8s.cluster import names
from ltk8s.cluster.base import AlreadyExists
from ltk8s.cluster.job import Job
from ltk8s.cluster.kubernetes.api import ApiError
from ltk8s.cluster.kubernetes.cluster import KubernetesCluster
from ltk8s.cluster.kubernetes.slim import slim_job
from ltk8s.cluster.kubernetes.watching import Watch
from ltk8s.cluster.wait import wait
from ltk8s.errors import ClusterError, NoCredential, StoreAway, UsageError
from ltk8s.store import open_store
from ltk8s.store.commit import Attempt
from tests.e2e import client

STORE = "s3://of-the-test"


@pytest.fixture
def namespace(cluster: Any) -> Iterator[str]:
    """A namespace of the test's own."""
    name = f"test-{secrets.token_hex(4)}"
    cluster.kubectl("create", "namespace", name)
    yield name
    cluster.kubectl("delete", "namespace", name, "--wait=false")


@pytest.fixture
def opened(cluster: Any, namespace: str, monkeypatch: pytest.MonkeyPatch) -> KubernetesCluster:
    """The cluster as an administrator's client has it."""
    monkeypatch.setenv("KUBECONFIG", str(cluster.kubeconfig))
    context = yaml.safe_load(Path(cluster.kubeconfig).read_text())["current-context"]
    return KubernetesCluster(context, namespace)


@pytest.fixture
def job(namespace: str) -> Callable[..., dict[str, Any]]:
    """A learner's Job that nothing runs: it is suspended."""

    def build(name: str, *, labels: dict[str, str] | None = None, store: str = STORE, **spec: Any) -> dict[str, Any]:
        container = {"name": names.WORKER, "image": "none", "command": ["true"]}
        return {
            "apiVersion": "batch/v1",
            "kind": "Job",
            "metadata": {
                "name": name,
                "namespace": namespace,
                "labels": {names.MANAGED_BY: names.MANAGER, names.run_label("run-1"): "", **(labels or {})},
                "annotations": {names.STORE: store},
            },
            "spec": {
                "suspend": True,
                "backoffLimit": 2,
                "template": {"spec": {"restartPolicy": "Never", "containers": [container]}},
                **spec,
            },
        }

    return build


@pytest.fixture
def held(job: Callable[..., dict[str, Any]]) -> Callable[..., dict[str, Any]]:
    """A fusion's Job, held until ``after`` is committed."""

    def build(name: str, after: list[str], **options: Any) -> dict[str, Any]:
        made = job(name, labels={names.KIND: "fusion", names.HELD: "true"}, **options)
        made["metadata"]["annotations"][names.AFTER] = ",".join(after)
        return made

    return build


RELEASE = [
    {"op": "test", "path": "/metadata/labels/ltk8s.io~1held", "value": "true"},
    {"op": "remove", "path": "/metadata/labels/ltk8s.io~1held"},
    {"op": "replace", "path": "/spec/suspend", "value": False},
]


eventually = partial(client.eventually, seconds=180, what="what was waited for", pause=0.05)
"""The cluster's own parts may need a minute to go on after the API server was away."""


class TestJobs:
    def test_a_job_is_created_once_and_found(self, opened, job):
        created = opened.create(job("a"))
        assert (created.name, created.phase, created.runs) == ("a", "suspended", {"run-1"})
        assert opened.get("a").uid == created.uid == opened.list()[0].uid
        with pytest.raises(AlreadyExists):
            opened.create(job("a"))

    def test_one_whose_labels_a_person_removed_is_found_by_its_store(self, cluster, opened, job):
        other = job("other")
        del other["metadata"]["annotations"], other["metadata"]["labels"]
        cluster.apply_objects(other)
        opened.create(job("a"))
        with opened.watching() as view:
            assert [each.name for each in view.list()] == ["a"]
            cluster.kubectl("patch", "job", "a", f"--namespace={opened.namespace}", "-p", '{"metadata": {"labels": null}}')
            eventually(lambda: view.list() and not view.list()[0].labels.get(names.MANAGED_BY))
            assert [each.name for each in opened.list()] == ["a"]

    def test_a_dry_run_creates_nothing(self, opened, job):
        assert opened.create(job("a"), dry_run=True).name == "a"
        assert opened.get("a") is None

    def test_a_field_that_does_not_exist_is_refused(self, opened, job):
        made = job("a")
        made["spec"]["template"]["spec"]["nodeSelektor"] = {"gpu": "yes"}
        with pytest.raises(ApiError, match="nodeSelektor"):
            opened.create(made, dry_run=True)

    def test_jobs_of_others_are_not_listed(self, opened, job):
        made = job("a")
        del made["metadata"]["labels"][names.MANAGED_BY], made["metadata"]["annotations"][names.STORE]
        opened.create(made)
        assert opened.list() == []

    def test_labels_are_merged(self, opened, job):
        opened.create(job("a"))
        assert opened.label("a", {names.run_label("run-2"): ""}).runs == {"run-1", "run-2"}
        assert opened.label("a", {names.run_label("run-1"): None}).runs == {"run-2"}
        assert opened.label("none", {"a": "b"}) is None

    def test_two_clients_label_at_once_and_both_labels_stay(self, opened, job):
        opened.create(job("a"))
        with ThreadPoolExecutor(16) as pool:
            list(pool.map(lambda i: opened.label("a", {names.run_label(f"run-{i}"): ""}), range(16)))
        assert opened.get("a").runs == {f"run-{i}" for i in range(16)}

    def test_a_release_happens_once(self, opened, held):
        opened.create(held("f", ["a"]))
        with ThreadPoolExecutor(8) as pool:
            released = [job for job in pool.map(lambda _: opened.patch("f", RELEASE), range(8)) if job]
        assert [job.phase for job in released] == ["pending"]
        assert opened.patch("none", RELEASE) is None

    def test_a_patch_that_makes_no_job_is_an_error(self, opened, job):
        opened.create(job("a"))
        with pytest.raises(ApiError, match="backoffLimit"):
            opened.patch("a", [{"op": "replace", "path": "/spec/backoffLimit", "value": -1}])

    def test_deleting_returns_when_the_job_is_gone(self, opened, job):
        created = opened.create(job("a"))
        eventually(lambda: opened.get("a").condition("Suspended"))  # the last that the Job controller writes
        assert opened.delete("a", uid=created.uid, version=opened.get("a").version)
        assert opened.get("a") is None
        assert opened.delete("a", uid=created.uid)

    def test_another_job_or_another_version_stays(self, opened, job):
        created = opened.create(job("a"))
        opened.label("a", {names.run_label("run-2"): ""})
        assert not opened.delete("a", uid="00000000-0000-0000-0000-000000000000")
        assert not opened.delete("a", uid=created.uid, version=created.version)
        assert not opened.get("a").deleting


class TestBeforeAnythingIsCreated:
    def test_a_namespace_that_is_not_there(self, opened, job):
        absent = KubernetesCluster(opened.name, "not-there")
        with pytest.raises(UsageError, match="no namespace 'not-there'"):
            absent.check([job("a")])

    def test_nothing_is_asked_for_no_job(self, opened):
        KubernetesCluster(opened.name, "not-there").check([])

    def test_a_queue_without_kueue(self, cluster, opened, job):
        if "kueue" in cluster.kubectl("api-versions"):
            pytest.skip("Kueue is installed")
        with pytest.raises(UsageError, match="Kueue is not installed"):
            opened.check([job("a", labels={names.KUEUE_QUEUE: "gpus"})])

    def test_a_missing_right_names_the_role(self, cluster, opened, tmp_path, monkeypatch):
        cluster.kubectl("create", "serviceaccount", "nobody", f"--namespace={opened.namespace}")
        token = cluster.kubectl("create", "token", "nobody", f"--namespace={opened.namespace}").strip()
        config = json.loads(cluster.kubectl("config", "view", "--raw", "--flatten", "--minify", "--output=json"))
        config["users"][0]["user"] = {"token": token}
        (tmp_path / "kubeconfig").write_text(json.dumps(config))
        monkeypatch.setenv("KUBECONFIG", str(tmp_path / "kubeconfig"))
        nobody = KubernetesCluster(opened.name, opened.namespace)
        with pytest.raises(ApiError, match="You may not list jobs in namespace") as refused:
            nobody.list()
        assert f"--role=ltk8s-user --serviceaccount={opened.namespace}:nobody" in refused.value.do
        assert nobody.site() == {}
        assert "You may not get leases" in nobody.unattended(STORE)

    def test_a_namespace_that_is_not_there_has_no_settings_to_be_taken_for_none(self, opened):
        with pytest.raises(UsageError, match="no namespace 'not-there'"):
            KubernetesCluster(opened.name, "not-there").site()

    def test_a_namespace_that_is_being_deleted(self, cluster, opened, job):
        where = f"--namespace={opened.namespace}"
        opened.create(job("a", backoffLimit=0))
        cluster.kubectl("patch", "job", "a", where, "--type=merge", "-p", '{"metadata": {"finalizers": ["test/keep"]}}')
        cluster.kubectl("delete", "namespace", opened.namespace, "--wait=false")
        try:
            for do in (opened.site, lambda: opened.check([job("b")]), lambda: opened.create(job("b"))):
                with pytest.raises((UsageError, ClusterError), match="is being deleted"):
                    do()
        finally:
            cluster.kubectl("patch", "job", "a", where, "--type=merge", "-p", '{"metadata": {"finalizers": null}}')

    def test_no_node_with_a_gpu(self, cluster, opened, job):
        if not cluster.ours:
            pytest.skip("which nodes someone else's cluster has is not known")
        asking = job("a")
        asking["spec"]["template"]["spec"]["containers"][0]["resources"] = {"limits": {"nvidia.com/gpu": 1}}
        assert opened.doubt([job("b")]) == ""
        assert "nvidia.com/gpu, for which 1 of 2 Jobs ask" in opened.doubt([asking, job("b")])


class TestWhatAnInstallationKeeps:
    def test_settings_and_credentials(self, cluster, opened):
        where = f"--namespace={opened.namespace}"
        assert opened.site() == {}
        cluster.kubectl("create", "configmap", "ltk8s", where, "--from-literal=LTK8S_STORE__URL=s3://ltk8s")
        cluster.kubectl("create", "secret", "generic", "ltk8s-store", where, "--from-literal=AWS_ACCESS_KEY_ID=key")
        assert opened.site() == {"LTK8S_STORE__URL": "s3://ltk8s"}
        assert opened.credentials("ltk8s-store") == {"AWS_ACCESS_KEY_ID": "key"}
        with pytest.raises(NoCredential, match="no Secret 'another'"):
            opened.credentials("another")

    def test_a_heartbeat(self, opened):
        path = f"/apis/coordination.k8s.io/v1/namespaces/{opened.namespace}/leases"
        assert "No ltk8s controller runs" in opened.unattended(STORE)
        metadata = {"name": "ltk8s-controller", "annotations": {names.STORE: STORE}}
        opened.api.post(path, {"metadata": metadata, "spec": {"renewTime": f"{opened.api.now():%Y-%m-%dT%H:%M:%S.%fZ}"}})
        assert opened.unattended(STORE) == ""
        assert f"releases fusions of {STORE}, not of s3://another" in opened.unattended("s3://another")
        told = {"metadata": {"annotations": {names.TROUBLE: "The store refuses it."}}}
        opened.api.patch(f"{path}/ltk8s-controller", told, kind="merge")
        assert "releases nothing. Its last word: The store refuses it." in opened.unattended(STORE)
        opened.api.patch(f"{path}/ltk8s-controller", {"spec": {"renewTime": "2020-01-01T00:00:00.000000Z"}}, kind="merge")
        assert "has not been heard of for" in opened.unattended(STORE)
        assert "The store refuses it." in opened.unattended(STORE)

    def test_a_store_that_no_pod_serves(self, cluster, opened):
        endpoint = f"http://minio.{opened.namespace}.svc:9000"
        with pytest.raises(StoreAway, match="no Service 'minio'"):
            opened.reach(endpoint)
        cluster.kubectl("create", "service", "clusterip", "minio", f"--namespace={opened.namespace}", "--tcp=9000:9000")
        with pytest.raises(StoreAway, match="No pod of the Service 'minio'"):
            opened.reach(endpoint)
        assert opened.reach("https://s3.example.com") == "https://s3.example.com"


class TestWatching:
    def test_a_change_ends_the_waiting(self, opened, job):
        opened.create(job("a"))
        with opened.watching() as jobs:
            eventually(lambda: not jobs.wait(0.5))
            opened.create(job("b"))
            assert jobs.wait(60)
            eventually(lambda: [each.name for each in jobs.list()] == ["a", "b"])
            opened.delete("a", uid=opened.get("a").uid)
            eventually(lambda: [each.name for each in jobs.list()] == ["b"])
            assert jobs.trouble == ""

    def test_more_jobs_than_one_page(self, opened, job):
        with ThreadPoolExecutor(8) as pool:
            list(pool.map(lambda i: opened.create(job(f"j{i}")), range(25)))
        watch = Watch(opened.api, opened._jobs, label_selector=names.SELECTOR, slim=slim_job, limit=10)
        watch.start()
        try:
            assert watch.synced.wait(60)
            assert {Job(each).name for each in watch.objects()} == {f"j{i}" for i in range(25)}
        finally:
            watch.close()

    def test_a_resource_version_that_is_too_old_tells_what_has_changed(self, opened, job):
        events: list[tuple[str, str]] = []
        opened.create(job("a"))
        gone = opened.create(job("b"))
        watch = Watch(opened.api, opened._jobs, on_event=lambda kind, each: events.append((kind, each["metadata"]["name"])))
        watch._list()
        assert sorted(events) == [("ADDED", "a"), ("ADDED", "b")]
        opened.label("a", {names.run_label("run-2"): ""})
        opened.delete("b", uid=gone.uid)
        opened.create(job("c"))
        events.clear()
        watch._seen = "1"  # which the API server has long forgotten
        watch.start()
        try:
            eventually(lambda: {("ADDED", "c"), ("DELETED", "b"), ("MODIFIED", "a")} <= set(events))
        finally:
            watch.close()

    def test_a_fusion_is_released_when_its_learner_is_committed(self, opened, held, tmp_path):
        store = open_store(tmp_path.as_uri())
        opened.create(held("f", ["a"], store=store.url))
        attempt = Attempt(store, '{"made": "for a test"}', "learner", "a")
        attempt.put("log.txt", b"done")
        attempt.commit({"accuracy": 0.5}, {})
        seen: list[str] = []

        def suspend_again() -> None:
            """Nothing runs the Job here: end the waiting."""
            if "pending" in seen:
                opened.patch("f", [{"op": "replace", "path": "/spec/suspend", "value": True}])

        assert wait(["run-1"], opened, store, on_change=lambda each: seen.append(each.phase), on_tick=suspend_again)
        assert "pending" in seen

    def test_it_goes_on_after_the_api_server_was_away(self, cluster, opened, job):
        opened.create(job("a"))
        with opened.watching() as jobs:
            cluster.stop("apiserver")
            try:
                eventually(lambda: jobs.trouble)
                assert "does not answer" in jobs.trouble
                assert [each.name for each in jobs.list()] == ["a"]
                time.sleep(10)
            finally:
                cluster.start("apiserver")
            eventually(lambda: not jobs.trouble)
            opened.create(job("b"))
            eventually(lambda: [each.name for each in jobs.list()] == ["a", "b"])


class TestPods:
    @pytest.fixture
    def working(self, cluster: Any, job: Callable[..., dict[str, Any]]) -> Callable[..., dict[str, Any]]:
        """A Job whose worker runs a line of Python."""

        def build(name: str, code: str) -> dict[str, Any]:
            made = job(name, suspend=False)
            made["spec"]["template"]["spec"]["terminationGracePeriodSeconds"] = 5
            worker = made["spec"]["template"]["spec"]["containers"][0]
            worker |= {"image": cluster.images["controller"], "command": ["python", "-uc", code]}
            return made

        return build

    def test_a_log_is_followed_from_before_the_container_starts(self, opened, working):
        opened.create(working("a", "import time; print('one'); time.sleep(2); print('two')"))
        eventually(lambda: _has_pod(opened, "a"))
        assert list(opened.logs("a", follow=True)) == ["one", "two"]
        assert list(opened.logs("a")) == ["one", "two"]

    def test_where_there_is_no_pod_there_is_no_log(self, opened, job):
        opened.create(job("a"))
        with pytest.raises(ClusterError, match="has no pod now"):
            next(iter(opened.logs("a")))

    def test_deleting_waits_for_the_pod(self, opened, working):
        created = opened.create(working("a", "import time; time.sleep(600)"))
        eventually(lambda: opened.get("a").phase == "running", seconds=120)
        assert opened.delete("a", uid=created.uid)
        assert not _has_pod(opened, "a")

    def test_a_forwarded_port_leads_to_whichever_pod_is_ready(self, cluster, opened):
        where = f"--namespace={opened.namespace}"
        ports = [{"name": "http", "port": 9000, "targetPort": "web"}]
        cluster.kubectl("apply", where, "--filename=-", input=json.dumps(_service("minio", ports)))
        _serve(cluster, "first", where)
        address = opened.reach(f"http://minio.{opened.namespace}.svc:9000")
        assert opened.reach(f"http://minio.{opened.namespace}.svc:9000") == address
        with ThreadPoolExecutor(8) as pool:
            assert set(pool.map(lambda _: _read(address), range(40))) == {"first"}
        cluster.kubectl("delete", "pod", "first", where, "--grace-period=1")
        with pytest.raises(OSError):  # noqa: PT011
            _read(address)
        _serve(cluster, "second", where)
        assert _read(address) == "second"


def _has_pod(opened: KubernetesCluster, job: str) -> bool:
    path = f"/api/v1/namespaces/{opened.namespace}/pods"
    return bool(opened.api.get(path, labelSelector=f"batch.kubernetes.io/job-name={job}")["items"])


def _service(name: str, ports: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": name},
        "spec": {"selector": {"app": name}, "ports": ports},
    }


def _serve(cluster: Any, name: str, where: str) -> None:
    """Run a pod of the Service that answers with its own name, and wait until it is ready."""
    container = {
        "name": "web",
        "image": cluster.images["controller"],
        "command": ["sh", "-c", f"cd $(mktemp -d) && echo {name} > name && exec python -m http.server 8080"],
        "ports": [{"name": "web", "containerPort": 8080}],
        "readinessProbe": {"tcpSocket": {"port": "web"}, "periodSeconds": 1},
    }
    pod = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name, "labels": {"app": "minio"}},
        "spec": {"containers": [container]},
    }
    cluster.kubectl("apply", where, "--filename=-", input=json.dumps(pod))
    cluster.kubectl("wait", where, "--for=condition=Ready", f"pod/{name}", "--timeout=120s")


def _read(address: str) -> str:
    with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(f"{address}/name", timeout=20) as answer:
        return str(answer.read().decode().strip())
