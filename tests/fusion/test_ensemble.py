from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

import ltk8s
from ltk8s.errors import MembersError, UsageError
from ltk8s.fusion.classify import classify
from ltk8s.fusion.ensemble import Ensemble, assemble
from ltk8s.fusion.members import load_members


def ensemble(world, *ids: str, **changes: object) -> Ensemble:
    task = world.fusion(*ids, **changes)
    return assemble(task, load_members(world.store, task, 3), world.manifest)


def images(world) -> torch.Tensor:
    return torch.from_numpy(np.array(world.test.images))


def committed(world, *ids: str) -> torch.Tensor:
    members = load_members(world.store, world.fusion(*ids), 3)
    return torch.stack([member.predictions.logits for member in members])


def test_an_ensemble_returns_the_mean_of_its_members_softmax(world) -> None:
    ids = world.member(), world.member(seed=1)
    expected = committed(world, *ids).softmax(-1).mean(0)
    torch.testing.assert_close(ensemble(world, *ids)(images(world)), expected)


def test_members_that_take_the_same_input_share_it(world) -> None:
    assert len(ensemble(world, world.member(), world.member(arch="test_resnet")).groups) == 1


@pytest.mark.parametrize(
    "other",
    [{"train": {"image_size": 48}}, {"mean": 0.4}, {"train": {"interpolation": "bicubic"}}, {"train": {"eval_size": 40}}],
)
def test_members_of_another_input_get_their_own(world, other: dict[str, object]) -> None:
    ids = world.member(), world.member(seed=1, **other)
    both = ensemble(world, *ids)
    assert len(both.groups) == 2
    torch.testing.assert_close(both(images(world)), committed(world, *ids).softmax(-1).mean(0))


def test_members_keep_their_places_whatever_they_share(world) -> None:
    ids = world.member(), world.member(seed=1, train={"image_size": 48}), world.member(seed=2), world.member(seed=3, mean=0.4)
    assert torch.equal(ensemble(world, *ids).member_logits(world.test.images), committed(world, *ids))


def test_an_image_is_predicted_alike_in_any_batch(world) -> None:
    model, all_images = ensemble(world, world.member(), world.member(seed=1)), images(world)
    one_by_one = torch.cat([model(all_images[i : i + 1]) for i in range(len(all_images))])
    torch.testing.assert_close(one_by_one, model(all_images))


def test_an_image_of_another_size_is_fitted_as_predict_does(world, tmp_path: Path) -> None:
    pixels = np.random.default_rng(1).integers(0, 256, (40, 70, 3), dtype=np.uint8)
    Image.fromarray(pixels).save(tmp_path / "photo.png")
    model = ensemble(world, world.member(), world.member(seed=1))
    (answer,) = classify(model, [str(tmp_path / "photo.png")], world.manifest.height, world.manifest.width)
    found = dict(zip(model.classes, model(torch.from_numpy(pixels)[None])[0].tolist(), strict=True))
    assert found == pytest.approx({one["class"]: one["probability"] for one in answer["top"]}, abs=1e-6)


@pytest.mark.parametrize("change", [lambda x: x.float() / 255, lambda x: x[0], lambda x: x.permute(0, 3, 1, 2)])
def test_anything_but_a_batch_of_pixels_is_refused(world, change) -> None:
    model = ensemble(world, world.member())
    with pytest.raises(UsageError, match=r"takes uint8 images N×H×W×3; these are torch\."):
        model(change(images(world)))


def test_an_ensemble_stays_in_eval_mode(world) -> None:
    model = ensemble(world, world.member())
    before = model(images(world))
    model.train()
    assert not any(module.training for module in model.modules())
    assert torch.equal(model(images(world)), before)


def test_prior_correction_moves_probability_to_rare_classes(world) -> None:
    id = world.member()
    plain = ensemble(world, id)(images(world))
    corrected = ensemble(world, id, prior_correction=True)(images(world))
    prior = torch.tensor([100.0, 40.0, 10.0])
    torch.testing.assert_close(corrected, (plain / prior) / (plain / prior).sum(1, keepdim=True))


def test_load_ensemble_finds_a_run_by_its_experiment(world) -> None:
    ids = world.member(), world.member(seed=1)
    task = world.fusion(*ids)
    world.run("stack-wl", task)
    world.fuse(task)
    model = ltk8s.load_ensemble(world.store, "stack-wl")
    assert model.classes == ("cat", "dog", "eel")
    torch.testing.assert_close(model(images(world)), committed(world, *ids).softmax(-1).mean(0))


def test_load_ensemble_refuses_a_run_that_is_not_finished(world) -> None:
    world.run("stack-wl", world.fusion("gone-0123456789"))
    with pytest.raises(UsageError, match="is not finished"):
        ltk8s.load_ensemble(world.store, "stack-wl")


def test_load_ensemble_names_a_damaged_member(world) -> None:
    task = world.fusion(world.member())
    world.run("stack-wl", task)
    world.fuse(task)
    key = world.damage(task.members[0], "checkpoint.safetensors")
    with pytest.raises(MembersError, match=key):
        ltk8s.load_ensemble(world.store, "stack-wl")
