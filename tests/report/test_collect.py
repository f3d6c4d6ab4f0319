from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from ltk8s.metrics import mcnemar
from ltk8s.report import collect
from ltk8s.store import Store, layout
from ltk8s.store.commit import Attempt, read_artifact, read_result
from ltk8s.store.runs import RunRecord

MakeRun = Callable[..., RunRecord]


def test_a_run_is_compared_with_the_baseline_of_its_setting(store: Store, make_run: MakeRun) -> None:
    base = make_run("baseline", (90, 50, 10))
    stack = make_run("stack-wl", (88, 60, 40))
    row = collect(store, [stack, base]).rows[1]
    assert row.comparison is not None
    assert (row.comparison.gained, row.comparison.lost) == (40, 2)
    assert row.comparison.difference == pytest.approx(38 / 300)
    assert row.comparison.mcnemar_p == mcnemar(40, 2)
    assert (row.comparison.baseline_run, row.comparison.baseline_fusion) == (base.run, base.fusion)


def test_groups_show_where_the_gain_is(store: Store, make_run: MakeRun) -> None:
    make_run("baseline", (90, 50, 10))
    stack = make_run("stack-wl", (88, 60, 40))
    comparison = collect(store, [stack]).rows[0].comparison
    assert comparison is not None
    assert comparison.groups == pytest.approx({"many": -0.02, "medium": 0.10, "few": 0.30})


def test_the_baseline_need_not_be_asked_for(store: Store, make_run: MakeRun) -> None:
    base = make_run("baseline", (90, 50, 10))
    stack = make_run("stack-wl", (90, 60, 40))
    study = collect(store, [stack])
    assert [row.run for row in study.rows] == [stack.run]
    assert study.rows[0].comparison is not None
    assert study.rows[0].comparison.baseline_run == base.run


@pytest.mark.parametrize(
    "other", [{"ratio": 0.1}, {"seed": 1}, {"split_seed": 1}, {"profile": "laptop"}, {"fingerprint": "f" * 16}, {"ratio": None}]
)
def test_a_baseline_of_another_setting_is_none(store: Store, make_run: MakeRun, other: dict[str, object]) -> None:
    base = make_run("baseline", (90, 50, 10), **other)
    stack = make_run("stack-wl", (90, 60, 40))
    rows = {row.run: row for row in collect(store, [base, stack]).rows}
    assert rows[stack.run].comparison is None
    assert rows[stack.run].incomparable == "no baseline was submitted in this setting"


def test_of_two_baselines_the_one_with_the_same_scale_is_taken(store: Store, make_run: MakeRun) -> None:
    long = {"train": {"epochs": 7, "loss": {"name": "cross-entropy"}}}
    short = {"train": {"epochs": 2, "loss": {"name": "cross-entropy"}}}
    near = make_run("baseline", (90, 50, 10), run="baseline-aaaaaaaa", spec=long)
    far = make_run("baseline", (10, 10, 10), run="baseline-bbbbbbbb", spec=short, created="2026-02-01T00:00:00+00:00")
    stack = make_run("stack-wl", (90, 60, 40), spec={"train": {"epochs": 7, "loss": {"name": "logit-adjustment"}}})
    comparison = collect(store, [near, far, stack]).rows[2].comparison
    assert comparison is not None
    assert comparison.baseline_run == near.run


def test_of_two_baselines_the_one_of_the_same_family_is_taken(store: Store, make_run: MakeRun) -> None:
    lite = make_run("baseline", (90, 50, 10), run="baseline-aaaaaaaa")
    full = make_run("baseline", (90, 50, 10), run="baseline-bbbbbbbb", archs=("efficientnet_b0",))
    stack = make_run("stack-wl", (90, 60, 40), archs=("tf_efficientnet_lite0", "tf_efficientnet_lite1"))
    comparison = collect(store, [lite, full, stack]).rows[2].comparison
    assert comparison is not None
    assert comparison.baseline_run == lite.run


def test_an_unfinished_run_is_there_and_says_how_far_it_is(store: Store, make_run: MakeRun) -> None:
    run = make_run("stack-wl", archs=("tf_efficientnet_lite0", "tf_efficientnet_lite1"))
    Attempt(store, "{}", "learner", run.members[0].id).commit({}, {})
    row = collect(store, [run]).rows[0]
    assert row.outcome is None
    assert row.unfinished == "1 of 2 learners are committed, the fusion is not"


def test_a_run_whose_baseline_is_unfinished_says_so(store: Store, make_run: MakeRun) -> None:
    base = make_run("baseline")
    stack = make_run("stack-wl", (90, 60, 40))
    row = collect(store, [base, stack]).rows[1]
    assert row.outcome is not None
    assert row.incomparable == f"the baseline {base.run} is not finished"


def test_other_images_are_not_compared(store: Store, make_run: MakeRun) -> None:
    base = make_run("baseline", (90, 50, 10), keys=np.arange(1000, 1300, dtype=np.int64))
    stack = make_run("stack-wl", (90, 60, 40))
    assert collect(store, [base, stack]).rows[1].incomparable == f"the baseline {base.run} was evaluated on other images"


def test_p_values_are_corrected_for_the_techniques_of_a_setting(store: Store, make_run: MakeRun) -> None:
    runs = [make_run("baseline", (90, 50, 10)), make_run("stacking", (90, 57, 10)), make_run("stack-wl", (90, 50, 40))]
    compared = {row.experiment: row.comparison for row in collect(store, runs).rows}
    stacking, weighted = compared["stacking"], compared["stack-wl"]
    assert stacking is not None
    assert weighted is not None
    assert stacking.p_holm == stacking.p
    assert weighted.p_holm == 2 * weighted.p


