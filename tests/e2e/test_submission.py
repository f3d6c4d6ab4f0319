"""A submission that is cut short anywhere is completed by the next; what is committed is not done again."""

import re
import signal
import socket
import threading
from contextlib import closing, suppress

import pytest
import yaml

from ltk8s.store.runs import read_runs
from tests.e2e.client import NEVER, TINY, Client, eventually, has_condition, is_complete, job_of, listed, pods_of

FAST = (*TINY, "--set", "train.steps=3")


class Guillotine:
    """A relay in front of ``kubectl proxy`` that kills the client at its n-th POST of a Job, before or after it went on."""

    def __init__(self, upstream, at, *, after):
        self.upstream, self.at, self.after = upstream, at, after
        self.posts, self.victim, self.lock = 0, None, threading.Lock()
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.ends = [self.listener]
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        while True:
            try:
                incoming, _ = self.listener.accept()
            except OSError:
                return
            outgoing = socket.create_connection(("127.0.0.1", self.upstream))
            self.ends += [incoming, outgoing]
            threading.Thread(target=self.pump, args=(incoming, outgoing, True), daemon=True).start()
            threading.Thread(target=self.pump, args=(outgoing, incoming, False), daemon=True).start()

    def pump(self, source, target, watched):
        try:
            while data := source.recv(2**16):
                if watched and self.falls(data) and not self.after:
                    self.kill()
                    break
                target.sendall(data)
                if not watched and self.posts >= self.at and self.after:
                    self.kill()
                    break
        except OSError:
            pass
        finally:
            for end in (source, target):
                with suppress(OSError):
                    end.shutdown(socket.SHUT_RDWR)

    def falls(self, data):
        if re.match(rb"POST /apis/batch/v1/namespaces/ltk8s/jobs", data):
            with self.lock:
                self.posts += 1
                return self.posts == self.at
        return False

    def kill(self):
        self.victim.send_signal(signal.SIGKILL)

    def close(self):
        for end in self.ends:
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()


@pytest.fixture(scope="module")
def proxy(cluster):
    """The port of a ``kubectl proxy``."""
    with cluster.proxy() as port:
        yield port


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("at", [1, 2, 3, 4])
def test_a_client_killed_at_its_nth_job_is_completed_by_the_next(cluster, client, proxy, glyphs, tmp_path, at, after):
    spec = ("stack-wl", "--ratio", "full", *TINY, *NEVER, "--set", f"train.steps={10 * at + after}")
    guillotine = Guillotine(proxy, at, after=after)
    config = tmp_path / "kubeconfig"
    config.write_text(yaml.safe_dump(plain_kubeconfig(guillotine.port)))
    with closing(guillotine):
        guillotine.victim = Client(config, tmp_path).start("submit", *spec)
        guillotine.victim.communicate(timeout=120)
    assert guillotine.victim.returncode == -signal.SIGKILL
    again = client.submit(*spec)
    jobs = {job["metadata"]["name"] for job in listed(cluster, "jobs", again.selector)}
    assert jobs == {*again.learners, again.fusion}
    assert set(again.outcomes.values()) <= {"created", "shared"}
    assert set(client.submit(*spec).outcomes.values()) == {"shared"}
    client.ok("cancel", again.run)


def plain_kubeconfig(port):
    return {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": "relay", "cluster": {"server": f"http://127.0.0.1:{port}"}}],
        "users": [{"name": "nobody", "user": {}}],
        "contexts": [{"name": "relay", "context": {"cluster": "relay", "user": "nobody"}}],
        "current-context": "relay",
    }


def test_one_post_for_each_job_and_no_write_on_submitting_again(cluster, client, glyphs):
    spec = ("stack-wl", "--ratio", "full", *TINY, *NEVER, "--set", "train.steps=77")
    before = cluster.requests("jobs")
    submitted = client.submit(*spec)
    between = cluster.requests("jobs")
    client.submit(*spec)
    after = cluster.requests("jobs")
    assert between["POST"] - before["POST"] == 4
    assert after["POST"] == between["POST"]
    assert after["PATCH"] == between["PATCH"]
    assert after["DELETE"] == between["DELETE"]
    client.ok("cancel", submitted.run)


