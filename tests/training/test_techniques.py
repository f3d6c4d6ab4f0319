"""Techniques through a whole learner: what they leave in the result, and that a stopped learner goes on with the same bits."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from safetensors.numpy import load

from ltk8s.network.backbone import checkpoint_header, load_checkpoint
from ltk8s.network.predict import predict
from ltk8s.network.preprocess import Preprocess
from ltk8s.store import layout
from ltk8s.store.commit import read_artifact, read_result
from ltk8s.training.resume import unpack

LDAM_DRW = {"loss": {"name": "ldam"}, "schedule": "warmup-stable-decay"}
EVERYTHING = {"ema": 0.9, "mixup": {"alpha": 0.4, "cutmix_alpha": 1.0}, "loss": {"name": "cross-entropy", "weights": "isns"}}


def checkpoint(store, result):
    return load(read_artifact(store, result, "checkpoint.safetensors"))


@pytest.mark.parametrize(
    ("train", "changes"),
    [
        (LDAM_DRW, {}),
        ({"ema": 0.5}, {}),
        ({"ema": 0.5, "freeze_bn": True}, {}),
        (EVERYTHING, {}),
        ({"loss": {"name": "focal", "weights": "ins"}}, {"sampling": {"rule": "square-root"}}),
    ],
    ids=["ldam-drw", "ema", "ema-frozen", "mixed", "focal"],
)
def test_the_checkpoint_predicts_what_was_committed(store, make_task, learn, staged_folder, train, changes):
    task = make_task(train, **changes)
    result = learn(store, task)
    network = load_checkpoint(task.arch, 3, read_artifact(store, result, "checkpoint.safetensors"))
    images = load((staged_folder / "test-00000.safetensors").read_bytes())["images"]
    logits = predict(network, images, Preprocess((0.5,) * 3, (0.5,) * 3, 16, "bilinear"))
    assert (logits.numpy() == load(read_artifact(store, result, "predictions.safetensors"))["logits"]).all()


@pytest.mark.parametrize(
    ("train", "changes"),
    [
        ({**LDAM_DRW, "epochs": 10}, {}),
        ({"epochs": 10, "ema": 0.9}, {}),
        ({"epochs": 10, "mixup": {"alpha": 0.2}}, {}),
        ({"epochs": 10, "loss": {"name": "focal"}}, {}),
        ({"epochs": 10}, {"sampling": {"rule": "class-aware"}}),
    ],
    ids=["ldam-drw", "ema", "mixup", "focal", "class-aware"],
)
def test_learns(store, make_task, learn, train, changes):
    assert learn(store, make_task(train, **changes)).metrics["accuracy"] > 0.9


def test_ldam_has_a_cosine_head(store, make_task, learn):
    result = learn(store, make_task(LDAM_DRW))
    assert checkpoint_header(read_artifact(store, result, "checkpoint.safetensors"))["head"] == "cosine"
    assert result.provenance["parameters"] == 99_967 - 3  # no bias
    assert np.abs(load(read_artifact(store, result, "predictions.safetensors"))["logits"]).max() <= 30


def test_samplers_say_how_often_an_epoch_shows_each_class(store, make_task, learn):
    # 24, 12 and 6 images.
    aware, root = (learn(store, make_task(sampling={"rule": rule})).provenance for rule in ("class-aware", "square-root"))
    assert aware["class_counts"] == [14, 14, 14]
    assert root["class_counts"] == pytest.approx([42 * n**0.5 / (24**0.5 + 12**0.5 + 6**0.5) for n in (24, 12, 6)])
    assert (aware["train_images"], aware["steps"]) == (42, 15)


def test_averaged_weights_are_kept_with_statistics_of_their_own(store, make_task, learn):
    plain, averaged = (checkpoint(store, learn(store, make_task(train))) for train in ({}, {"ema": 0.5}))
    assert (plain["bn1.weight"] != averaged["bn1.weight"]).any()
    assert (plain["bn1.running_mean"] != averaged["bn1.running_mean"]).any()


def test_frozen_statistics_stay_frozen_under_an_average(store, make_task, learn):
    plain, averaged = (checkpoint(store, learn(store, make_task({"freeze_bn": True, **train}))) for train in ({}, {"ema": 0.5}))
    assert (plain["bn1.running_mean"] == averaged["bn1.running_mean"]).all()


@pytest.mark.parametrize(
    ("train", "changes"),
    [(LDAM_DRW, {}), (EVERYTHING, {"sampling": {"rule": "class-aware"}})],
    ids=["ldam-drw", "ema-mixup-class-aware"],
)
def test_killed_in_the_middle_it_ends_with_the_same_bits(store, make_task, workers, train, changes):
    task = make_task({"epochs": 12, "eval_size": 64, **train}, **changes)

    def hashes():
        artifacts = read_result(store, "learner", task.id).artifacts
        return [artifacts[name].sha256 for name in ("checkpoint.safetensors", "predictions.safetensors", "curve.csv")]

    assert workers.run(store, task) == 0
    undisturbed = hashes()
    store.delete(layout.result("learner", task.id))

    def half_way():
        resume = layout.resume(task.id)
        return store.exists(resume) and unpack(store.get(resume))["step"] >= 30

    process = workers.start(store, task)
    workers.until(process, half_way)
    process.kill()
    workers.end(process)
    assert half_way()
    assert workers.run(store, task) == 0
    assert read_result(store, "learner", task.id).provenance["attempts"] == 2
    assert hashes() == undisturbed


def test_the_average_is_part_of_the_resume_state(store, make_task, workers):
    task = make_task({"epochs": 40, "ema": 0.9})
    process = workers.start(store, task)
    workers.until(process, lambda: store.exists(layout.resume(task.id)))
    process.kill()
    workers.end(process)
    state = unpack(store.get(layout.resume(task.id)))
    assert len(state["average"]) == len([name for name in state["network"] if "running" not in name and "num_" not in name])
    assert all(isinstance(tensor, torch.Tensor) for tensor in state["average"])
