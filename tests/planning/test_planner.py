"""Experiments become tasks: what is shared, what is canonical, what is refused before anything is created."""

import re
from collections.abc import Callable

import pytest

from ltk8s.errors import UsageError
from ltk8s.planning.planner import Plan

Planned = Callable[..., Plan]


def ids(plan: Plan) -> list[str]:
    return [task.id for task in plan.learners]


def refusal(planned: Planned, name: str, **overrides: object) -> str:
    with pytest.raises(UsageError) as caught:
        planned(name, **overrides)
    return str(caught.value)


def test_equal_learners_of_different_experiments_are_one_learner(planned: Planned) -> None:
    assert ids(planned("baseline"))[0] == ids(planned("stacking"))[0]
    assert ids(planned("weighted-loss"))[0] == ids(planned("stack-wl"))[0]


def test_fusion_and_resources_never_rename_a_learner(planned: Planned) -> None:
    plain, changed = planned("stack-wl"), planned("stack-wl", fusion__rule="mean-logit", resources__cpu=7)
    assert ids(plain) == ids(changed)
    assert plain.fusion.id != changed.fusion.id


def test_bagging_makes_one_learner_a_bag(planned: Planned) -> None:
    assert len(planned("bagging-wl").learners) == 4
    assert len(set(ids(planned("bagging-wl")))) == 4


def test_bags_are_capped_at_the_smallest_majority_class_and_say_so(planned: Planned) -> None:
    plan = planned("bagging-wl", dataset__ratio=0.02, sampling__threshold=2)
    assert len(plan.learners) == 73
    assert plan.notes == ("250 bags are capped at 73, the size of the smallest majority class.",)


def test_members_of_one_architecture_differ_by_a_thousand_in_seed(planned: Planned) -> None:
    b0 = {"arch": "efficientnet_b0"}
    assert [task.seed for task in planned("stacking", learners=[b0, b0, b0], seed=2).learners] == [2, 1002, 2002]


@pytest.mark.parametrize("name", ["weighted-loss", "stack-la"])
def test_weights_and_adjustment_on_a_balanced_set_are_none(planned: Planned, name: str) -> None:
    plan = planned(name, dataset__ratio="full")
    assert ids(plan)[0] == ids(planned("baseline", dataset__ratio=1))[0]
    assert plan.notes == ("Every class has the same number of images: the loss needs no weights or adjustment.",)


def test_settings_that_change_nothing_are_made_canonical(planned: Planned) -> None:
    plain = ids(planned("baseline"))
    assert ids(planned("baseline", train__loss={"name": "cross-entropy", "beta": 0.5})) == plain
    assert ids(planned("baseline", train__loss={"name": "logit-adjustment", "tau": 0})) == plain
    assert ids(planned("baseline", train__augment={"scale": [0.5, 0.9]})) == ids(planned("baseline", train__augment={}))
    assert ids(planned("baseline", train__image_size=[64, 64], train__eval_size=64)) == ids(
        planned("baseline", train__image_size=64, train__eval_size=None)
    )


def test_what_decides_the_outcome_renames(planned: Planned) -> None:
    variants = [
        {}, {"seed": 1}, {"dataset__ratio": 0.1}, {"dataset__split_seed": 1}, {"train__lr": 0.01}, {"train__steps": 9},
        {"train__image_size": 64}, {"train__augment": {"flip": False}}, {"learners__0__arch": "resnet50"},
    ]  # fmt: skip
    assert len({ids(planned("baseline", **variant))[0] for variant in variants}) == len(variants)


def test_balancing_to_what_is_there_is_no_balancing(planned: Planned) -> None:
    plan = planned("artificial-balancing", dataset__ratio="full", sampling__threshold=1.0)
    assert ids(plan) == ids(planned("baseline", dataset__ratio="full"))


def test_the_run_is_named_by_its_members_and_fusion(planned: Planned) -> None:
    assert planned("stack-wl").run.startswith("stack-wl-")
    assert (
        len({planned("stack-wl").run, planned("stack-wl", seed=1).run, planned("stack-wl", fusion__rule="mean-logit").run}) == 3
    )
    assert planned("stack-wl").run == planned("stack-wl", resources__memory="3Gi").run


@pytest.mark.parametrize(
    ("name", "overrides", "said"),
    [
        ("bagging-wl", {"dataset__ratio": "full"}, "no class has more images than the median"),
        ("bagging-wl", {"sampling__threshold": 400}, "A bagging threshold of 400 images gives 1 bag"),
        ("artificial-balancing", {"sampling__threshold": 501}, "501 images per class; the largest class has 500"),
        ("artificial-balancing", {"sampling__threshold": 2.5}, "2.5 images is no whole number"),
        ("artificial-balancing", {"sampling__threshold": 0.0001}, "Use 1 to 500"),
        ("baseline", {"dataset__ratio": 0.001}, "a class is left without an image: 'class45', 'class46', 'class47' and 2 more"),
        ("baseline", {"fusion__target_prior": {"class0": 1.0}}, "must name each class"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused_before_anything_is_created(
    planned: Planned, name: str, overrides: dict[str, object], said: str
) -> None:
    assert said in refusal(planned, name, **overrides)


def test_the_ratio_that_is_advised_for_an_empty_class_is_enough(planned: Planned) -> None:
    with pytest.raises(UsageError) as refused:
        planned("baseline", dataset__ratio=0.001)
    advised = re.search(r"ratio of (\S+) or more", refused.value.do)
    assert advised
    planned("baseline", dataset__ratio=float(advised[1]))