def test_an_uneven_test_set_is_led_by_balanced_accuracy(store: Store, make_run: MakeRun) -> None:
    labels = np.repeat(np.arange(3, dtype=np.int64), [200, 80, 20])
    make_run("baseline", (180, 40, 2), labels=labels)
    row = collect(store, [make_run("stack-la", (160, 48, 12), labels=labels)]).rows[0]
    assert row.outcome is not None
    assert row.comparison is not None
    assert not row.outcome.even
    assert row.comparison.difference == pytest.approx((-0.1 + 0.1 + 0.5) / 3)
    assert row.comparison.gained < row.comparison.lost
    assert row.comparison.real


def test_cost_is_relative_to_the_baseline(store: Store, make_run: MakeRun) -> None:
    make_run("baseline", (90, 50, 10), seconds=200.0)
    archs = ("tf_efficientnet_lite0", "tf_efficientnet_lite1", "tf_efficientnet_lite2")
    comparison = collect(store, [make_run("stack-wl", (90, 60, 40), seconds=700.0, archs=archs)]).rows[0].comparison
    assert comparison is not None
    assert (comparison.seconds, comparison.parameters) == (3.5, 3.0)


def test_a_flipped_byte_in_answers_is_named_and_set_aside(store: Store, make_run: MakeRun) -> None:
    run = make_run("baseline", (90, 50, 10))
    result = read_result(store, "fusion", run.fusion)
    assert result is not None
    key = result.key("answers.safetensors")
    data = bytearray(store.get(key))
    data[-1] ^= 1
    store.put(key, bytes(data))
    row = collect(store, [run]).rows[0]
    assert row.unfinished == f"its fusion is corrupt (object {key!r}): submit again to have it made anew"
    assert read_result(store, "fusion", run.fusion) is None


def test_a_flipped_byte_in_a_result_is_named_and_set_aside(store: Store, make_run: MakeRun) -> None:
    run = make_run("baseline", (90, 50, 10))
    key = layout.result("fusion", run.fusion)
    store.put(key, store.get(key).replace(b'"n":300', b'"n":301'))
    assert key in collect(store, [run]).rows[0].unfinished
    assert store.exists(layout.bad_result("fusion", run.fusion))


def test_rows_come_by_setting_with_the_baseline_first(store: Store, make_run: MakeRun) -> None:
    runs = [
        make_run("stack-wl", (90, 60, 40), created="2025-01-01T00:00:00+00:00"),
        make_run("baseline", (90, 50, 10)),
        make_run("baseline", (95, 90, 80), ratio=None),
        make_run("baseline", (90, 70, 50), ratio=0.1),
    ]
    shown = [(row.setting.ratio, row.experiment) for row in collect(store, runs).rows]
    assert shown == [(None, "baseline"), (0.1, "baseline"), (0.02, "baseline"), (0.02, "stack-wl")]


def test_no_runs_are_an_empty_study(store: Store) -> None:
    assert collect(store, []).rows == ()


def test_two_runs_with_one_fusion_are_one_comparison_and_the_baselines_is_none(store: Store, make_run: MakeRun) -> None:
    base, stack = make_run("baseline", (90, 50, 10)), make_run("stack-la", (90, 50, 18))
    make_run("best", fusion=stack.fusion, members=stack.members)
    make_run("flip", fusion=base.fusion, members=base.members)
    make_run("weighted-loss", (90, 50, 17))
    found = [row.comparison for row in collect(store).rows if row.comparison]  # best, flip, stack-la, weighted-loss
    assert [each.p_holm / each.p for each in found] == [2, 1, 2, 1]


def commit_anew(store: Store, run: RunRecord, metrics: dict[str, Any]) -> None:
    """Commit a fusion's answers again, with other metrics."""
    result = read_result(store, "fusion", run.fusion)
    assert result is not None
    store.delete(layout.result("fusion", run.fusion))
    attempt = Attempt(store, "{}", "fusion", run.fusion)
    attempt.put(layout.ANSWERS, read_artifact(store, result, layout.ANSWERS))
    attempt.commit(metrics, {})


def metrics_of(store: Store, run: RunRecord) -> dict[str, Any]:
    result = read_result(store, "fusion", run.fusion)
    assert result is not None
    return result.metrics


@pytest.mark.parametrize("field", ["ece", "members", "per_class"])
def test_a_result_of_another_version_is_said_to_be_one(store: Store, make_run: MakeRun, field: str) -> None:
    run = make_run("baseline", (90, 50, 10))
    commit_anew(store, run, {name: value for name, value in metrics_of(store, run).items() if name != field})
    row = collect(store).rows[0]
    assert (row.outcome, row.unfinished) == (None, "its result was written by another version of ltk8s")


def test_a_baseline_that_does_not_name_its_classes_is_compared_class_by_class(store: Store, make_run: MakeRun) -> None:
    make_run("baseline", (90, 50, 10))
    run = make_run("stack-wl", (90, 50, 30))
    commit_anew(store, run, {**metrics_of(store, run), "classes": ["cat", "dog", "fox"]})
    cell = collect(store).cells[1]
    assert [(each.name, each.accuracy, each.baseline) for each in cell.classes] == [
        ("cat", 0.9, 0.9),
        ("dog", 0.5, 0.5),
        ("fox", 0.3, 0.1),
    ]
