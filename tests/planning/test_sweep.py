"""Sweeps become tasks: what points share, what a fold changes, what is refused."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from ltk8s.data.manifest import Manifest
from ltk8s.errors import UsageError
from ltk8s.planning.planner import Plan
from ltk8s.planning.sweep import SweepPlan, plan_sweep
from ltk8s.planning.task import RankingTask, canonical_json, parse_task
from ltk8s.spec.library import Library
from ltk8s.spec.resolve import resolve_sweep
from tests.cifar50 import weights

Swept = Callable[..., SweepPlan]


@pytest.fixture
def swept(manifest: Manifest, tmp_path: Path) -> Swept:
    """Plan a sweep: ``swept(base="stack-la", list=[…])``, at ratio 0.02."""

    def build(ratio: Any = 0.02, seed: int = 0, **fields: Any) -> SweepPlan:
        path = tmp_path / "mine.yaml"
        path.write_text(yaml.safe_dump({"kind": "sweep", "title": "Mine", "base": "baseline", **fields}))
        overrides = {"dataset.ratio": ratio, "seed": seed}
        resolved = resolve_sweep(Library(), str(path), profile="cpu", overrides=overrides)
        return plan_sweep(resolved, manifest, weights, profile="cpu")

    return build


def refusal(swept: Swept, **fields: Any) -> str:
    with pytest.raises(UsageError) as caught:
        swept(**fields)
    return str(caught.value)


def test_each_point_trains_once_a_fold_and_never_sees_it(swept: Swept) -> None:
    plan = swept(list=[{}, {"train.lr": 0.01}])
    folds = [(task.fold.index, task.fold.of) for task in plan.learners if task.fold]
    assert folds == [(0, 3), (1, 3), (2, 3)] * 2
    assert [len(point.folds) for point in plan.ranking.points] == [3, 3]
    assert plan.ranking.members == tuple(task.id for task in plan.learners)


def test_points_that_differ_in_the_fusion_only_share_their_learners(swept: Swept) -> None:
    plan = swept(base="stacking", list=[{}, {"fusion.rule": "mean-logit"}, {"fusion.temperature": 2}])
    assert len(plan.learners) == 9
    assert len({point.folds for point in plan.ranking.points}) == 1
    assert len({point.fusion for point in plan.ranking.points}) == 3


def test_two_sweeps_share_the_learners_of_the_points_that_they_share(swept: Swept) -> None:
    one, more = swept(list=[{}, {"train.lr": 0.01}]), swept(list=[{}, {"train.lr": 0.01}, {"train.lr": 0.02}])
    assert {task.id for task in one.learners} < {task.id for task in more.learners}
    assert one.run != more.run


def test_without_folds_the_learners_are_the_experiments_own(swept: Swept, planned: Callable[..., Plan]) -> None:
    plan = swept(select="none", list=[{}, {"train.lr": 0.01}])
    assert plan.learners[0].id == planned("baseline").learners[0].id
    assert plan.ranking.folds == 0
    assert "This sweep selects nothing: it shows test accuracies." in plan.notes


def test_the_default_is_the_point_that_changes_nothing_however_it_is_written(swept: Swept) -> None:
    plan = swept(grid={"train.lr": [0.001, 0.002], "train.batch_size": [64]})
    assert [point.default for point in plan.ranking.points] == [False, True]  # the profile cpu has 0.002 and 64
    assert [point.default for point in swept(list=[{"train.lr": 0.1}, {"train.lr": 0.2}]).ranking.points] == [False, False]


def test_points_that_come_to_the_same_are_one_and_it_is_said(swept: Swept) -> None:
    plan = swept(list=[{}, {"train.lr": 0.002}, {"train.lr": 0.1}])
    assert [point.label for point in plan.ranking.points] == ["default", "lr 0.1"]
    assert plan.notes == ("The point 'lr 0.002' is the same as 'default', and is left out.",)


def test_a_fraction_of_the_largest_class_means_the_same_with_a_fold(swept: Swept, planned: Callable[..., Plan]) -> None:
    balanced = swept(base="artificial-balancing", list=[{}, {"sampling.threshold": 1.0}])
    assert {task.sampling.threshold for task in balanced.learners if task.sampling.rule == "balanced"} == {
        200, 333, 334,
    }  # fmt: skip
    bags = swept(base="bagging-wl", list=[{}, {"sampling.threshold": 0.5}])
    assert [len(point.folds[0]) for point in bags.ranking.points] == [len(planned("bagging-wl").learners), 2]


def test_classes_with_one_image_are_counted(swept: Swept) -> None:
    (note,) = [note for note in swept(ratio=0.003, list=[{}, {"train.lr": 0.1}]).notes if "single image" in note]
    assert note == "3 classes of 50 with a single image: it is always trained on, so those are left out of the selection."


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"list": [{}]}, "has a single point"),
        ({"list": [{}, {"train.lr": 0.002}]}, "has a single point"),
        ({"list": [{}, {"fusion.tau_norm": 1}]}, "a ranking has their logits only. Sweep fusion.logit_adjustment."),
        ({"base": "bagging-wl", "ratio": "full", "list": [{}, {"train.lr": 1}]}, "At the point 'default' of the sweep"),
        ({"base": "bagging-wl", "list": [{}, {"sampling.threshold": 0.9}]}, "At the point 'threshold 0.9' of the sweep"),
    ],
)
def test_what_cannot_be_ranked_is_refused_naming_the_point(swept: Swept, fields: dict[str, Any], said: str) -> None:
    assert said in refusal(swept, **fields)


def test_flipping_is_refused_unless_the_learners_flip_anyway(swept: Swept) -> None:
    points = [{}, {"fusion.flip": True}, {"train.lr": 0.1}]
    assert [point.label for point in swept(list=points).ranking.points] == ["default", "lr 0.1"]  # the profile cpu flips
    assert "Sweep train.eval_flip." in refusal(swept, list=points, set={"train.eval_flip": False})


def test_a_ranking_too_large_for_a_pods_environment_is_refused(swept: Swept) -> None:
    many = {"fusion.temperature": [1 + i / 100 for i in range(250)]}
    assert "too large for one ranking" in refusal(swept, base="bagging-wl", grid=many)


def test_a_ranking_survives_its_canonical_json_and_has_a_dns_name(swept: Swept) -> None:
    task = swept(list=[{}, {"train.loss": {"name": "logit-adjustment"}, "label": "LA"}]).ranking
    again = parse_task(canonical_json(task))
    assert isinstance(again, RankingTask)
    assert (again, again.id) == (task, task.id)
    assert task.id.startswith("ranking-cifar50-0-02-2p-")


def test_ids_of_sweeps_never_change_by_accident(swept: Swept) -> None:
    """As with the golden ids: if this fails, old rankings and fold learners would no longer be found."""
    plan = swept(base="stack-la", set={"train.epochs": 3, "train.image_size": 64, "train.lr": 0.001, "train.layer_decay": 1,
                                       "train.augment": {}, "train.eval_flip": False},
                 list=[{}, {"train.loss.tau": 1.5}])  # fmt: skip
    assert [plan.learners[0].id, plan.ranking.id] == GOLDEN


GOLDEN = ["cifar50-0-02-lite0-la-s0-f0-c73e6ba0d0", "ranking-cifar50-0-02-2p-42f10d3af0"]


def test_more_folds_than_can_hold_out_an_image_are_refused(manifest: Manifest, tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    fields = {"kind": "sweep", "title": "Mine", "base": "baseline", "list": [{}, {"train.lr": 0.1}], "select": {"folds": 20}}
    path.write_text(yaml.safe_dump(fields))
    few = manifest.model_copy(update={"classes": ("a", "b", "c"), "train_counts": (5, 3, 1), "test_counts": (2, 2, 2)})
    resolved = resolve_sweep(Library(), str(path), profile="cpu", overrides={"dataset.ratio": "full"})
    with pytest.raises(UsageError, match=r"Of 20 folds one has no image: there are 9\. Use fewer folds"):
        plan_sweep(resolved, few, weights, profile="cpu")
