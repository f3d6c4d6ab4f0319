"""Rankings of predictions made by hand: what is pooled, what is counted, what is refused."""

import subprocess
import sys

import numpy as np
import pytest

from ltk8s.errors import MembersError, TaskError
from ltk8s.planning.task import DatasetRef
from ltk8s.store import layout

ALL = np.arange(13)


def test_folds_are_pooled_and_counted_by_class(world):
    point = world.point("a", np.array([0, 1, 2, 6, 7, 10]))  # 3 of 6 cats, 2 of 4 dogs, 1 of 3 eels
    ranking, _ = world.rank(world.ranking(point))
    (scored,) = ranking.points
    assert (scored.n, scored.correct) == (13, 6)
    assert scored.per_class == {"correct": [3, 2, 1, 0], "n": [6, 4, 3, 0]}
    assert scored.balanced_accuracy == pytest.approx((3 / 6 + 2 / 4 + 1 / 3) / 3)
    assert scored.standard_error == pytest.approx(np.sqrt(0.25 / 5 + 0.25 / 3 + (2 / 9) / 2) / 3)
    assert (ranking.selects, ranking.folds, ranking.n, ranking.excluded) == ("oof", 3, 13, ("fly",))
    assert scored.groups["few"] == {"classes": 4, "n": 13, "correct": 6}


def test_each_point_is_compared_with_the_best_image_by_image(world):
    half = np.array([0, 1, 2, 6, 7, 10])
    points = [world.point("half", half), world.point("all", ALL, seed=1), world.point("all again", ALL, seed=2)]
    ranking, result = world.rank(world.ranking(*points))
    behind, best, same = (scored.against_best for scored in ranking.points)
    assert best is None
    assert behind.difference == pytest.approx((3 / 6 + 2 / 4 + 1 / 3) / 3 - 1)
    assert behind.interval[0] < behind.difference < behind.interval[1] < 0
    assert behind.p < 0.05
    assert (same.difference, same.interval, same.p) == (0, (0, 0), 1)
    table = world.store.get(result.key("table.csv")).decode().splitlines()
    assert [line.split(",")[3] for line in table] == ["against_best", "", "0.0", "-0.5556"]


def test_cost_is_that_of_all_folds_and_parameters_those_of_one(world):
    ranking, _ = world.rank(world.ranking(world.point("a", ALL)))
    (scored,) = ranking.points
    assert (scored.parameters, scored.device_seconds, scored.compute) == (10, 6.0, 3 * 100 * 50)
    assert scored.networks == ("net",)
    assert len(scored.members) == 3


def test_the_compute_of_growing_images_goes_with_their_area(world):
    task = world.task(image_size=[16, 32])
    id = world.commit(task, np.eye(4)[[0] * 5], np.array([0, 3, 6, 9, 12]))
    point = world.point("a", ALL).model_copy(update={"folds": ((id,),)})
    (scored,) = world.rank(world.ranking(point))[0].points
    assert scored.compute == pytest.approx(100 * 50 * (16**2 + 32**2) / 2 / 32**2)


def test_the_choice_and_its_reason_are_committed_with_a_table(world):
    task = world.ranking(
        world.point("base", np.array([0]), default=True), world.point("better", ALL, seed=1, settings={"train.lr": 0.1})
    )
    ranking, result = world.rank(task)
    assert (ranking.best, ranking.chosen) == (1, 1)
    assert ranking.points[1].settings == {"train.lr": 0.1}
    assert ranking.reason.startswith("better is best by more than one standard error")
    assert set(result.artifacts) == {"table.csv", "table.md", "log.txt"}
    lines = world.store.get(result.key("table.csv")).decode().splitlines()
    assert [line.split(",")[0] for line in lines] == ["point", "better", "base"]
    assert lines[1].endswith("chosen")
    assert world.store.get(result.key("table.md")).decode().startswith("| point | balanced_accuracy |")
    assert "torch" not in result.provenance


def test_several_members_are_fused_fold_by_fold(world):
    rows = np.array([0, 6])
    sure, unsure = np.array([[9.0, 0, 0, 0], [9, 0, 0, 0]]), np.array([[0, 2.0, 0, 0], [0, 2, 0, 0]])
    ids = tuple(world.commit(world.task(seed=seed), logits, rows) for seed, logits in enumerate((sure, unsure, unsure)))
    point = world.point("a", ALL).model_copy(update={"folds": (ids,)})
    logit = point.model_copy(update={"label": "b", "fusion": point.fusion.model_copy(update={"rule": "mean-logit"})})
    cooled = point.model_copy(update={"label": "c", "fusion": point.fusion.model_copy(update={"temperature": 100.0})})
    ranking, _ = world.rank(world.ranking(point, logit, cooled))
    # mean p: cat (.9996 + 2·.096)/3 = .40, dog 2·.711/3 = .47; mean logit: cat 3, dog 4/3; cooled: as the mean logit.
    assert [scored.per_class["correct"] for scored in ranking.points] == [[0, 1, 0, 0], [1, 0, 0, 0], [1, 0, 0, 0]]


