from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from ltk8s.report import collect
from ltk8s.report.claims.members import changed
from ltk8s.report.errata import errata
from ltk8s.report.study import Claim, Study
from ltk8s.spec.library import Library
from ltk8s.store import Store, layout
from ltk8s.store.commit import Attempt, read_result
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


@pytest.mark.parametrize("more", [{"ratio": 0.05}, {"ratio": 0.02, "spec": {"train": {"epochs": 1}}}])
def test_the_average_improvement_is_over_the_reports_ratios_alone(
    store: Store, make_run: MakeRun, more: dict[str, Any]
) -> None:
    runs = []
    for ratio in (0.1, 0.02, 0.005):
        runs += [make_run("baseline", (90, 50, 10), ratio=ratio), make_run("stack-wl", (90, 50, 40), ratio=ratio)]
    runs += [make_run("baseline", (90, 50, 10), ratio=0.05), make_run("stack-wl", (90, 50, 12), **more)]
    found = claim(collect(store, runs), ".079 on average")
    assert found.verdict == "held"
    assert found.evidence[-1].endswith("on average: +10.0 at 0.1, +10.0 at 0.02, +10.0 at 0.005.")


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


@pytest.fixture
def more_seeds(store: Store, make_run: MakeRun) -> Study:
    """Stacking / WL with three seeds, of which the first is the worst; all others with that seed alone."""
    for seed, many in enumerate((60, 80, 80)):
        make_run("baseline", (50, 40, 10), seed=seed)
        make_run("stack-wl", (many, 60, 20), seed=seed)
    make_run("stacking", (64, 60, 20))
    make_run("bagging-wl", (62, 55, 20))
    make_run("weighted-loss", (66, 60, 20))
    make_run("control-same-arch-wl", (70, 60, 20))
    return collect(store)


def test_stacking_wl_is_best_only_if_it_is_on_the_seeds_that_both_have(more_seeds: Study) -> None:
    found = claim(more_seeds, "best on every data set")
    assert found.verdict == "did not hold"
    assert found.evidence[0].startswith(
        "ratio 0.02: .467; the best of 4 others is Weighted loss (.487): −2.0 points [−3.7 to −0.7] over 1 seed"
    )


def test_the_next_best_is_the_one_that_is_nearest_on_the_same_seeds(store: Store, make_run: MakeRun) -> None:
    for seed, many in enumerate((90, 10)):
        make_run("baseline", (10, 10, 10), seed=seed)
        make_run("weighted-loss", (many, 50, 20), seed=seed)
        make_run("stack-wl", (many, 50, 40), seed=seed)
    make_run("stacking", (60, 50, 20))  # above weighted loss's mean, but its seed was the good one
    assert "the best of 3 others is Weighted loss (.400)" in claim(collect(store), "best on every data set").evidence[0]


def test_more_than_the_same_compute_is_judged_on_the_seeds_that_both_have(more_seeds: Study) -> None:
    found = claim(more_seeds, "same compute")
    assert found.verdict == "did not hold"
    assert found.evidence[0].startswith("ratio 0.02, Control same arch wl: .467 against .500: −3.3 points")


def test_stacking_is_judged_against_bagging_on_the_seeds_that_both_have(store: Store, make_run: MakeRun) -> None:
    for seed, many in enumerate((60, 90)):
        make_run("baseline", (50, 40, 10), seed=seed)
        make_run("stacking", (many, 50, 20), seed=seed)
    make_run("bagging-wl", (70, 50, 20))
    found = claim(collect(store), "stacking beats bagging")
    assert found.verdict == "did not hold"
    assert found.evidence[0].startswith("ratio 0.02: stacking .433 against .467 of bagging / WL: −3.3 points")


def test_another_sweep_over_the_loss_does_not_hide_the_weighting_functions(
    store: Store, make_run: MakeRun, make_sweep: MakeSweep
) -> None:
    make_run("baseline", (90, 50, 10))
    sweep = make_sweep("loss-sweep", weightings(none=0.4, isns=0.6))
    later = [("as it is", {}, 0.6, 0.01), ("smoothed", {"train.loss.label_smoothing": 0.1}, 0.62, 0.01)]
    make_sweep("best-sweep", later, created="2026-01-03T00:00:00+00:00")
    found = claim(collect(store), "weighting function")
    assert (found.verdict, found.runs) == ("held", (sweep.run,))


