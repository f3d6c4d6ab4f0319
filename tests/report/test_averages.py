from __future__ import annotations

from collections.abc import Callable

import pytest

from ltk8s.report import collect
from ltk8s.report.averages import ALL, published_average
from ltk8s.store import Store
from ltk8s.store.runs import RunRecord

MakeRun = Callable[..., RunRecord]


@pytest.mark.parametrize(
    ("experiment", "average"),
    [
        ("artificial-balancing", 0.0253),
        ("weighted-loss", 0.0187),
        ("bagging-wl", 0.0173),
        ("stacking", 0.0305),
        ("stack-wl", 0.0786),
    ],
)
def test_the_reports_averages_are_recomputed_from_its_table(experiment: str, average: float) -> None:
    assert published_average("cifar50", experiment, ALL) == pytest.approx(average, abs=5e-5)


def test_our_average_is_over_ratios_beside_the_reports(store: Store, make_run: MakeRun) -> None:
    runs = []
    for ratio, gain in ((0.1, 6), (0.02, 30)):
        runs += [make_run("baseline", (90, 50, 10), ratio=ratio), make_run("stack-wl", (90, 50, 10 + gain), ratio=ratio)]
    (average,) = collect(store, runs).averages
    assert average.ratios == (0.1, 0.02)
    assert average.improvements == pytest.approx((0.02, 0.10))
    assert average.difference == pytest.approx(0.06)
    assert average.interval[0] < 0.06 < average.interval[1]
    assert (average.published, average.printed) == (pytest.approx(0.0786, abs=5e-5), 0.079)
    assert average.published_same == pytest.approx((0.0637 + 0.0949) / 2)


def test_seeds_of_one_ratio_do_not_outweigh_another_ratio(store: Store, make_run: MakeRun) -> None:
    runs = [make_run("baseline", (90, 50, 10), ratio=0.1), make_run("stack-wl", (90, 50, 16), ratio=0.1)]
    for seed in range(3):
        runs += [make_run("baseline", (90, 50, 10), seed=seed), make_run("stack-wl", (90, 50, 40), seed=seed)]
    (average,) = collect(store, runs).averages
    assert average.difference == pytest.approx((0.02 + 0.10) / 2)
    assert average.interval[0] < average.difference < average.interval[1]


def test_one_ratio_is_no_average(store: Store, make_run: MakeRun) -> None:
    assert collect(store, [make_run("baseline", (90, 50, 10)), make_run("stack-wl", (90, 60, 40))]).averages == ()


def test_another_setting_at_one_ratio_takes_nothing_from_an_average(store: Store, make_run: MakeRun) -> None:
    runs = []
    for ratio in (0.1, 0.02, 0.005):
        runs += [make_run("baseline", (90, 50, 10), ratio=ratio), make_run("stack-la", (90, 50, 40), ratio=ratio)]
    runs.append(make_run("stack-la", (90, 50, 70), spec={"train": {"lr": 0.004}}))
    (average,) = collect(store, runs).averages
    assert average.label == "Stack la"
    assert average.ratios == (0.1, 0.02, 0.005)
    assert average.difference == pytest.approx(0.10)
