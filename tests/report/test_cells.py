from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from ltk8s.metrics import holm, mcnemar, resampled_mean, t_interval, wilson
from ltk8s.report import collect
from ltk8s.report.study import Cell, Study
from ltk8s.store import Store
from ltk8s.store.runs import RunRecord

MakeRun = Callable[..., RunRecord]


def cell(study: Study, experiment: str) -> Cell:
    (found,) = (cell for cell in study.cells if cell.experiment == experiment)
    return found


@pytest.fixture
def three_seeds(store: Store, make_run: MakeRun) -> Study:
    runs = []
    for seed, few in enumerate((40, 38, 42)):
        where = {"seed": seed, "split_seed": seed}
        runs += [make_run("baseline", (90, 50, 10 + seed), **where), make_run("stack-wl", (88, 60, few), **where)]
    return collect(store, runs)


def test_the_seeds_of_an_experiment_are_one_cell(three_seeds: Study) -> None:
    stack = cell(three_seeds, "stack-wl")
    assert [each.correct for each in stack.replicates] == [188, 186, 190]
    assert stack.accuracy == pytest.approx(188 / 300)
    assert stack.groups == pytest.approx({"many": 0.88, "medium": 0.60, "few": 0.40})


def test_each_seed_is_compared_with_the_baseline_of_its_seed_and_draw(three_seeds: Study) -> None:
    stack = cell(three_seeds, "stack-wl")
    assert stack.contrast is not None
    assert stack.contrast.differences == pytest.approx((38 / 300, 35 / 300, 38 / 300))
    assert stack.contrast.t_interval == pytest.approx(t_interval(stack.contrast.differences))
    assert [(each.gained, each.lost) for each in stack.replicates] == [(40, 2), (37, 2), (40, 2)]
    assert stack.replicates[0].mcnemar_p == mcnemar(40, 2)


def test_the_interval_over_seeds_is_of_average_correctness(three_seeds: Study) -> None:
    right = np.array([(i % 100 < 88) * 3 if i < 100 else (i % 100 < 60) * 3 if i < 200 else 0 for i in range(300)])
    right[200:] = [sum(i < few for few in (40, 38, 42)) for i in range(100)]
    labels = np.repeat([0, 1, 2], 100)
    assert cell(three_seeds, "stack-wl").interval == pytest.approx(resampled_mean(right, labels, unit=1 / 3).interval())


def test_one_seed_has_wilsons_interval_and_mcnemars_p(store: Store, make_run: MakeRun) -> None:
    stack = cell(collect(store, [make_run("baseline", (90, 50, 10)), make_run("stack-wl", (88, 60, 40))]), "stack-wl")
    assert stack.interval == pytest.approx(wilson(188, 300))
    assert stack.contrast is not None
    assert stack.contrast.p == mcnemar(40, 2)
    assert stack.contrast.t_interval is None


@pytest.mark.parametrize(
    ("seeds", "given"),
    [
        ([(0, 0)], "this split and seed"),
        ([(0, 0), (1, 0)], "this split"),
        ([(0, 0), (1, 1)], ""),
    ],
)
def test_what_a_difference_is_conditional_on(store: Store, make_run: MakeRun, seeds: list[tuple[int, int]], given: str) -> None:
    runs = []
    for seed, split in seeds:
        where = {"seed": seed, "split_seed": split}
        runs += [make_run("baseline", (90, 50, 10), **where), make_run("stack-wl", (90, 60, 40), **where)]
    contrast = cell(collect(store, runs), "stack-wl").contrast
    assert contrast is not None
    assert contrast.given == given
    assert contrast.draws == len({split for _, split in seeds})


def test_holm_corrects_all_columns_of_a_line(store: Store, make_run: MakeRun) -> None:
    names = {"stacking": (90, 58, 10), "weighted-loss": (90, 50, 22), "stack-wl": (90, 60, 40)}
    study = collect(store, [make_run("baseline", (90, 50, 10)), *(make_run(name, right) for name, right in names.items())])
    contrasts = [cell(study, name).contrast for name in names]
    p = [mcnemar(8, 0), mcnemar(12, 0), mcnemar(40, 0)]
    assert [each.p_holm for each in contrasts if each] == pytest.approx(holm(p))


def test_the_corrected_interval_is_the_wider_one(store: Store, make_run: MakeRun) -> None:
    runs = [make_run("baseline", (90, 50, 10)), make_run("stacking", (90, 58, 10)), make_run("stack-wl", (90, 60, 40))]
    contrast = cell(collect(store, runs), "stack-wl").contrast
    assert contrast is not None
    assert contrast.corrected[0] < contrast.interval[0] < contrast.difference < contrast.interval[1] < contrast.corrected[1]


