from __future__ import annotations

import csv
import hashlib
import io
import json

import numpy as np
import pytest
import torch
from safetensors.torch import load

from ltk8s.errors import MembersError
from ltk8s.network.backbone import build, save_weights
from ltk8s.network.stopping import Stopped, Stopping
from ltk8s.planning.task import canonical_json
from ltk8s.store.answers import read_answers
from ltk8s.store.commit import Attempt, read_artifact, read_result, verify
from ltk8s.store.weights import WeightsCard, put_weights
from ltk8s.training import learner


def predictions(world, result) -> dict[str, torch.Tensor]:
    return load(read_artifact(world.store, result, "predictions.safetensors"))


def test_a_fusion_commits_predictions_table_and_log(world) -> None:
    result = world.fuse(world.fusion(world.member(), world.member(seed=1)))
    verify(world.store, result)
    table = {"table.json", "table.csv", "table.md"}
    assert set(result.artifacts) == {"predictions.safetensors", "answers.safetensors", "log.txt", *table}


def test_answers_are_those_of_the_predictions(world) -> None:
    result = world.fuse(world.fusion(world.member(), world.member(seed=1)))
    tensors, answers = predictions(world, result), read_answers(world.store, result)
    assert np.array_equal(answers.predicted, tensors["logits"].argmax(1).numpy())
    assert np.allclose(answers.confidence, tensors["logits"].exp().max(1).values.numpy(), rtol=1e-5)
    assert int(answers.correct.sum()) == result.metrics["correct"]
    assert np.array_equal(answers.keys, world.test.keys)


def test_predictions_are_log_probabilities_with_labels_and_keys(world) -> None:
    tensors = predictions(world, world.fuse(world.fusion(world.member(), world.member(seed=1))))
    assert (tensors["logits"].dtype, tensors["logits"].shape) == (torch.float32, (24, 3))
    torch.testing.assert_close(tensors["logits"].exp().sum(1), torch.ones(24))
    assert np.array_equal(tensors["labels"].numpy(), world.test.labels)
    assert np.array_equal(tensors["keys"].numpy(), world.test.keys)


def test_metrics_are_those_of_the_committed_predictions(world) -> None:
    result = world.fuse(world.fusion(world.member(), world.member(seed=1)))
    tensors = predictions(world, result)
    right = int((tensors["logits"].argmax(1) == tensors["labels"]).sum())
    assert (result.metrics["correct"], result.metrics["n"]) == (right, 24)
    # At ratio .1 the classes keep 120, 37 and 4 training images.
    assert [result.metrics["groups"][name]["classes"] for name in ("many", "medium", "few")] == [1, 1, 1]


def test_metrics_tell_of_the_members(world) -> None:
    ids = [world.member(), world.member(seed=1)]
    metrics = world.fuse(world.fusion(*ids)).metrics
    first, second = metrics["members"]
    assert [first["id"], second["id"]] == ids
    assert first["agreement"] == {"exact": True, "changed": 0.0, "mean_difference": 0.0}
    assert metrics["mean_member_accuracy"] == pytest.approx((first["correct"] + second["correct"]) / 48)
    assert metrics["parameters"] == first["parameters"] + second["parameters"]
    assert metrics["device_seconds"] > 20


def test_disagreement_is_the_share_of_images_two_members_see_differently(world) -> None:
    ids = [world.member(seed=seed) for seed in range(3)]
    results = [read_result(world.store, "learner", id) for id in ids]
    a, b, c = (predictions(world, result)["logits"].argmax(1) for result in results)
    expected = np.mean([float((x != y).float().mean()) for x, y in ((a, b), (a, c), (b, c))])
    assert world.fuse(world.fusion(*ids)).metrics["disagreement"] == pytest.approx(expected)
    assert expected > 0


def test_one_member_is_a_fusion_too(world) -> None:
    id = world.member()
    member = read_result(world.store, "learner", id)
    result = world.fuse(world.fusion(id))
    assert member is not None
    assert result.metrics["correct"] == member.metrics["correct"]
    assert result.metrics["disagreement"] is None


