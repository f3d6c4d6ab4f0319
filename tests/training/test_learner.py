"""A learner from its task to its committed result."""

from __future__ import annotations

import csv
import io

import numpy as np
import pytest
import torch
from safetensors.numpy import load

from ltk8s.data.split import indices_digest, long_tail
from ltk8s.errors import TaskError
from ltk8s.network.backbone import checkpoint_header, load_checkpoint
from ltk8s.network.predict import predict
from ltk8s.network.preprocess import Preprocess
from ltk8s.planning.task import Fold, Split, TaskBag, TaskBalanced
from ltk8s.store import layout
from ltk8s.store.commit import read_artifact, verify
from ltk8s.training.learner import begin
from ltk8s.training.material import load_material
from ltk8s.training.resume import pack
from ltk8s.training.schedule import Schedule


def test_commits_checkpoint_predictions_curve_and_log(store, make_task, learn):
    result = learn(store, make_task())
    verify(store, result)
    assert set(result.artifacts) == {"checkpoint.safetensors", "predictions.safetensors", "curve.csv", "log.txt"}


def test_predictions_are_of_the_test_part_in_order(store, make_task, learn, staged_folder):
    result = learn(store, make_task())
    predictions = load(read_artifact(store, result, "predictions.safetensors"))
    test = load((staged_folder / "test-00000.safetensors").read_bytes())
    assert predictions["logits"].shape == (30, 3)
    assert predictions["logits"].dtype == np.float32
    assert (predictions["labels"] == test["labels"]).all()
    assert (predictions["keys"] == test["keys"]).all()


def test_the_checkpoint_predicts_what_was_committed(store, make_task, learn, staged_folder):
    task = make_task()
    result = learn(store, task)
    data = read_artifact(store, result, "checkpoint.safetensors")
    images = load((staged_folder / "test-00000.safetensors").read_bytes())["images"]
    logits = predict(load_checkpoint(task.arch, 3, data), images, Preprocess((0.5,) * 3, (0.5,) * 3, 16, "bilinear"))
    assert checkpoint_header(data) == {"arch": task.arch, "classes": 3}
    assert (logits.numpy() == load(read_artifact(store, result, "predictions.safetensors"))["logits"]).all()


def test_learns(store, make_task, learn):
    metrics = learn(store, make_task({"epochs": 10})).metrics
    assert metrics["n"] == 30
    assert metrics["accuracy"] > 0.9
    assert metrics["train"]["accuracy"] > 0.9


def test_provenance_says_what_was_done_and_what_it_cost(store, make_task, learn):
    found = learn(store, make_task()).provenance
    assert found["class_counts"] == [24, 12, 6]
    assert (found["train_images"], found["steps"], found["epochs"], found["images_seen"]) == (42, 15, 3.0, 120)
    assert (found["threads"], found["attempts"], found["device"]) == (1, 1, "cpu")
    assert found["parameters"] == 99_967
    assert found["multiply_adds"] > 10_000
    assert found["split_digest"] == indices_digest(np.arange(42))
    assert 0 < found["train_seconds"] <= found["seconds"]
    assert found["peak_memory_bytes"] > 50_000_000


def test_the_curve_has_a_row_for_each_step_of_a_short_training(store, make_task, learn):
    result = learn(store, make_task({"image_size": [8, 16], "epochs": 2}))
    rows = list(csv.DictReader(io.StringIO(read_artifact(store, result, "curve.csv").decode())))
    assert [int(row["step"]) for row in rows] == list(range(1, 11))
    assert [row["size"] for row in rows] == ["8"] * 5 + ["16"] * 5
    assert rows[-1]["epoch"] == "2.0"
    assert result.metrics["train"]["loss"] == pytest.approx(np.mean([float(row["loss"]) for row in rows[-5:]]))


def test_equal_tasks_give_equal_bytes(store, make_task, learn):
    first = learn(store, make_task()).artifacts
    store.delete(layout.result("learner", make_task().id))
    second = learn(store, make_task()).artifacts
    assert first["checkpoint.safetensors"] == second["checkpoint.safetensors"]
    assert first["predictions.safetensors"] == second["predictions.safetensors"]
    assert first["curve.csv"] == second["curve.csv"]


