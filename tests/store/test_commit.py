"""What counts as done: on every store, with real processes that are killed and that race."""

import json
import subprocess
import sys

import pytest

from ltk8s.errors import Corrupt, StoreError, TaskError
from ltk8s.store import layout, open_store
from ltk8s.store.commit import (
    Artifact,
    Attempt,
    committed,
    lacking,
    read_artifact,
    read_result,
    read_results,
    set_aside,
    verify,
)

TASK = '{"arch":"net","kind":"learner"}'
ID = "net-0123456789"


def commit(store, id=ID, attempt=None, content=b"weights"):
    """One whole learner."""
    trying = Attempt(store, TASK, "learner", id, attempt)
    trying.put("checkpoint.safetensors", content)
    trying.put("curve.csv", b"step,loss\n1,0.5\n")
    return trying.commit({"correct": 7, "n": 10, "accuracy": 0.7, "tiny": 1e-05}, {"version": "1"})


def test_nothing_is_committed_before_the_commit(store):
    attempt = Attempt(store, TASK, "learner", ID)
    attempt.put("checkpoint.safetensors", b"weights")
    assert read_result(store, "learner", ID) is None
    assert committed(store, "learner", [ID]) == set()


def test_a_commit_is_read_as_it_was_made(store):
    result = commit(store)
    assert read_result(store, "learner", ID) == result
    assert result.metrics["correct"] == 7
    assert result.artifacts["checkpoint.safetensors"] == Artifact.of(b"weights")
    assert read_artifact(store, result, "checkpoint.safetensors") == b"weights"
    verify(store, result)


def test_the_task_is_kept_beside_the_result(store):
    commit(store)
    assert store.get(layout.task("learner", ID)) == TASK.encode()


def test_an_attempt_writes_under_a_key_of_its_own(store):
    one, other = (Attempt(store, TASK, "learner", ID) for _ in range(2))
    one.put("checkpoint.safetensors", b"one")
    other.put("checkpoint.safetensors", b"other")
    assert store.get(layout.attempt("learner", ID, one.attempt, "checkpoint.safetensors")) == b"one"
    assert store.get(layout.attempt("learner", ID, other.attempt, "checkpoint.safetensors")) == b"other"


def test_what_is_put_unlisted_is_not_in_the_commit(store):
    attempt = Attempt(store, TASK, "learner", ID, "a1")
    attempt.put_unlisted("failure.json", b"{}")
    assert attempt.commit({}, {}).artifacts == {}
    assert store.get(layout.attempt("learner", ID, "a1", "failure.json")) == b"{}"


def test_the_second_of_two_commits_gets_the_first_ones_result(store):
    first = commit(store, attempt="first")
    second = commit(store, attempt="second", content=b"others")
    assert second == first
    assert read_artifact(store, second, "checkpoint.safetensors") == b"weights"


def test_a_metric_that_is_no_number_is_committed_as_null(store):
    result = Attempt(store, TASK, "learner", ID).commit({"loss": float("nan")}, {})
    assert result.metrics == {"loss": None}
    assert read_result(store, "learner", ID) == result


def test_another_task_under_the_same_id_is_an_error(store):
    Attempt(store, TASK, "learner", ID)
    with pytest.raises(TaskError, match=rf"another task under the id '{ID}'\. Compare 'learners/{ID}/task.json'"):
        Attempt(store, '{"arch":"other","kind":"learner"}', "learner", ID)


def test_the_same_task_in_other_spelling_is_the_same(store):
    Attempt(store, TASK, "learner", ID)
    Attempt(store, json.dumps(json.loads(TASK), indent=2), "learner", ID)
    assert store.get(layout.task("learner", ID)) == TASK.encode()


def test_a_task_that_is_damaged_beyond_reading_is_written_anew(store):
    store.put(layout.task("learner", ID), TASK.encode()[:-1])
    Attempt(store, TASK, "learner", ID)
    assert store.get(layout.task("learner", ID)) == TASK.encode()


def flipped(data: bytes, at: int) -> bytes:
    """One bit differs."""
    return data[:at] + bytes([data[at] ^ 0x20]) + data[at + 1 :]


@pytest.mark.parametrize("name", ["checkpoint.safetensors", "curve.csv"])
def test_a_flipped_byte_in_an_artifact_is_noticed_and_named(store, name):
    result = commit(store)
    key = result.key(name)
    store.put(key, flipped(store.get(key), 3))
    with pytest.raises(Corrupt, match=rf"{name}' is corrupt: .*SHA-256 differs.*Submit again") as raised:
        verify(store, result)
    assert raised.value.key == key


def test_an_artifact_that_was_cut_is_noticed(store):
    result = commit(store)
    store.put(result.key("curve.csv"), b"step")
    with pytest.raises(Corrupt, match=r"curve.csv' is corrupt: it has 4 bytes instead of 16"):
        read_artifact(store, result, "curve.csv")


def test_an_artifact_that_is_gone_is_noticed(store):
    result = commit(store)
    store.delete(result.key("curve.csv"))
    with pytest.raises(Corrupt, match=r"curve.csv' is corrupt: .*not there"):
        verify(store, result)


def test_an_artifact_that_the_commit_does_not_name_cannot_be_read(store):
    with pytest.raises(Corrupt, match=r"names no artifact 'table\.csv'"):
        read_artifact(store, commit(store), "table.csv")


def test_a_flip_of_any_byte_of_the_result_is_noticed(tmp_path):
    store = open_store((tmp_path / "store").as_uri())
    commit(store)
    key = layout.result("learner", ID)
    whole = store.get(key)
    assert b"e-05" in whole  # whose E may be of either case in JSON
    for at in range(len(whole)):
        (tmp_path / "store" / key).write_bytes(flipped(whole, at))
        with pytest.raises(Corrupt, match=r"result.json' is corrupt"):
            read_result(store, "learner", ID)


