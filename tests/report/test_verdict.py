from __future__ import annotations

from collections.abc import Callable

import numpy as np

from ltk8s.report import collect
from ltk8s.store import Store
from ltk8s.store.runs import RunRecord

MakeRun = Callable[..., RunRecord]


def verdict(store: Store, *runs: RunRecord) -> str:
    (only,) = collect(store, runs).verdicts
    return only.sentence


def test_a_real_gain_says_how_much_where_and_at_what_cost(store: Store, make_run: MakeRun) -> None:
    base = make_run("baseline", (90, 50, 10))
    stack = make_run("stack-wl", (88, 60, 40), seconds=310.0, archs=("tf_efficientnet_lite0", "tf_efficientnet_lite1"))
    assert verdict(store, base, stack) == (
        "On cifar50 at ratio 0.02 (profile cpu), "
        "Stack wl beats the baseline by 12.7 points (188 against 150 of 300 right; 95 % interval "
        "+9.0 to +16.3, clear of 0: real, given this split and seed); classes with few images gain most (+30.0) and "
        "classes with many images lose (−2.0), at 3.1 × the device-seconds and 2.0 × the parameters."
    )


def test_of_several_techniques_the_best_is_named(store: Store, make_run: MakeRun) -> None:
    runs = make_run("baseline", (90, 50, 10)), make_run("stacking", (90, 57, 10)), make_run("stack-wl", (90, 50, 40))
    assert "Stack wl, the best of 2 techniques, beats the baseline by 10.0 points" in verdict(store, *runs)


def test_a_small_difference_cannot_be_told(store: Store, make_run: MakeRun) -> None:
    sentence = verdict(store, make_run("baseline", (90, 50, 10)), make_run("stack-wl", (90, 53, 9)))
    assert sentence == (
        "On cifar50 at ratio 0.02 (profile cpu), "
        "Stack wl cannot be told from the baseline: +0.7 points (95 % interval −0.7 to +2.0, "
        "which holds 0); the smallest difference that 300 images can show is about 1.9 points."
    )


def test_a_difference_that_does_not_survive_correction_is_not_real(store: Store, make_run: MakeRun) -> None:
    runs = [make_run("baseline", (90, 50, 10)), make_run("stacking", (90, 50, 17))]
    runs += [make_run(name, (90, 50, 10)) for name in ("weighted-loss", "bagging-wl", "stack-wl", "stack-la")]
    sentence = verdict(store, *runs)
    assert "Stacking, the best of 5 techniques, cannot be told from the baseline: +2.3 points" in sentence
    assert "clear of 0, but p is .078 after correction for 5 comparisons" in sentence


def test_an_interval_that_only_just_clears_0_is_not_enough(store: Store, make_run: MakeRun) -> None:
    sentence = verdict(store, make_run("baseline", (90, 50, 10)), make_run("stack-wl", (90, 50, 15)))
    assert "cannot be told from the baseline: +1.7 points (95 % interval +0.3 to +3.3, clear of 0, but p is .062)" in sentence


def test_a_technique_that_does_harm_is_said_to(store: Store, make_run: MakeRun) -> None:
    sentence = verdict(store, make_run("baseline", (90, 60, 40)), make_run("stack-wl", (90, 50, 10)))
    assert "Stack wl is worse than the baseline by 13.3 points" in sentence
    assert sentence.endswith("it does harm.")


def test_the_same_answers_change_nothing(store: Store, make_run: MakeRun) -> None:
    sentence = verdict(store, make_run("baseline", (90, 60, 40)), make_run("stack-wl", (90, 60, 40)))
    assert sentence.endswith("is right on exactly the same images as the baseline: it changes nothing here.")


def test_without_a_baseline_there_is_nothing_to_compare_with(store: Store, make_run: MakeRun) -> None:
    sentence = verdict(store, make_run("stack-wl", (90, 60, 40)))
    assert sentence.endswith("has nothing to be compared with: no baseline was submitted in this setting.")


def test_a_baseline_alone_has_no_rival(store: Store, make_run: MakeRun) -> None:
    assert verdict(store, make_run("baseline", (90, 60, 40))) == (
        "On cifar50 at ratio 0.02 (profile cpu), "
        "Baseline has 190 of 300 right; no technique is finished that could be compared with it."
    )


def test_nothing_finished_is_said_so(store: Store, make_run: MakeRun) -> None:
    assert verdict(store, make_run("baseline")) == "On cifar50 at ratio 0.02 (profile cpu), no run is finished yet."


def test_an_uneven_test_set_is_judged_by_balanced_accuracy(store: Store, make_run: MakeRun) -> None:
    labels = np.repeat(np.arange(3, dtype=np.int64), [200, 80, 20])
    base, stack = make_run("baseline", (180, 40, 2), labels=labels), make_run("stack-la", (160, 48, 12), labels=labels)
    assert "beats the baseline by 16.7 points of balanced accuracy (.667 against .500; 95 % interval" in verdict(
        store, base, stack
    )


def test_each_line_of_the_table_has_its_verdict(store: Store, make_run: MakeRun) -> None:
    others = [{"ratio": 0.02}, {"ratio": None}, {"ratio": 0.02, "seed": 1, "split_seed": 1}, {"profile": "paper"}]
    study = collect(store, [make_run("baseline", (90, 60, 40), **other) for other in others])
    assert [verdict.sentence.split("), ")[0] for verdict in study.verdicts] == [
        "On cifar50 at all images (profile cpu",
        "On cifar50 at ratio 0.02 (profile cpu",
        "On cifar50 at ratio 0.02 (profile paper",
    ]


def test_seeds_that_agree_are_counted(store: Store, make_run: MakeRun) -> None:
    runs = []
    for seed in range(3):
        where = {"seed": seed, "split_seed": seed}
        runs += [make_run("baseline", (90, 50, 10), **where), make_run("stack-wl", (90, 60, 40 - seed), **where)]
    sentence = verdict(store, *runs)
    assert "beats the baseline by 13.0 points (.630 against .500;" in sentence
    assert "clear of 0, all 3 seeds agree, +13.3 +13.0 +12.7: real)" in sentence


def test_a_seed_that_disagrees_is_named(store: Store, make_run: MakeRun) -> None:
    runs = []
    for seed, few in enumerate((60, 60, 8)):
        where = {"seed": seed, "split_seed": seed}
        runs += [make_run("baseline", (90, 50, 10), **where), make_run("stack-wl", (90, 50, few), **where)]
    sentence = verdict(store, *runs)
    assert "cannot be told from the baseline: +10.9 points" in sentence
    assert "clear of 0, but seeds disagree: +16.7 +16.7 −0.7" in sentence
