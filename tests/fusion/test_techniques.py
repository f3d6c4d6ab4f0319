"""What a fusion may do to its members' outputs and heads, by hand. None of it may disturb the check of what was committed."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

import ltk8s
from ltk8s.fusion.ensemble import Ensemble, assemble
from ltk8s.fusion.members import load_members
from ltk8s.network.predict import predict
from ltk8s.planning.task import FusionTask
from ltk8s.store.commit import read_artifact

COUNTS = (100, 40, 10)


def images(world) -> torch.Tensor:
    return torch.from_numpy(np.array(world.test.images))


def ensemble(world, task: FusionTask) -> Ensemble:
    return assemble(task, load_members(world.store, task, 3), world.manifest)


def committed(world, id: str) -> list[list[float]]:
    (member,) = load_members(world.store, world.fusion(id), 3)
    return member.predictions.logits.tolist()


def softmax(row: list[float]) -> list[float]:
    total = sum(math.exp(z) for z in row)
    return [math.exp(z) / total for z in row]


def test_temperature_divides_the_logits_first(world) -> None:
    id = world.member()
    expected = [softmax([z / 2 - math.log(n) for z, n in zip(row, COUNTS, strict=True)]) for row in committed(world, id)]
    found = ensemble(world, world.fusion(id, temperature=2.0, prior_correction=True))(images(world))
    assert found.numpy() == pytest.approx(np.array(expected), rel=1e-4, abs=1e-7)


@pytest.mark.parametrize("loss", [{"name": "cross-entropy"}, {"name": "cross-entropy", "weights": "ins"}])
def test_post_hoc_logit_adjustment_divides_by_the_counts_to_the_power_of_tau(world, loss) -> None:
    id = world.member(train={"loss": loss})
    expected = [softmax([z - 0.5 * math.log(n) for z, n in zip(row, COUNTS, strict=True)]) for row in committed(world, id)]
    found = ensemble(world, world.fusion(id, logit_adjustment=0.5))(images(world))
    assert found.numpy() == pytest.approx(np.array(expected), rel=1e-4, abs=1e-7)


def test_a_normalised_head_is_applied_to_the_same_features(world) -> None:
    id = world.member()
    task = world.fusion(id, tau_norm=0.7)
    (member,) = load_members(world.store, task, 3)
    network = member.network
    with torch.no_grad():
        prepared = member.preprocess()(images(world))
        features = network.forward_head(network.forward_features(prepared), pre_logits=True)
        weight = network.get_classifier().weight
    rows = [[w / math.sqrt(sum(v * v for v in row)) ** 0.7 for w in row] for row in weight.tolist()]
    expected = (features.double() @ torch.tensor(rows).double().T).softmax(1)
    torch.testing.assert_close(ensemble(world, task)(images(world)).double(), expected, rtol=1e-3, atol=1e-5)


def test_a_normalised_head_leaves_the_member_itself_alone(world) -> None:
    task = world.fusion(world.member(), tau_norm=1.0)
    members = load_members(world.store, task, 3)
    before = members[0].network.get_classifier().weight.clone()
    assemble(task, members, world.manifest)
    assert torch.equal(members[0].network.get_classifier().weight, before)


def test_flip_averages_the_logits_of_an_image_and_its_mirror_image(world) -> None:
    id = world.member()
    (member,) = load_members(world.store, world.fusion(id), 3)
    own = images(world).numpy()
    both = [predict(member.network, pixels, member.preprocess()) for pixels in (own, own[:, :, ::-1])]
    found = ensemble(world, world.fusion(id, flip=True))(images(world))
    torch.testing.assert_close(found, ((both[0] + both[1]) / 2).softmax(1), rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize(
    "changes",
    [{"tau_norm": 1.0}, {"flip": True}, {"temperature": 2.0}, {"logit_adjustment": 1.0}, {"tau_norm": 1, "flip": True}],
)
def test_the_agreement_is_that_of_the_members_as_they_were_trained(world, changes) -> None:
    ids = world.member(), world.member(seed=1)
    task = world.fusion(*ids, **changes)
    result = world.fuse(task)
    assert [member["agreement"]["exact"] for member in result.metrics["members"]] == [True, True]
    assert not torch.equal(fused(world, result), fused(world, world.fuse(world.fusion(*ids))))


def test_what_is_committed_is_what_the_ensemble_predicts(world) -> None:
    task = world.fusion(world.member(), world.member(seed=1), tau_norm=1.0, flip=True, temperature=1.5, logit_adjustment=0.3)
    world.run("mine", task)
    result = world.fuse(task)
    found = ltk8s.load_ensemble(world.store, "mine")(images(world))
    torch.testing.assert_close(found, fused(world, result).exp(), rtol=1e-4, atol=1e-6)


def test_fields_of_other_techniques_rename_no_fusion(world) -> None:
    id = world.member()
    plain = world.fusion(id, logit_adjustment=0.0, temperature=1.0, tau_norm=0.0, flip=False)
    assert plain.id == world.fusion(id).id
    others = [{"logit_adjustment": 1.0}, {"temperature": 2.0}, {"tau_norm": 1.0}, {"flip": True}]
    assert len({world.fusion(id, **changes).id for changes in others} | {plain.id}) == 5


def test_a_member_with_a_cosine_head_is_fused_with_others(world) -> None:
    ids = world.member(), world.member(seed=1, train={"loss": {"name": "ldam"}})
    result = world.fuse(world.fusion(*ids))
    assert [member["agreement"]["exact"] for member in result.metrics["members"]] == [True, True]
    expected = np.mean([[softmax(row) for row in committed(world, id)] for id in ids], axis=0)
    assert fused(world, result).exp().numpy() == pytest.approx(expected, abs=1e-5)


def fused(world, result) -> torch.Tensor:
    from safetensors.torch import load

    return load(read_artifact(world.store, result, "predictions.safetensors"))["logits"]