def test_a_committed_learner_whose_job_is_gone_releases_the_fusion_and_is_not_run_again(cluster, client, glyphs):
    submitted = client.submit("stack-wl", "--ratio", "full", *FAST)
    first = eventually(lambda: next((id for id in submitted.learners if is_complete(cluster, id)), None), 300, "a learner")
    cluster.kubectl("delete", "job", "-n", "ltk8s", first)
    eventually(lambda: is_complete(cluster, submitted.fusion), 300, "the fusion's end")
    again = client.submit("stacking", "--ratio", "full", *FAST)  # on a balanced set, weights are none
    assert [again.outcomes[id] for id in again.learners] == ["done"] * 3
    assert again.learners == submitted.learners
    assert not pods_of(cluster, first)


def test_learners_whose_jobs_expire_release_the_fusion(cluster, client, glyphs):
    submitted = client.submit("stack-wl", "--ratio", "full", "--seed", "5", *FAST, LTK8S_TTL_SECONDS="1")
    eventually(lambda: client.json("status", submitted.run)["jobs"][-1]["phase"] == "done", 300, "the result", pause=2)
    eventually(lambda: not listed(cluster, "jobs", submitted.selector), 120, "the end of the Jobs' time")
    assert client.json("report", submitted.run)["rows"]


def test_a_bad_task_fails_at_once_and_after_the_fix_only_it_is_done_again(cluster, client, store, glyphs):
    from ltk8s.store.weights import find_weights

    key = f"weights/tf_efficientnet_lite1/{find_weights(store, 'tf_efficientnet_lite1').sha256}.safetensors"
    intact = store.get(key)
    spec = ("stack-wl", "--ratio", "full", "--seed", "6", *FAST)
    store.put(key, intact[:-1] + bytes([intact[-1] ^ 1]))
    try:
        submitted = client.submit(*spec)
        bad = next(id for id in submitted.learners if "lite1" in id)
        eventually(lambda: has_condition(job_of(cluster, bad), "Failed"), 300, "the learner's failure")
        others = [id for id in submitted.learners if id != bad]
        eventually(lambda: all(is_complete(cluster, id) for id in others), 300, "the other learners")
    finally:
        store.put(key, intact)
    assert len(pods_of(cluster, bad)) == 1  # no retry
    event = eventually(lambda: blocked_event(cluster, submitted.fusion), 120, "the Event")
    assert bad in event["message"]
    said = {reason["id"]: reason["why"] for reason in client.json("why", submitted.run)}
    assert bad in said[submitted.fusion]
    assert "tf_efficientnet_lite1" in said[bad]
    again = client.submit(*spec)
    assert again.outcomes == {bad: "retried", submitted.fusion: "shared"} | dict.fromkeys(others, "done")
    eventually(lambda: is_complete(cluster, submitted.fusion), 300, "the fusion's end")


def blocked_event(cluster, fusion):
    events = [event for event in listed(cluster, "events") if event["involvedObject"]["name"] == fusion]
    return next((event for event in events if event["reason"] == "PredecessorFailed"), None)


def test_two_clients_share_a_learner_and_cancelling_one_leaves_the_other(cluster, client, second_client, store, glyphs):
    shared_spec = ("--ratio", "full", *TINY, *NEVER, "--set", "train.steps=88")
    processes = [client.start("submit", "baseline", *shared_spec), second_client.start("submit", "stacking", *shared_spec)]
    for process in processes:
        out, err = process.communicate(timeout=120)
        assert process.returncode == 0, out + err
    one, other = client.submit("baseline", *shared_spec), second_client.submit("stacking", *shared_spec)
    (shared,) = one.learners
    assert shared in other.learners
    labels = job_of(cluster, shared)["metadata"]["labels"]
    assert {one.selector, other.selector} <= set(labels)

    client.ok("cancel", one.run)
    client.ok("delete", one.run)
    client.ok("gc", "--older-than", "0m", "--yes")
    left = {job["metadata"]["name"] for job in listed(cluster, "jobs", other.selector)}
    assert left == {*other.learners, other.fusion}
    assert one.selector not in job_of(cluster, shared)["metadata"]["labels"]
    assert other.run in {record.run for record in read_runs(store)}
    assert set(second_client.submit("stacking", *shared_spec).outcomes.values()) == {"shared"}
    second_client.ok("cancel", other.run)
