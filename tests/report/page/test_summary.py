from __future__ import annotations

from collections.abc import Callable

from ltk8s.report import collect
from ltk8s.report.page.summary import summary
from ltk8s.store import Store
from ltk8s.store.runs import RunRecord

MakeRun = Callable[..., RunRecord]


def make_technique(make_run: MakeRun, name: str, gains: dict[float, int], dataset: str = "cifar50") -> None:
    """Write a technique's run at each ratio: so many more of its 300 answers are right than of the baseline's."""
    for ratio, gain in gains.items():
        make_run(name, (80, 60, 10 + gain), ratio=ratio, dataset=dataset)


def test_techniques_of_other_ratios_are_not_compared(store: Store, make_run: MakeRun) -> None:
    make_technique(make_run, "baseline", {0.1: 0, 0.02: 0, 0.005: 0})
    make_technique(make_run, "better", {0.1: 3, 0.02: 30, 0.005: 60})
    make_technique(make_run, "worse-everywhere", {0.02: 24, 0.005: 54})
    assert summary(collect(store)).startswith(
        "Better improves most on the baseline on average over ratios 0.1, 0.02 and 0.005: +10.3 points"
    )


def test_a_technique_of_more_ratios_is_compared_over_those_that_most_have(store: Store, make_run: MakeRun) -> None:
    make_technique(make_run, "baseline", {0.1: 0, 0.02: 0, 0.005: 0})
    make_technique(make_run, "second", {0.02: 24, 0.005: 54})
    make_technique(make_run, "third", {0.02: 21, 0.005: 51})
    make_technique(make_run, "better", {0.1: 3, 0.02: 30, 0.005: 60})
    said = summary(collect(store))
    assert said.startswith("Better improves most on the baseline on average over ratios 0.02 and 0.005: +15.0 points")
    assert "(+10.3 over all its 3 ratios, 95 % interval" in said


def test_each_data_set_has_its_own_sentence(store: Store, make_run: MakeRun) -> None:
    for dataset, gain in (("cifar50", 30), ("toy", 60)):
        make_technique(make_run, "baseline", {0.1: 0, 0.02: 0}, dataset)
        make_technique(make_run, f"best-on-{dataset}", {0.1: gain, 0.02: gain}, dataset)
    said = summary(collect(store))
    where = "improves most on the baseline on average over ratios 0.1 and 0.02 on"
    assert f"Best on cifar50 {where} cifar50, profile cpu: +10.0 points" in said
    assert f"Best on toy {where} toy, profile cpu: +20.0 points" in said


def test_a_clear_gain_is_told_before_a_larger_one_that_may_be_chance(store: Store, make_run: MakeRun) -> None:
    make_technique(make_run, "baseline", {0.1: 0, 0.02: 0})
    make_technique(make_run, "clear", {0.1: 8, 0.02: 8})
    for ratio in (0.1, 0.02):
        make_run("noisy", (50, 100, 10), ratio=ratio)
    study = collect(store)
    noisy, clear = sorted(study.averages, key=lambda average: -average.difference)
    assert (noisy.experiment, noisy.interval[0] < 0, clear.interval[0] > 0) == ("noisy", True, True)
    assert summary(study).startswith(
        "Clear has the largest clear gain on the baseline on average over ratios 0.1 and 0.02: +2.7 points"
    )