def test_a_result_under_another_id_is_noticed(store):
    commit(store)
    store.put(layout.result("learner", "other-0123456789"), store.get(layout.result("learner", ID)))
    with pytest.raises(Corrupt, match=f"it is the result of '{ID}'"):
        read_result(store, "learner", "other-0123456789")


def test_a_result_of_a_later_version_is_not_called_corrupt(store):
    from ltk8s.store.commit import _canonical, _digest

    document = {**commit(store).model_dump(mode="json"), "later": 1}
    store.put(layout.result("learner", ID), _canonical({**document, "digest": _digest(document)}))
    with pytest.raises(StoreError, match="written by a version of ltk8s that this one cannot read") as raised:
        read_result(store, "learner", ID)
    assert not isinstance(raised.value, Corrupt)


def test_a_listing_shows_which_commits_lack_something(store):
    commit(store, "whole-1")
    missing, cut = commit(store, "missing-1"), commit(store, "cut-1")
    store.delete(missing.key("curve.csv"))
    store.put(cut.key("checkpoint.safetensors"), b"weigh")
    commit(store, "no-result-1")
    store.put(layout.result("learner", "no-result-1"), b"{}")
    found = lacking(store, "learner", ["whole-1", "missing-1", "cut-1", "no-result-1", "not-committed-1"])
    assert "digest differs" in found.pop("no-result-1")
    assert found == {
        "missing-1": "Its curve.csv is not in the store, or not whole.",
        "cut-1": "Its checkpoint.safetensors is not in the store, or not whole.",
    }
    assert lacking(store, "learner", []) == {}


def test_a_result_set_aside_counts_as_not_committed_and_can_be_made_anew(store):
    commit(store, attempt="bad")
    set_aside(store, "learner", ID, "a flipped byte")
    assert committed(store, "learner", [ID]) == set()
    kept = json.loads(store.get(layout.bad_result("learner", ID)))
    assert kept["why"] == "a flipped byte"
    assert json.loads(kept["result"])["attempt"] == "bad"
    assert commit(store, attempt="good").attempt == "good"


def test_a_result_that_is_no_json_can_be_set_aside(store):
    store.put(layout.result("learner", ID), b"\xff\x00")
    set_aside(store, "learner", ID, "unreadable")
    assert read_result(store, "learner", ID) is None


def test_setting_aside_what_is_not_there_does_nothing(store):
    set_aside(store, "learner", ID, "why")
    assert not store.exists(layout.bad_result("learner", ID))


def test_setting_aside_one_attempt_spares_the_result_of_another(store):
    commit(store, attempt="good")
    set_aside(store, "learner", ID, "a flipped byte", attempt="bad")
    assert read_result(store, "learner", ID).attempt == "good"
    set_aside(store, "learner", ID, "a flipped byte", attempt="good")
    assert read_result(store, "learner", ID) is None


def test_committed_is_one_listing_however_many_are_asked_for(counting):
    for n in range(5):
        commit(counting, f"net-{n}")
    counting.calls.clear()
    assert committed(counting, "learner", [f"net-{n}" for n in range(3, 200)]) == {"net-3", "net-4"}
    assert counting.calls == {"list": 1}


def test_committed_keeps_learners_and_fusions_apart(store):
    commit(store)
    assert committed(store, "fusion", [ID]) == set()


def test_results_are_read_together(store):
    results = {id: commit(store, id) for id in ("net-1", "net-2")}
    assert read_results(store, "learner", ["net-1", "net-2", "net-3"]) == results


KILLED = f"""
import sys
from ltk8s.store import open_store
from ltk8s.store.commit import Attempt
attempt = Attempt(open_store(sys.argv[1]), {TASK!r}, "learner", {ID!r}, "killed")
attempt.put("checkpoint.safetensors", bytes(256 * 2**20))
attempt.commit({{}}, {{}})
"""


def test_a_process_killed_in_the_middle_of_an_upload_leaves_no_result(address, store, minio, tmp_path):
    on_files = address.startswith("file")
    parts = tmp_path / "store/.parts" if on_files else minio.directory / "objects/.minio.sys/multipart"
    before = set(parts.rglob("*"))
    process = subprocess.Popen([sys.executable, "-c", KILLED, address])
    while set(parts.rglob("*")) <= before:
        assert process.poll() is None
    process.kill()
    process.wait()
    assert not store.exists(layout.attempt("learner", ID, "killed", "checkpoint.safetensors"))
    assert read_result(store, "learner", ID) is None
    assert committed(store, "learner", [ID]) == set()
    assert commit(store, attempt="again").attempt == "again"


RACER = f"""
import sys
from ltk8s.store import open_store
from ltk8s.store.commit import Attempt
store, name = open_store(sys.argv[1]), sys.argv[2]
attempt = Attempt(store, {TASK!r}, "learner", {ID!r}, name)
attempt.put("checkpoint.safetensors", name.encode() * 1000)
print("ready", flush=True)
sys.stdin.readline()
print(attempt.commit({{"by": name}}, {{}}).attempt)
"""


def test_two_processes_on_one_learner_leave_one_whole_result(address, store):
    racers = [
        subprocess.Popen([sys.executable, "-c", RACER, address, name], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        for name in ("left", "right")
    ]
    assert [racer.stdout.readline() for racer in racers] == ["ready\n", "ready\n"]
    winners = {answer.strip() for answer, _ in [racer.communicate("go\n") for racer in racers]}
    result = read_result(store, "learner", ID)
    assert winners == {result.attempt} == {result.metrics["by"]}
    assert read_artifact(store, result, "checkpoint.safetensors") == result.attempt.encode() * 1000