def test_rules_are_applied_as_named(world) -> None:
    ids = world.member(), world.member(seed=1)
    members = torch.stack([predictions(world, read_result(world.store, "learner", id))["logits"] for id in ids])
    by_logit = predictions(world, world.fuse(world.fusion(*ids, rule="mean-logit")))["logits"]
    torch.testing.assert_close(by_logit, members.mean(0).log_softmax(1))


def test_the_score_without_duplicates_leaves_out_training_images(world) -> None:
    result = world.fuse(world.fusion(world.member()))
    tensors = predictions(world, result)
    right = tensors["logits"].argmax(1) == tensors["labels"]
    # The first test image is a training image too.
    assert result.metrics["without_duplicates"]["n"] == 23
    assert result.metrics["without_duplicates"]["correct"] == int(right[1:].sum())


def test_the_table_has_a_row_a_member_and_one_for_the_fusion(world) -> None:
    ids = [world.member(), world.member(seed=1)]
    result = world.fuse(world.fusion(*ids))
    rows = json.loads(read_artifact(world.store, result, "table.json"))
    assert [row["name"] for row in rows] == [*ids, "fusion"]
    assert rows[-1]["correct"] == result.metrics["correct"]
    lines = list(csv.DictReader(io.StringIO(read_artifact(world.store, result, "table.csv").decode())))
    assert [int(line["correct"]) for line in lines] == [row["correct"] for row in rows]
    page = read_artifact(world.store, result, "table.md").decode().splitlines()
    assert len(page) == 2 + len(rows)
    assert page[0].startswith("| name | network | correct | n | accuracy |")


def test_a_second_fusion_of_the_same_task_leaves_the_first(world) -> None:
    task = world.fusion(world.member())
    first = world.fuse(task)
    assert world.fuse(task).attempt == first.attempt


def test_a_member_of_other_images_is_refused(world) -> None:
    id = world.commit(world.learner(), keys=np.arange(24))
    with pytest.raises(MembersError, match="evaluated on other images"):
        world.fuse(world.fusion(id))


def test_a_member_that_does_not_predict_what_it_committed_is_refused(world) -> None:
    task = world.learner(train={"image_size": 32})
    other = world.learner(train={"image_size": 48})
    world.commit(other)
    checkpoint = read_result(world.store, "learner", other.id)
    assert checkpoint is not None
    # Committed at 48 px, it is evaluated at 32 px: as if preprocessing had changed between two versions.
    attempt = Attempt(world.store, canonical_json(task), "learner", task.id)
    for name in ("checkpoint.safetensors", "predictions.safetensors"):
        attempt.put(name, read_artifact(world.store, checkpoint, name))
    attempt.commit(checkpoint.metrics, checkpoint.provenance)
    with pytest.raises(MembersError, match="does not predict what it committed"):
        world.fuse(world.fusion(task.id))


def test_a_fusion_that_is_told_to_stop_commits_nothing(world) -> None:
    task, stopping = world.fusion(world.member()), Stopping()
    stopping.asked = True
    with pytest.raises(Stopped):
        world.fuse(task, stopping)
    assert read_result(world.store, "fusion", task.id) is None


@pytest.mark.slow
def test_trained_members_are_evaluated_to_the_last_bit(world) -> None:
    """Through the real learner: what it committed after training is what its checkpoint predicts."""
    arch = "test_efficientnet"
    data = save_weights(build(arch, 1000, None), arch)
    card = weights_card(arch, data)
    put_weights(world.store, card, data)
    ids = []
    for seed in (0, 1):
        train = {"steps": 3, "epochs": None, "batch_size": 16}
        task = world.learner(seed=seed, train=train, weights={"sha256": card.sha256, "mean": card.mean, "std": card.std})
        context = world.context(task)
        learner.run(task, context)
        context.progress.close()
        ids.append(task.id)
    metrics = world.fuse(world.fusion(*ids)).metrics
    assert all(member["agreement"]["exact"] for member in metrics["members"])


def weights_card(arch: str, data: bytes) -> WeightsCard:
    return WeightsCard(
        arch=arch,
        sha256=hashlib.sha256(data).hexdigest(),
        mean=(0.5, 0.5, 0.5),
        std=(0.5, 0.5, 0.5),
        interpolation="bicubic",
        parameters=100_000,
        source="test",
        licence="none",
        created="2026-01-01T00:00:00+00:00",
    )
