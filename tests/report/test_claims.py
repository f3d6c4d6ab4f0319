from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from ltk8s.report import collect
from ltk8s.report.claims.members import changed
from ltk8s.report.errata import errata
from ltk8s.report.study import Claim, Study
from ltk8s.spec.library import Library
from ltk8s.store import Store
from ltk8s.store.runs import RunRecord

MakeRun = Callable[..., RunRecord]
MakeSweep = Callable[..., RunRecord]


def claim(study: Study, words: str) -> Claim:
    (found,) = (claim for claim in study.claims if words in claim.claim)
    return found


def test_nothing_is_claimed_of_another_data_set(store: Store, make_run: MakeRun) -> None:
    study = collect(store, [make_run("baseline", (90, 50, 10), dataset="glyphs50")])
    assert study.claims == ()
    assert study.errata == ()


def test_without_runs_nothing_is_tested_but_what_is_arithmetic(store: Store, make_run: MakeRun) -> None:
    study = collect(store, [make_run("baseline", (90, 50, 10))])
    tested = [claim.claim for claim in study.claims if claim.verdict != "not tested"]
    assert tested == ["The ensemble has half the parameters of a ResNet that it matches."]


@pytest.mark.parametrize(("few", "verdict"), [(40, "held"), (15, "did not hold")])
def test_stacking_wl_is_best_or_not(store: Store, make_run: MakeRun, few: int, verdict: str) -> None:
    runs = [make_run("baseline", (90, 50, 10)), make_run("weighted-loss", (90, 50, 20)), make_run("stack-wl", (90, 50, few))]
    found = claim(collect(store, runs), "best on every data set")
    assert found.verdict == verdict
    assert "the best of 2 others is Weighted loss (.533)" in found.evidence[0]
    assert found.evidence[1] == "Not measured: ratio 0.1, ratio 0.005."
    assert set(found.runs) == {runs[1].run, runs[2].run}


def test_what_beats_it_beyond_the_report_is_said(store: Store, make_run: MakeRun) -> None:
    runs = [make_run("baseline", (90, 50, 10)), make_run("stacking", (90, 50, 20))]
    runs += [make_run("stack-wl", (90, 50, 30)), make_run("stack-la", (90, 50, 40))]
    assert "better than it: Stack la at ratio 0.02" in claim(collect(store, runs), "best on every data set").evidence[-1]


@pytest.mark.parametrize(("easy", "verdict"), [(150, "held"), (170, "did not hold")])
def test_the_staircase_compares_neighbouring_ratios(store: Store, make_run: MakeRun, easy: int, verdict: str) -> None:
    runs = [make_run("baseline", (90, 50, easy - 140), ratio=0.1), make_run("stack-wl", (90, 50, 20), ratio=0.02)]
    found = claim(collect(store, runs), "next easier one")
    assert found.verdict == verdict
    assert found.evidence[0].startswith("Stacking / WL at ratio 0.02 has .533, the baseline at ratio 0.1")


@pytest.mark.parametrize(("few", "verdict"), [(34, "held"), (12, "did not hold")])
def test_the_average_improvement_needs_all_three_ratios(store: Store, make_run: MakeRun, few: int, verdict: str) -> None:
    runs = []
    for ratio in (0.1, 0.02):
        runs += [make_run("baseline", (90, 50, 10), ratio=ratio), make_run("stack-wl", (90, 50, few), ratio=ratio)]
    assert claim(collect(store, runs), ".079 on average").verdict == "not tested"
    runs += [make_run("baseline", (90, 50, 10), ratio=0.005), make_run("stack-wl", (90, 50, few), ratio=0.005)]
    assert claim(collect(store, runs), ".079 on average").verdict == verdict


def weightings(none: float, isns: float) -> list[tuple[str, dict[str, Any], float, float]]:
    """The points of a sweep over weighting functions, with their scores."""
    scores = (("ins", 0.61), ("isns", isns), ("ens", 0.605))
    weighted = [(name, {"train.loss": {"name": "cross-entropy", "weights": name}}, score, 0.01) for name, score in scores]
    return [("none", {}, none, 0.01), *weighted]


@pytest.mark.parametrize(("p", "verdict"), [(0.04, "did not hold"), (0.06, "held")])
def test_weightings_are_told_apart_image_by_image(
    store: Store, make_run: MakeRun, make_sweep: MakeSweep, p: float, verdict: str
) -> None:
    sweep = make_sweep("loss-sweep", weightings(none=0.4, isns=0.6), against_best={"none": 0.001, "isns": p, "ens": 0.9})
    found = claim(collect(store, [make_run("baseline", (90, 50, 10)), sweep]), "weighting function")
    assert found.verdict == verdict
    assert "ins and isns, the best and the worst weighting, differ by 1.0 points [+0.0 to +2.0]" in " ".join(found.evidence)


