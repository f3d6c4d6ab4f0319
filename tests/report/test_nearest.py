"""Which baseline a run is compared with, where there are several."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from ltk8s.report import collect
from ltk8s.report.study import Cell, Row
from ltk8s.store import Store
from ltk8s.store.runs import RunRecord

MakeRun = Callable[..., RunRecord]

LONG: dict[str, Any] = {"train": {"epochs": 12, "image_size": [64, 112]}}
SHORT: dict[str, Any] = {"train": {"epochs": 1, "image_size": [32]}}
LATER = "2026-02-01T00:00:00+00:00"


def row_of(store: Store, run: RunRecord) -> Row:
    (found,) = (row for row in collect(store).rows if row.run == run.run)
    return found


def cell_of(store: Store, experiment: str) -> Cell:
    (found,) = (cell for cell in collect(store).cells if cell.experiment == experiment)
    return found


def baseline_of(store: Store, run: RunRecord) -> str | None:
    comparison = row_of(store, run).comparison
    return comparison and comparison.baseline_run


def test_a_finished_baseline_is_taken_before_a_newer_one_that_is_not(store: Store, make_run: MakeRun) -> None:
    finished = make_run("baseline", (90, 50, 10))
    make_run("baseline", created=LATER, spec={"fusion": {"flip": True}})
    assert baseline_of(store, make_run("stack-wl", (90, 60, 30))) == finished.run


def test_a_baseline_of_the_same_scale_is_waited_for(store: Store, make_run: MakeRun) -> None:
    make_run("baseline", (50, 40, 5), spec=SHORT)
    begun = make_run("baseline", spec=LONG)
    assert (
        row_of(store, make_run("stack-wl", (90, 60, 30), spec=LONG)).incomparable == f"the baseline {begun.run} is not finished"
    )


def test_fields_at_their_default_are_no_other_scale(store: Store, make_run: MakeRun) -> None:
    make_run("baseline", (90, 50, 10), spec={"train": {"epochs": 10}})
    comparison = row_of(store, make_run("stack-wl", (90, 60, 30), spec={"train": {"image_size": 224}})).comparison
    assert comparison is not None
    assert comparison.other_scale == ""


@pytest.mark.parametrize("technique", [{"longer": 3}, {"ema": 0.99}, {"loss": {"name": "focal"}}, {"lr": 0.004}])
def test_what_a_technique_may_set_is_no_other_scale(store: Store, make_run: MakeRun, technique: dict[str, Any]) -> None:
    make_run("baseline", (90, 50, 10), spec=LONG)
    make_run("stack-wl", (90, 60, 30), spec={"train": {**LONG["train"], **technique}})
    contrast = cell_of(store, "stack-wl").contrast
    assert contrast is not None
    assert contrast.real


def test_a_difference_from_a_baseline_of_another_scale_is_never_real_and_says_so(store: Store, make_run: MakeRun) -> None:
    make_run("baseline", (50, 40, 5), spec=SHORT)
    run = make_run("stack-wl", (90, 60, 30), spec=LONG)
    apart = "epochs 1 instead of 12, image size 32 instead of 64–112"
    comparison, contrast = row_of(store, run).comparison, cell_of(store, "stack-wl").contrast
    assert comparison is not None
    assert contrast is not None
    assert (comparison.other_scale, comparison.real, contrast.real) == (apart, False, False)
    assert contrast.given == f"this split and seed, a baseline of another scale ({apart})"
    (verdict,) = collect(store).verdicts
    said = f"Stack wl is +28.3 points from a baseline that was trained at another scale ({apart})"
    assert verdict.sentence.endswith(f"{said}: of the technique this says nothing.")


def test_a_gap_to_another_scale_is_not_taken_for_the_best_technique(store: Store, make_run: MakeRun) -> None:
    make_run("baseline", (50, 40, 5), spec=SHORT)
    make_run("weighted-loss", (50, 40, 7), spec=SHORT)
    make_run("stack-wl", (90, 60, 30), spec=LONG)
    assert "Weighted loss, the best of 2 techniques, cannot be told" in collect(store).verdicts[0].sentence


def test_all_seeds_are_compared_with_baselines_that_are_set_alike(store: Store, make_run: MakeRun) -> None:
    long = make_run("baseline", (90, 60, 10), seed=0, spec=LONG)
    make_run("baseline", (50, 30, 5), seed=1, spec=SHORT)
    first, second = (make_run("stack-wl", (92, 62, 12), seed=seed, spec=LONG) for seed in (0, 1))
    assert baseline_of(store, first) == long.run
    assert row_of(store, second).incomparable == "no baseline was submitted in this setting, set as the other seeds' is"
    contrast = cell_of(store, "stack-wl").contrast
    assert contrast is not None
    assert contrast.differences == pytest.approx((6 / 300,))


def test_of_two_baselines_of_one_scale_the_one_that_has_more_of_the_seeds_is_taken(store: Store, make_run: MakeRun) -> None:
    whole = [make_run("baseline", (90, 50, 10), seed=seed) for seed in (0, 1)]
    make_run("baseline", (90, 50, 10), seed=0, spec={"fusion": {"flip": True}}, created=LATER)
    stacks = [make_run("stack-wl", (90, 60, 30), seed=seed) for seed in (0, 1)]
    assert [baseline_of(store, run) for run in stacks] == [run.run for run in whole]


def test_a_baseline_that_was_not_asked_for_is_found_for_every_seed(store: Store, make_run: MakeRun) -> None:
    bases = [make_run("baseline", (90, 50, 10), seed=seed) for seed in (0, 1)]
    stacks = [make_run("stack-wl", (90, 60, 30), seed=seed) for seed in (0, 1)]
    rows = collect(store, [bases[0], *stacks]).rows
    assert [row.comparison.baseline_run for row in rows if row.comparison] == [base.run for base in bases]


def test_nothing_is_claimed_or_averaged_of_what_was_trained_at_another_scale(store: Store, make_run: MakeRun) -> None:
    for ratio in (0.1, 0.02, 0.005):
        make_run("baseline", (50, 40, 5), spec=SHORT, ratio=ratio)
        make_run("stacking", (50, 40, 6), spec=SHORT, ratio=ratio)
        make_run("weighted-loss", (50, 40, 7), spec=SHORT, ratio=ratio)
        make_run("stack-wl", (90, 60, 30), spec=LONG, ratio=ratio)
        make_run("best", (90, 60, 90), spec=SHORT, ratio=ratio)
    study = collect(store)
    assert "stack-wl" not in {average.experiment for average in study.averages}
    of_it = [claim for claim in study.claims if "tacking / WL" in claim.claim and "compute" not in claim.claim]
    assert {claim.verdict for claim in of_it} == {"not tested"}
    assert not any("not run yet" in line for claim in of_it for line in claim.evidence)
    assert len(of_it) == 5
    assert all("trained for as long on images of the same size" in claim.evidence[0] for claim in of_it)


def test_at_one_scale_nothing_is_said_of_it(store: Store, make_run: MakeRun) -> None:
    make_run("baseline", (50, 40, 5), spec=SHORT)
    make_run("stack-wl", (90, 60, 30), spec=SHORT)
    assert not any("as long" in line for claim in collect(store).claims for line in claim.evidence)


def test_a_control_of_another_scale_is_no_equal_compute(store: Store, make_run: MakeRun) -> None:
    make_run("baseline", (50, 40, 5), spec=LONG)
    make_run("stack-wl", (90, 60, 30), spec=LONG)
    make_run("control-larger-wl", (40, 30, 1), spec=SHORT)
    (claim,) = (claim for claim in collect(store).claims if "same compute" in claim.claim)
    assert claim.verdict == "not tested"
    make_run("control-longer-wl", (80, 60, 20), spec={"train": {**LONG["train"], "longer": 3}})
    (claim,) = (claim for claim in collect(store).claims if "same compute" in claim.claim)
    assert (claim.verdict, len(claim.evidence)) == ("held", 2)


def test_memory_is_compared_at_one_scale(store: Store, make_run: MakeRun, make_learner: Callable[..., None]) -> None:
    for name, peak, scale in (("artificial-balancing", 2.0, SHORT), ("weighted-loss", 1.0, SHORT), ("baseline", 4.0, LONG)):
        run = make_run(name, (50, 40, 5), spec=scale)
        make_learner(run.members[0].id, peak_memory_bytes=int(peak * 2**30))
    (claim,) = (claim for claim in collect(store).claims if "costs memory" in claim.claim)
    assert claim.verdict == "held"