def test_another_seed_gives_another_network(store, make_task, learn):
    first, second = learn(store, make_task()), learn(store, make_task(seed=1))
    assert first.artifacts["checkpoint.safetensors"] != second.artifacts["checkpoint.safetensors"]


def test_the_ratio_cuts_a_tail(store, make_task, learn, staged_folder):
    result = learn(store, make_task(split=Split(ratio=0.1)))
    labels = load((staged_folder / "train-00000.safetensors").read_bytes())["labels"]
    assert result.provenance["class_counts"] == [24, 7, 2]
    assert result.provenance["split_digest"] == indices_digest(long_tail(labels, 3, 0.1, 0))


def test_balancing_repeats_and_cuts(store, make_task, learn):
    result = learn(store, make_task(sampling=TaskBalanced(rule="balanced", threshold=16)))
    assert result.provenance["class_counts"] == [16, 16, 16]
    assert result.metrics["groups"]["medium"]["classes"] == 1  # of the 24 images that there were, not of 16


def test_a_bag_has_its_share_of_the_majority(store, make_task, learn):
    result = learn(store, make_task(sampling=TaskBag(rule="bag", index=0, of=2)))
    assert result.provenance["class_counts"] == [12, 12, 6]


def test_a_fold_is_scored_on_what_was_held_out(store, make_task, learn, staged_folder):
    result = learn(store, make_task(fold=Fold(index=0, of=3)))
    predictions = load(read_artifact(store, result, "predictions.safetensors"))
    train = load((staged_folder / "train-00000.safetensors").read_bytes())
    assert len(predictions["keys"]) == 14
    assert result.provenance["train_images"] == 28
    assert set(predictions["keys"].tolist()) < set(train["keys"].tolist())


def test_a_fold_never_needs_the_test_part(store, make_task, learn):
    store.delete(f"{layout.dataset('greys', '0123456789abcdef')}test-00000.safetensors")
    assert learn(store, make_task(fold=Fold(index=1, of=3))).metrics["n"] == 14


def test_the_resume_state_is_gone_when_all_is_committed(store, make_task, learn):
    task = make_task()
    learn(store, task)
    assert not store.exists(layout.resume(task.id))


def test_a_loss_that_is_not_finite_names_the_step(store, make_task, learn):
    with pytest.raises(TaskError, match=r"The loss is not finite at step [1-9]\d*\."):
        learn(store, make_task({"lr": 1e30, "warmup": 0}))


def test_a_last_step_that_ruins_the_network_is_noticed(store, make_task, learn):
    with pytest.raises(TaskError, match=r"The outputs are not finite after step 0\."):
        learn(store, make_task({"lr": 1e38, "warmup": 0, "steps": 1}))


@pytest.mark.parametrize("what", ["network", "curve", "optimizer"])
def test_a_resume_state_that_does_not_fit_is_ignored_with_a_warning(store, make_task, learn, caplog, what):
    """As one that another version has kept; it would not fit at any retry either."""
    task = make_task()
    material = load_material(store, task)
    module, curve = begin(task, material, Schedule.of(task.train, len(material.rows)), store, torch.device("cpu"))
    state = {"task": task.id, "step": 3, "attempts": 1, "seconds": 1.0, "train_seconds": 1.0, "average": []}
    fits = {"network": module.network.state_dict(), "optimizer": module.optimizer.state_dict(), "curve": curve.state()}
    other = {"network": {"w": torch.zeros(3)}, "optimizer": {"state": {}, "param_groups": []}, "curve": {"of": "another"}}
    store.put(layout.resume(task.id), pack({**state, **fits, what: other[what]}))
    result = learn(store, task)
    assert "Training starts from the beginning." in caplog.text
    assert "Going on after step" not in caplog.text
    checkpoint = read_artifact(store, result, "checkpoint.safetensors")
    store.delete(layout.result("learner", task.id))
    assert read_artifact(store, learn(store, task), "checkpoint.safetensors") == checkpoint


def test_a_fold_that_holds_out_nothing_is_said_before_training(store, make_task, learn, monkeypatch):
    monkeypatch.setattr("ltk8s.training.material.draw", lambda labels, *_, **__: (np.arange(len(labels)), np.arange(0)))
    with pytest.raises(TaskError, match=r"Fold 2 of 3 holds out no image: .* too few groups"):
        learn(store, make_task(fold=Fold(index=1, of=3)))