def test_weightings_are_compared_with_all_else_equal(store: Store, make_run: MakeRun, make_sweep: MakeSweep) -> None:
    make_run("baseline", (90, 50, 10))
    scores = {("ins", 0.001): 0.66, ("isns", 0.001): 0.65, ("ins", 0.05): 0.3, ("isns", 0.05): 0.31}
    grid = [
        (f"{weights} lr {lr}", {"train.loss.weights": weights, "train.lr": lr}, score, 0.01)
        for (weights, lr), score in scores.items()
    ]
    make_sweep("grid", grid)
    found = claim(collect(store), "weighting function")
    assert found.verdict == "held"
    assert "ins lr 0.001 and isns lr 0.001, the best and the worst weighting, differ by 1.0 points" in found.evidence[1]


def test_weightings_that_differ_in_more_are_not_compared(store: Store, make_run: MakeRun, make_sweep: MakeSweep) -> None:
    make_run("baseline", (90, 50, 10))
    apart = [(name, {"train.loss.weights": name, "train.lr": lr}, 0.6, 0.01) for name, lr in (("ins", 0.1), ("isns", 0.2))]
    make_sweep("list", apart)
    found = claim(collect(store), "weighting function")
    assert found.verdict == "not tested"
    assert found.evidence == ("No finished sweep has two weighting functions with all else equal.",)


def test_learners_that_sweeps_share_cost_once(
    store: Store, make_run: MakeRun, make_sweep: MakeSweep, make_learner: Callable[..., None]
) -> None:
    baseline = make_run("baseline", (90, 50, 10))
    make_learner(baseline.members[0].id, seconds=10_000.0)
    first = make_sweep("loss-sweep", weightings(none=0.4, isns=0.6))  # four learners of half an hour
    ranking = read_result(store, "ranking", first.fusion)
    assert ranking is not None
    again = make_run("again-sweep", kind="sweep", members=first.members)
    Attempt(store, "{}", "ranking", again.fusion).commit(ranking.metrics, {})
    found = claim(collect(store), "Sweeps cost")
    assert found.verdict == "did not hold"
    assert "All finished sweeps, learners that they share counted once: 2.0 h." in found.evidence


def sweep_over(store: Store, make_sweep: MakeSweep, *archs: str) -> None:
    """A finished sweep over architectures."""
    record = make_sweep("planned", [(arch, {"learners.0.arch": arch}, 0.6, 0.01) for arch in archs])
    ranking = read_result(store, "ranking", record.fusion)
    assert ranking is not None
    points = [{**point, "networks": [arch]} for point, arch in zip(ranking.metrics["points"], archs, strict=True)]
    store.delete(layout.result("ranking", record.fusion))
    Attempt(store, "{}", "ranking", record.fusion).commit({**ranking.metrics, "points": points}, {})


@pytest.mark.parametrize(
    ("archs", "why"),
    [
        (("efficientnet_b0", "resnet50"), "Beside EfficientNet-B0 too few networks were trained to say: 4 in all are needed."),
        (("resnet34", "resnet50"), "EfficientNet-B0 is not among them."),
        (
            ("tf_efficientnet_lite0", "resnet50"),
            "EfficientNet-B0 is not among the networks whose weights were at hand: these are stand-ins.",
        ),
    ],
)
def test_why_the_best_for_its_size_cannot_be_said(
    store: Store, make_run: MakeRun, make_sweep: MakeSweep, archs: tuple[str, ...], why: str
) -> None:
    make_run("baseline", (90, 50, 10))
    sweep_over(store, make_sweep, *archs)
    found = claim(collect(store), "best for its size")
    assert (found.verdict, found.evidence[-1]) == ("not tested", why)


@pytest.mark.parametrize(
    ("archs", "beside"),
    [
        (("efficientnet_b0",), "No ResNet was trained beside them."),
        (("resnet50d", "resnet34"), "ResNets beside them: resnet34, resnet50d."),
    ],
)
def test_resnets_that_were_trained_are_named(
    store: Store, make_run: MakeRun, make_sweep: MakeSweep, archs: tuple[str, ...], beside: str
) -> None:
    make_run("stack-wl", (90, 50, 10))
    sweep_over(store, make_sweep, *archs)
    assert claim(collect(store), "half the parameters of a ResNet").evidence[-1].endswith(beside)


def test_fields_that_an_older_version_did_not_write_are_no_difference() -> None:
    library = Library(None)
    newer, older = (library.experiment(name, profile="paper")[1].model_dump(mode="json") for name in ("stacking", "stack-wl"))
    del older["train"]["ema"], older["fusion"]["flip"]
    assert changed(newer, older) == ["train.loss.weights"]
