"""Techniques in a plan: what is the same learner, what is another, and what a setting resolves to."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from ltk8s.errors import UsageError
from ltk8s.planning.planner import Plan

Planned = Callable[..., Plan]

PLAIN = {"name": "cross-entropy"}


def first(plan: Plan) -> str:
    return plan.learners[0].id


def loss(**fields: Any) -> dict[str, Any]:
    return {"train__loss": {**PLAIN, **fields}}


@pytest.mark.parametrize(
    "same",
    [
        {"train__loss": {"name": "focal", "gamma": 0}},
        loss(defer=0.8),
        loss(weights="ens", beta=0),
        loss(label_smoothing=0),
        {"train__mixup": {"alpha": 0}},
        {"train__mixup": {"alpha": 0.2, "prob": 0}},
        {"train__ema": 0},
        {"train__longer": 1},
        {"train__schedule": "cosine"},
    ],
)
def test_settings_without_effect_are_the_baseline(planned: Planned, same: dict[str, Any]) -> None:
    assert first(planned("baseline", **same)) == first(planned("baseline"))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"name": "focal", "gamma": 0, "weights": "ins", "defer": 0.5}, {**PLAIN, "weights": "ins", "defer": 0.5}),
        ({"name": "focal", "beta": 0.5}, {"name": "focal"}),
        ({"name": "ldam", "weights": "none", "defer": 0.1, "beta": 0.5}, {"name": "ldam", "weights": "none"}),
        ({"name": "logit-adjustment", "tau": 0, "label_smoothing": 0.1}, {**PLAIN, "label_smoothing": 0.1}),
    ],
)
def test_losses_that_are_the_same_have_one_name(planned: Planned, one: dict[str, Any], other: dict[str, Any]) -> None:
    assert first(planned("baseline", train__loss=one)) == first(planned("baseline", train__loss=other))


def test_mixups_choice_between_two_kinds_matters_only_where_there_are_two(planned: Planned) -> None:
    def mixed(**mixup: float) -> str:
        return first(planned("baseline", train__mixup=mixup))

    assert mixed(alpha=0.2, switch_prob=0.9) == mixed(alpha=0.2)
    assert mixed(alpha=0.2, cutmix_alpha=1, switch_prob=0.9) != mixed(alpha=0.2, cutmix_alpha=1)


def test_techniques_rename(planned: Planned) -> None:
    variants: list[dict[str, Any]] = [
        {}, loss(label_smoothing=0.1), loss(weights="ens"), loss(weights="ens", defer=0.8), {"train__loss": {"name": "focal"}},
        {"train__loss": {"name": "ldam"}}, {"train__schedule": "warmup-stable-decay"}, {"train__mixup": {}},
        {"train__ema": 0.99},
        {"train__longer": 3}, {"sampling": {"rule": "class-aware"}}, {"sampling": {"rule": "square-root"}},
    ]  # fmt: skip
    assert len({first(planned("baseline", **variant)) for variant in variants}) == len(variants)


@pytest.mark.parametrize("rule", ["class-aware", "square-root"])
def test_samplers_do_nothing_on_equal_classes(planned: Planned, rule: str) -> None:
    plan = planned("baseline", dataset__ratio="full", sampling={"rule": rule})
    assert first(plan) == first(planned("baseline", dataset__ratio="full"))
    assert plan.notes == ("Every class has the same number of images: the sampler changes nothing.",)


@pytest.mark.parametrize(
    "loss", [{**PLAIN, "weights": "ens"}, {"name": "logit-adjustment"}, {**PLAIN, "weights": "ins", "defer": 0.8}]
)
def test_a_class_aware_sampler_leaves_nothing_for_weights_to_do(planned: Planned, loss: dict[str, Any]) -> None:
    aware = {"sampling": {"rule": "class-aware"}}
    assert first(planned("baseline", train__loss=loss, **aware)) == first(planned("baseline", **aware))


def test_smoothing_and_margins_stay_on_equal_classes(planned: Planned) -> None:
    full = {"dataset__ratio": "full"}
    smoothed = planned("baseline", **loss(weights="ens", label_smoothing=0.1), **full)
    assert smoothed.learners[0].train.loss.model_dump(exclude_defaults=True) == {**PLAIN, "label_smoothing": 0.1}
    ldam = planned("baseline", train__loss={"name": "ldam"}, **full).learners[0].train.loss
    assert ldam.model_dump(exclude_defaults=True) == {"name": "ldam", "weights": "none"}


def test_longer_is_resolved_to_a_duration(planned: Planned) -> None:
    train = planned("baseline", profile="cpu", train__longer=3).learners[0].train
    assert (train.epochs, train.steps, train.longer) == (12, None, 1)
    assert first(planned("baseline", train__longer=3)) == first(planned("baseline", train__epochs=12))


@pytest.mark.parametrize(("name", "members"), [("artificial-balancing", 1), ("bagging-wl", 4)])
def test_equal_steps_are_those_of_the_baseline(planned: Planned, name: str, members: int) -> None:
    plan = planned(name, sampling__equal_steps=True)
    # 6,369 images at ratio .02 are 99 batches of 64; the profile has 4 epochs.
    assert [(task.train.epochs, task.train.steps) for task in plan.learners] == [(None, 396)] * members
    assert planned(name).learners[0].train.epochs == 4


def test_what_fusion_does_never_retrains(planned: Planned) -> None:
    changes = [
        {"fusion__temperature": 2.0}, {"fusion__logit_adjustment": 1.0}, {"fusion__tau_norm": 0.5}, {"fusion__flip": True},
    ]  # fmt: skip
    plans = [planned("baseline", profile="paper", **change) for change in [{}, *changes]]
    assert len({first(plan) for plan in plans}) == 1
    assert len({plan.fusion.id for plan in plans}) == 5


@pytest.mark.parametrize(
    ("name", "overrides"),
    [
        ("baseline", {"fusion__flip": True}),  # the profile evaluates so already
        ("baseline", {"fusion__logit_adjustment": 1.0, "dataset__ratio": "full"}),
        ("artificial-balancing", {"fusion__logit_adjustment": 1.0}),
        ("ldam-drw", {"fusion__tau_norm": 1.0}),
        ("baseline", {"fusion__target_prior": "train"}),  # nothing is corrected
    ],
)
def test_a_fusion_field_without_effect_is_none(planned: Planned, name: str, overrides: dict[str, Any]) -> None:
    plain = {path: value for path, value in overrides.items() if not path.startswith("fusion")}
    plan = planned(name, **overrides)
    assert plan.fusion.id == planned(name, **plain).fusion.id
    assert "changes nothing here" in plan.notes[-1]


@pytest.mark.parametrize(
    ("overrides", "said"),
    [
        ({"fusion__prior_correction": True, "fusion__logit_adjustment": 1.0}, "both subtract the prior: give one of them"),
        ({"train__loss": {"name": "ldam"}, "train__mixup": {}}, "ldam's margin needs one"),
        ({"train__batch_size": 33, "train__mixup": {}}, "batch_size must be even"),
    ],
)
def test_combinations_that_make_no_sense_are_refused(planned: Planned, overrides: dict[str, Any], said: str) -> None:
    with pytest.raises(UsageError, match=said):
        planned("baseline", **overrides)


def test_ids_name_the_technique(planned: Planned) -> None:
    ids = [
        first(planned("baseline", **change))
        for change in (
            {"train__loss": {"name": "ldam"}},
            {"train__loss": {"name": "focal"}},
            {"sampling": {"rule": "class-aware"}},
        )
    ]
    assert [id.rsplit("-", 1)[0] for id in ids] == [
        "cifar50-0-02-lite0-ldam-ens-s0", "cifar50-0-02-lite0-focal-s0", "cifar50-0-02-lite0-ce-class-aware-s0",
    ]  # fmt: skip