@pytest.mark.parametrize(("isns", "verdict"), [(0.60, "held"), (0.50, "did not hold")])
@pytest.mark.parametrize(("none", "against_best"), [(0.4, {}), (0.7, {"ins": 0.9, "isns": 0.001, "ens": 0.9})])
def test_where_no_weighting_is_the_best_point_they_are_told_apart_by_their_standard_errors(
    store: Store,
    make_run: MakeRun,
    make_sweep: MakeSweep,
    none: float,
    against_best: dict[str, float],
    isns: float,
    verdict: str,
) -> None:
    sweep = make_sweep("loss-sweep", weightings(none=none, isns=isns), against_best=against_best)
    found = claim(collect(store, [make_run("baseline", (90, 50, 10)), sweep]), "weighting function")
    assert found.verdict == verdict
    assert found.runs == (sweep.run,)


def test_members_and_ensembles_are_judged_apart(store: Store, make_run: MakeRun) -> None:
    archs = ("tf_efficientnet_lite0", "tf_efficientnet_lite1")
    runs = [make_run("baseline", (90, 50, 10)), make_run("stacking", (90, 50, 15), archs=archs)]
    runs += [make_run("bagging-wl", (90, 50, 25), archs=archs), make_run("stack-wl", (90, 50, 30), archs=archs)]
    study = collect(store, runs)
    assert claim(study, "better than members trained on bags").verdict == "held"
    assert claim(study, "stacking beats bagging").verdict == "did not hold"


def test_balancing_costs_time_where_it_does(store: Store, make_run: MakeRun) -> None:
    runs = [
        make_run("baseline", (90, 50, 10)),
        make_run("artificial-balancing", (90, 50, 20), seconds=240.0),
        make_run("weighted-loss", (90, 50, 20), seconds=100.0),
    ]
    found = claim(collect(store, runs), "costs time")
    assert found.verdict == "held"
    assert found.evidence == ("ratio 0.02: 240 s against 100 s (2.4 ×).",)


@pytest.mark.parametrize(
    ("balancing", "verdict"), [(1.0, "did not hold"), (1.3, "did not hold"), (1.35, "held")], ids=["less", "as others", "more"]
)
def test_balancing_costs_memory_only_beyond_what_varies_by_itself(
    store: Store, make_run: MakeRun, make_learner: Callable[..., None], balancing: float, verdict: str
) -> None:
    runs = [make_run(name, (90, 50, 20)) for name in ("baseline", "artificial-balancing", "weighted-loss")]
    for run, peak in zip(runs, (1.2, balancing, 1.0), strict=True):
        make_learner(run.members[0].id, peak_memory_bytes=round(peak * 2**30))
    found = claim(collect(store, runs), "costs memory")
    assert found.verdict == verdict
    assert found.evidence[0] == f"ratio 0.02: {balancing:.2f} GiB against 1.00 to 1.20 GiB of the same network in other runs."


@pytest.mark.parametrize(
    ("table", "unfinished", "verdict"),
    [(7300.0, False, "did not hold"), (7300.0, True, "not tested"), (7100.0, True, "held")],
)
def test_what_sweeps_cost_is_judged_when_all_are_finished_or_it_is_enough_already(
    store: Store,
    make_run: MakeRun,
    make_sweep: MakeSweep,
    make_learner: Callable[..., None],
    table: float,
    unfinished: bool,
    verdict: str,
) -> None:
    baseline = make_run("baseline", (90, 50, 10))
    make_learner(baseline.members[0].id, seconds=table)
    runs = [baseline, make_sweep("loss-sweep", weightings(none=0.4, isns=0.6))]  # four learners of half an hour
    runs += [make_run("hp-sweep", kind="sweep")] if unfinished else []
    found = claim(collect(store, runs), "Sweeps cost")
    assert found.verdict == verdict
    assert ("Not finished: Hp sweep." in found.evidence) == unfinished


def test_from_stacking_to_stacking_wl_it_is_one_parameter() -> None:
    library = Library(None)
    specs = [library.experiment(name, profile="paper")[1].model_dump(mode="json") for name in ("stacking", "stack-wl")]
    assert changed(*specs) == ["train.loss.weights"]


def test_best_is_measured_against_two_points(store: Store, make_run: MakeRun) -> None:
    runs = [make_run("baseline", (90, 50, 10)), make_run("stack-wl", (90, 50, 30)), make_run("best", (90, 50, 35))]
    found = claim(collect(store, runs), "by 2 points or more")
    assert found.ours
    assert found.verdict == "did not hold"
    assert "+1.7 points" in found.evidence[0]


def test_each_profile_is_judged_by_itself(store: Store, make_run: MakeRun) -> None:
    runs = [make_run("baseline", (90, 50, 10)), make_run("baseline", (90, 50, 10), profile="paper")]
    claims = collect(store, runs).claims
    assert {each.profile for each in claims} == {"cpu", "paper"}


def test_the_errata_are_those_of_the_report() -> None:
    said = {each.said: each.found for each in errata({"cifar50"})}
    averages = said["Average improvements of .024, .019, .015, .030, .079."]
    assert ".0253, .0187, .0173, .0305, .0786" in averages
    assert averages.endswith("the one of bagging-wl is .0173, not .015.")
    assert "3,966.5 images" in said["Accuracies of .7933 and .7253."]
    assert "±1.4 points at .54, ±1.1 points at .79" in said["One number a cell, without an interval."]