def test_of_two_runs_with_one_seed_the_newest_counts(store: Store, make_run: MakeRun) -> None:
    old = make_run("baseline", (90, 50, 10), run="baseline-aaaaaaaa")
    new = make_run("baseline", (90, 60, 10), run="baseline-bbbbbbbb", created="2026-02-01T00:00:00+00:00")
    study = collect(store, [old, new])
    assert [each.run for each in cell(study, "baseline").replicates] == [new.run]
    assert len(study.rows) == 2


def test_a_technique_that_ends_in_the_baselines_fusion_is_the_baseline(store: Store, make_run: MakeRun) -> None:
    base = make_run("baseline", (90, 50, 10), ratio=None)
    same = make_run("weighted-loss", ratio=None, fusion=base.fusion, members=base.members)
    other = make_run("stacking", (90, 50, 17), ratio=None)
    study = collect(store, [base, same, other])
    assert cell(study, "weighted-loss").same_as == "baseline"
    assert cell(study, "weighted-loss").contrast is None
    contrast = cell(study, "stacking").contrast
    assert contrast is not None
    assert contrast.p_holm == contrast.p  # it is the only comparison


def test_one_that_ends_in_anothers_fusion_is_that_one_also_where_it_has_fewer_seeds(store: Store, make_run: MakeRun) -> None:
    for seed in (0, 1):
        make_run("baseline", (90, 50, 10), seed=seed)
    stacks = [make_run("stack-la", (90, 50, 20), seed=seed) for seed in (0, 1)]
    make_run("best", seed=1, fusion=stacks[1].fusion, members=stacks[1].members)
    assert cell(collect(store), "best").same_as == "stack-la"


def test_classes_come_by_size_with_their_gain(store: Store, make_run: MakeRun) -> None:
    stack = cell(collect(store, [make_run("baseline", (90, 50, 10)), make_run("stack-wl", (88, 60, 40))]), "stack-wl")
    assert [(each.images, each.accuracy, each.baseline) for each in stack.classes] == [
        (500, 0.88, 0.9),
        (50, 0.6, 0.5),
        (5, 0.4, 0.1),
    ]
    assert stack.classes[2].gain == pytest.approx(0.3)


def test_confusions_are_a_seeds_average(three_seeds: Study) -> None:
    # Every mistake of the synthetic runs is for the next class.
    worst = [(each.label, each.predicted, each.count) for each in cell(three_seeds, "stack-wl").confusions]
    assert worst == [("2", "0", 60), ("1", "2", 40), ("0", "1", 12)]


def test_reliability_pools_the_seeds(three_seeds: Study) -> None:
    stack = cell(three_seeds, "stack-wl")
    (used,) = (each for each in stack.reliability if each.n)
    assert used.n == 900
    assert used.accuracy == pytest.approx(188 / 300)
    assert used.confidence == pytest.approx(np.exp(3) / (np.exp(3) + 2))
    assert stack.ece == pytest.approx(abs(used.confidence - 188 / 300), abs=1e-2)


def test_cost_is_a_seeds_mean_and_relative_to_the_baseline(store: Store, make_run: MakeRun) -> None:
    make_run("baseline", (90, 50, 10), seconds=200.0)
    archs = ("tf_efficientnet_lite0", "tf_efficientnet_lite1", "tf_efficientnet_lite2")
    stack = cell(collect(store, [make_run("stack-wl", (90, 60, 40), seconds=700.0, archs=archs)]), "stack-wl")
    assert (stack.device_seconds, stack.seconds_ratio, stack.parameters_ratio) == (700.0, 3.5, 3.0)


def test_an_interval_of_an_accuracy_stays_within_0_and_1(store: Store, make_run: MakeRun) -> None:
    """Classes of few images are resampled with a wider spread."""
    labels = np.repeat(np.arange(3, dtype=np.int64), (40, 10, 2))
    for seed, right in enumerate(((40, 10, 1), (40, 10, 2), (40, 9, 2))):
        make_run("baseline", right, labels=labels, seed=seed)
    low, high = cell(collect(store), "baseline").balanced_interval
    assert (low < 0.9, high) == (True, 1.0)


def test_the_newest_run_of_a_seed_counts_whatever_offset_its_moment_is_written_with(store: Store, make_run: MakeRun) -> None:
    older = make_run("baseline", (90, 50, 10), run="baseline-b", created="2026-01-01T10:00:00+02:00")
    newer = make_run("baseline", (90, 50, 20), run="baseline-a", created="2026-01-01T09:00:00+00:00")
    (replicate,) = cell(collect(store, [newer, older]), "baseline").replicates
    assert replicate.run == newer.run
