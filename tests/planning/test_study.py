"""A study's cells: which are one run, what is left to do, what fits into a budget."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest

from ltk8s.data.draw import draw
from ltk8s.data.manifest import Manifest
from ltk8s.planning.estimate import Rates
from ltk8s.planning.planner import Plan, plan_learners
from ltk8s.planning.study import BEYOND, UNKNOWN, Planned, arrange, evaluated_by, images_of, seconds_by
from ltk8s.planning.sweep import AnyPlan
from ltk8s.planning.task import Fold, LearnerTask
from ltk8s.spec.library import Library
from ltk8s.spec.study import Cell
from tests.cifar50 import weights

Cells = Callable[..., list[Planned]]


@pytest.fixture
def cells(planned: Callable[..., Plan]) -> Cells:
    """Cells of presets at one ratio: ``cells("baseline", "stacking", ratio="full")``."""

    def build(*names: str, ratio: Any = 0.02, seed: int = 0) -> list[Planned]:
        return [Planned(Cell("part", name, ratio, seed, {}), planned(name, dataset__ratio=ratio, seed=seed)) for name in names]

    return build


def ten_each(plan: AnyPlan, learners: Sequence[LearnerTask]) -> float:
    """Ten seconds a learner, one the fusion."""
    return 10.0 * len(learners) + 1


def of(arranged: list[Planned], **wanted: Any) -> dict[str, Any]:
    (name,) = wanted
    return {each.cell.experiment: getattr(each, name) for each in arranged}


def test_a_learner_is_trained_by_the_first_that_needs_it(cells: Cells) -> None:
    arranged = arrange(cells("baseline", "stacking", "weighted-loss", "stack-wl"), frozenset(), ten_each)
    assert [len(each.new) for each in arranged] == [1, 2, 1, 2]
    assert [each.seconds for each in arranged] == [11, 21, 11, 21]
    assert all(each.runs for each in arranged)


def test_what_is_committed_costs_nothing(cells: Cells) -> None:
    asked = cells("baseline", "stacking")
    assert asked[0].plan
    assert asked[1].plan
    done = {asked[0].plan.learners[0].id, asked[0].plan.last.id, asked[1].plan.learners[1].id}
    assert [each.seconds for each in arrange(asked, done, ten_each)] == [0, 11]


def test_a_learner_of_a_finished_cell_that_has_to_be_made_anew_counts_where_it_is_needed(cells: Cells) -> None:
    asked = cells("baseline", "stacking")
    assert asked[0].plan
    arranged = arrange(asked, {asked[0].plan.last.id}, ten_each)
    assert [len(each.new) for each in arranged] == [0, 3]
    assert [each.seconds for each in arranged] == [0, 31]


def test_on_a_balanced_set_columns_are_the_same_as_baseline_or_stacking(cells: Cells) -> None:
    arranged = arrange(cells("weighted-loss", "stack-la", "baseline", "stack-wl", "stacking", ratio="full"), set(), ten_each)
    assert of(arranged, same_as=str) == {
        "weighted-loss": "baseline", "stack-la": "stacking", "baseline": "", "stack-wl": "stacking", "stacking": "",
    }  # fmt: skip
    assert [each.cell.experiment for each in arranged if each.runs] == ["baseline", "stacking"]


def test_a_cell_that_was_asked_for_before_is_not_asked_for_again(cells: Cells) -> None:
    assert len(arrange([*cells("baseline"), *cells("stacking", "baseline")], set(), ten_each)) == 2


def test_a_budget_keeps_what_comes_first_and_lets_nothing_later_pass(cells: Cells) -> None:
    asked = cells("baseline", "stacking", "weighted-loss")
    arranged = arrange(asked, set(), ten_each, budget=15)
    assert of(arranged, dropped=str) == {"baseline": "", "stacking": BEYOND, "weighted-loss": BEYOND}
    assert [each.cell.experiment for each in arrange(asked, set(), ten_each, budget=32) if each.runs] == [
        "baseline",
        "stacking",
    ]


def test_what_a_dropped_cell_would_have_trained_is_no_gift_to_the_next(cells: Cells) -> None:
    arranged = arrange(cells("stacking", "baseline"), set(), ten_each, budget=5)
    assert of(arranged, dropped=str) == {"stacking": BEYOND, "baseline": BEYOND}
    assert [len(each.new) for each in arranged] == [3, 1]


def test_what_costs_nothing_is_kept_beyond_the_budget(cells: Cells) -> None:
    asked = cells("stacking", "baseline")
    assert asked[1].plan
    done = {asked[1].plan.last.id, asked[1].plan.learners[0].id}
    assert of(arrange(asked, done, ten_each, budget=5), dropped=str) == {"stacking": BEYOND, "baseline": ""}


def test_what_is_the_same_as_a_dropped_cell_is_dropped_too(cells: Cells) -> None:
    arranged = arrange(cells("weighted-loss", "baseline", ratio="full"), set(), ten_each, budget=5)
    assert of(arranged, dropped=str) == {"weighted-loss": BEYOND, "baseline": BEYOND}


def test_without_a_time_a_cell_runs_unless_there_is_a_budget(cells: Cells) -> None:
    def unknown(plan: AnyPlan, learners: Sequence[LearnerTask]) -> float | None:
        return None if len(plan.learners) == 3 else 10.0

    asked = cells("stacking", "baseline")
    assert [each.runs for each in arrange(asked, set(), unknown)] == [True, True]
    assert of(arrange(asked, set(), unknown, budget=20), dropped=str) == {"stacking": UNKNOWN, "baseline": ""}


def test_a_cell_that_cannot_be_planned_stays_with_its_reason(cells: Cells) -> None:
    impossible = Planned(Cell("part", "bagging-wl", "full", 0, {}), None, dropped="no majority class")
    assert arrange([impossible, *cells("baseline")], set(), ten_each)[0] == impossible


@pytest.mark.parametrize("name", ["baseline", "artificial-balancing", "bagging-wl", "class-aware"])
@pytest.mark.parametrize("fold", [None, Fold(index=1, of=3)])
def test_images_are_counted_as_the_learner_draws_them(name: str, fold: Fold | None, manifest: Manifest) -> None:
    _, experiment = Library().experiment(name, profile="cpu", overrides={"dataset.ratio": 0.02})
    task = plan_learners(experiment, manifest, weights, fold).tasks[0]
    labels = np.repeat(np.arange(50), 500)
    sampling: Any = {
        "balanced": lambda s: ("balanced", s.threshold), "bag": lambda s: ("bag", s.index, s.of),
    }.get(task.sampling.rule, lambda s: ("all",))(task.sampling)  # fmt: skip
    rows, held_out = draw(labels, 50, ratio=0.02, split_seed=0, fold=(fold.index, fold.of) if fold else None, sampling=sampling)
    assert images_of(task, manifest) == len(rows)
    assert evaluated_by(task, manifest) == (len(held_out) if fold else 5000)


def test_a_run_takes_its_learners_and_evaluating_them_once_more(planned: Callable[..., Plan], manifest: Manifest) -> None:
    plan, rates = planned("baseline"), Rates()
    learner = plan.learners[0]
    trained = rates.seconds(learner, 6369, 5000)
    evaluated = trained - rates.seconds(learner, 6369, 0)  # type: ignore[operator]
    seconds = seconds_by(rates, manifest)
    assert seconds(plan, plan.learners) == pytest.approx(trained + evaluated)  # type: ignore[operator]
    assert seconds(plan, []) == pytest.approx(evaluated)


def test_a_run_is_wanted_as_early_as_the_first_cell_that_it_stands_for(cells: Cells) -> None:
    asked = [*cells("weighted-loss", ratio="full"), *cells("stack-wl"), *cells("baseline", ratio="full")]
    arranged = arrange(asked, frozenset(), ten_each, budget=12)
    assert [(each.cell.experiment, each.same_as, each.dropped) for each in arranged] == [
        ("baseline", "", ""), ("weighted-loss", "baseline", ""), ("stack-wl", "", BEYOND),
    ]  # fmt: skip
