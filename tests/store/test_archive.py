"""A study's evidence as a file: out of one store of each kind, into another."""

import io
import tarfile

import numpy as np
import pytest
from safetensors.numpy import save

from ltk8s.errors import Corrupt, UsageError
from ltk8s.store import answers, layout, open_store
from ltk8s.store.archive import pack, unpack
from ltk8s.store.commit import Attempt, read_artifact, read_result
from ltk8s.store.runs import Member, RunRecord, find_run, read_runs, write_run
from ltk8s.store.studies import StudyRecord, read_studies, write_study

LOGITS = np.array([[3, 0], [0, 2], [1, 1]], dtype=np.float32)
NUMBERS = np.array([0, 1, 1])
STUDY = StudyRecord(name="study", profile="cpu", dataset="tiny", fingerprint="0" * 16, cells=(), created="2026-01-01")


def make_run(store, name, *, learner="a", done=True):
    """A run of one learner; ``done``: with the learner's and the fusion's commits and all that they name."""
    record = RunRecord(
        run=name,
        experiment=name.partition("-")[0],
        title="A run",
        profile="cpu",
        dataset="tiny",
        fingerprint="0" * 16,
        ratio=0.02,
        seed=0,
        split_seed=0,
        members=(Member(id=f"learner-{learner}", arch="tf_efficientnet_lite0", seed=0),),
        fusion=f"fusion-{name}",
        train_counts=(4, 2),
        spec={},
        image="ltk8s/worker:latest",
        version="0.1.0",
        created="2026-01-01T00:00:00+00:00",
    )
    write_run(store, record)
    if done:
        commit_learner(store, f"learner-{learner}")
        fusion = Attempt(store, "{}", "fusion", record.fusion)
        fusion.put(layout.PREDICTIONS, b"logits")
        fusion.put(layout.ANSWERS, answers.Answers.of(LOGITS, NUMBERS, NUMBERS).encode())
        fusion.put("table.md", b"| a table |")
        fusion.commit({"correct": 2}, {"device": "cpu"})
    return record


def commit_learner(store, id, log=b"trained"):
    learner = Attempt(store, '{"seed": 0}', "learner", id)
    for name, data in {"checkpoint.safetensors": b"network", layout.PREDICTIONS: b"logits", "log.txt": log}.items():
        learner.put(name, data)
    learner.commit({}, {})


@pytest.fixture
def other(tmp_path):
    return open_store((tmp_path / "other").as_uri())


@pytest.fixture
def file(tmp_path):
    return tmp_path / "evidence.tar.xz"


def test_what_a_report_and_a_trace_read_comes_along(store, other, file):
    record = make_run(store, "baseline-1")
    write_study(store, STUDY)
    objects = pack(store, file, [record], ["study"])
    assert unpack(other, file) == (objects, objects)
    assert read_runs(other) == [record]
    assert read_studies(other) == [STUDY]
    for kind, id, artifacts in [
        ("learner", "learner-a", ["log.txt"]),
        ("fusion", record.fusion, [layout.ANSWERS, "table.md"]),
    ]:
        result = read_result(other, kind, id)
        assert result == read_result(store, kind, id)
        assert [read_artifact(other, result, name) for name in artifacts] == [
            read_artifact(store, result, name) for name in artifacts
        ]
        assert other.get(layout.task(kind, id)) == store.get(layout.task(kind, id))
    assert answers.read_answers(other, result).correct.tolist() == [True, True, False]


def test_networks_and_logits_stay_behind(store, other, file):
    pack(store, file, [make_run(store, "baseline-1")])
    unpack(other, file)
    assert not [each.key for each in other.list("") if each.key.endswith(("checkpoint.safetensors", "predictions.safetensors"))]


def test_a_fusion_of_before_there_were_answers_keeps_its_predictions(store, other, file):
    record = make_run(store, "baseline-1", done=False)
    fusion = Attempt(store, "{}", "fusion", record.fusion)
    fusion.put(layout.PREDICTIONS, save({"logits": LOGITS, "labels": NUMBERS, "keys": NUMBERS}))
    fusion.commit({}, {})
    pack(store, file, [record])
    unpack(other, file)
    found = answers.read_answers(other, read_result(other, "fusion", record.fusion))
    assert found.predicted.tolist() == [0, 1, 0]
    assert found.confidence == pytest.approx([1 / (1 + np.exp(-3)), 1 / (1 + np.exp(-2)), 0.5])


def test_equal_evidence_is_an_equal_file(store, other, tmp_path):
    record = make_run(store, "baseline-1")
    first, second = tmp_path / "first.tar.xz", tmp_path / "second.tar.xz"
    pack(store, first, [record])
    unpack(other, first)
    pack(other, second, read_runs(other))
    assert first.read_bytes() == second.read_bytes()


def test_only_the_runs_asked_for_and_no_learner_of_one_that_is_not_finished(store, other, file):
    make_run(store, "baseline-1")
    unfinished = make_run(store, "stack-1", learner="b", done=False)
    commit_learner(store, "learner-b")
    pack(store, file, [unfinished])
    assert unpack(other, file) == (1, 1)
    assert [record.run for record in read_runs(other)] == ["stack-1"]
    assert read_result(other, "learner", "learner-b") is None


def test_what_is_there_already_stays(store, other, file):
    pack(store, file, [make_run(store, "baseline-1")])
    commit_learner(other, "learner-a", log=b"trained here")
    own = read_result(other, "learner", "learner-a")
    unpack(other, file)
    assert read_result(other, "learner", "learner-a") == own
    assert {each.key.split("/")[3] for each in other.list("learners/learner-a/attempts/")} == {own.attempt}
    assert find_run(other, "baseline").fusion == "fusion-baseline-1"
    assert unpack(other, file)[0] == 0


def test_a_bad_artifact_is_not_exported(store, file):
    record = make_run(store, "baseline-1")
    store.put(read_result(store, "learner", "learner-a").key("log.txt"), b"changed")
    with pytest.raises(Corrupt, match=r"log\.txt"):
        pack(store, file, [record])
    assert not file.exists()


@pytest.mark.parametrize("damage", [lambda data: data[: len(data) // 2], lambda data: b"no archive", lambda data: b""])
def test_a_damaged_file_writes_nothing(store, other, file, damage):
    pack(store, file, [make_run(store, "baseline-1")])
    file.write_bytes(damage(file.read_bytes()))
    with pytest.raises(UsageError, match="no export, or not whole"):
        unpack(other, file)
    assert list(other.list("")) == []


@pytest.mark.parametrize(
    "name", ["../outside", "/etc/motd", "datasets/tiny/manifest.json", "runs/../../outside", "learners/.x/y"]
)
def test_what_is_no_evidence_writes_nothing(other, file, name):
    with tarfile.open(file, "w:xz") as tar:
        for each in ("learners/good/task.json", "runs/good.json", name):
            entry = tarfile.TarInfo(each)
            entry.size = 2
            tar.addfile(entry, io.BytesIO(b"{}"))
    with pytest.raises(UsageError):
        unpack(other, file)
    assert list(other.list("")) == []


def test_a_file_that_is_not_there_is_told(other, file):
    with pytest.raises(UsageError, match=r"Cannot read .*: no such file or directory\. Check the path"):
        unpack(other, file)


def test_a_file_that_may_not_be_read_is_not_called_damaged(other, store, file):
    with pytest.raises(UsageError, match=r"Cannot read .*: is a directory\. Check the path"):
        unpack(other, file.parent)