def test_post_hoc_adjustment_and_prior_correction_use_what_each_member_was_shown(world, fusion):
    rows = np.array([0, 12])  # a cat and an eel; both look like cats to a network that was shown six cats and three eels
    id = world.commit(world.task(), np.array([[1.0, -9, 0.0, -9], [1, -9, 0.9, -9]]), rows)
    plain = world.point("a", ALL).model_copy(update={"folds": ((id,),)})
    kinds = {
        "plain": fusion(),
        "post hoc": fusion(logit_adjustment=1.0),  # + log 2 for eel over cat
        "corrected": fusion(prior_correction=True),
        "to train": fusion(prior_correction=True, target_prior="train"),
        "to eels": fusion(prior_correction=True, target_prior={"cat": 0.1, "dog": 0.1, "eel": 0.7, "fly": 0.1}),
    }
    points = [plain.model_copy(update={"label": name, "fusion": own}) for name, own in kinds.items()]
    ranking, _ = world.rank(world.ranking(*points))
    right = {scored.label: (scored.per_class["correct"][0], scored.per_class["correct"][2]) for scored in ranking.points}
    assert right == {
        "plain": (1, 0), "post hoc": (1, 1), "corrected": (1, 1), "to train": (1, 0), "to eels": (0, 1),
    }  # fmt: skip


def test_where_nothing_is_selected_test_accuracies_are_shown_and_none_is_chosen(world):
    rows = np.array([0, 6, 10, 13])
    points = []
    for seed, predicted in enumerate(([0, 1, 0, 0], [0, 1, 2, 0])):
        id = world.commit(world.task(fold=None, seed=seed), np.eye(4)[predicted], rows)
        points.append(world.point("a", ALL).model_copy(update={"label": str(seed), "folds": ((id,),)}))
    ranking, _ = world.rank(world.ranking(*points, folds=0))
    assert (ranking.selects, ranking.folds, ranking.best, ranking.chosen, ranking.n) == ("nothing", 0, 1, None, 4)
    assert ranking.excluded == ()
    assert [scored.accuracy for scored in ranking.points] == [0.5, 0.75]
    behind, best = (scored.against_best for scored in ranking.points)
    assert (behind.difference, behind.p, best) == (-0.25, 1.0, None)  # one image: McNemar's p of one coin is 1


# What goes wrong.


def test_missing_members_are_all_named(world):
    point = world.point("a", ALL)
    for (id,) in point.folds[:2]:
        world.store.delete(layout.result("learner", id))
    with pytest.raises(MembersError) as caught:
        world.rank(world.ranking(point))
    assert "2 of 3 members are not committed" in caught.value.what
    assert all(id in caught.value.what for (id,) in point.folds[:2])


def test_a_damaged_member_is_set_aside_so_that_it_is_trained_anew(world):
    point = world.point("a", ALL)
    ((id,), *_) = point.folds
    (key,) = [
        found.key for found in world.store.list(f"learners/{id}/attempts/") if found.key.endswith("predictions.safetensors")
    ]
    world.store.put(key, world.store.get(key)[:-1] + b"x")
    with pytest.raises(MembersError, match="is set aside"):
        world.rank(world.ranking(point))
    assert not world.store.exists(layout.result("learner", id))
    assert world.store.exists(layout.bad_result("learner", id))


def test_points_that_saw_different_images_cannot_be_compared(world):
    whole, part = world.point("a", ALL), world.point("b", ALL, seed=1)
    part = part.model_copy(update={"folds": part.folds[:2]})
    with pytest.raises(MembersError, match="'b' was evaluated on other images"):
        world.rank(world.ranking(whole, part))


def test_members_of_a_fold_must_have_predicted_the_same_images(world):
    one = world.commit(world.task(), np.eye(4)[[0, 0]], np.array([0, 3]))
    two = world.commit(world.task(seed=1), np.eye(4)[[0, 0]], np.array([0, 6]))
    point = world.point("a", ALL).model_copy(update={"folds": ((one, two),)})
    with pytest.raises(MembersError, match=r"has predicted other images than"):
        world.rank(world.ranking(point))


def test_a_member_of_another_data_set_is_refused(world):
    task = world.task(dataset=DatasetRef(name="other", fingerprint="f" * 16), seed=7)
    id = world.commit(task, np.eye(4)[[0]], np.array([0]))
    point = world.point("a", ALL).model_copy(update={"folds": ((id,),)})
    with pytest.raises(MembersError, match="another data set or split"):
        world.rank(world.ranking(point))


def test_a_data_set_that_is_gone_is_a_bad_task(world):
    point = world.point("a", ALL)
    world.store.delete(layout.dataset_manifest("four", "0123456789abcdef"))
    with pytest.raises(TaskError, match="'four' cannot be read"):
        world.rank(world.ranking(point))


def test_a_ranking_needs_no_torch():
    code = "import ltk8s.ranking.rank, ltk8s.worker, sys; print([name for name in ('torch', 'timm') if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_a_class_of_one_group_which_is_always_trained_on_is_named_as_left_out(world, monkeypatch):
    monkeypatch.setattr("tests.ranking.conftest.HELD_OUT", (np.array([0, 3, 6]), np.array([1, 4, 7]), np.array([2, 5, 8, 9])))
    ranking, _ = world.rank(world.ranking(world.point("a", ALL)))
    assert ranking.points[0].per_class["n"] == [6, 4, 0, 0]
    assert ranking.excluded == ("eel", "fly")
