"""Of several ways that an experiment was set, which one it stands for, and that no other stands in for it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ltk8s.report import collect
from ltk8s.report.page.panels.results import staircases
from ltk8s.report.page.part import parts
from ltk8s.report.study import Study
from ltk8s.spec.library import Library
from ltk8s.store import Store
from ltk8s.store.runs import RunRecord

MakeRun = Callable[..., RunRecord]

LATER = "2026-01-02T00:00:00+00:00"


def spec(experiment: str, **settings: Any) -> dict[str, Any]:
    """What a run of the catalogue's experiment has, some fields set otherwise."""
    overrides = {path.replace("__", "."): value for path, value in settings.items()}
    return Library().experiment(experiment, profile="cpu", overrides=overrides)[1].model_dump(mode="json")


def presets(study: Study, experiment: str) -> dict[str, bool]:
    return {cell.label: cell.preset for cell in study.cells if cell.experiment == experiment}


def test_the_preset_is_the_catalogues_however_many_runs_another_setting_has(store: Store, make_run: MakeRun) -> None:
    smoke = [make_run("stack-wl", (60, 50, 5), ratio=ratio, spec=spec("stack-wl", train__epochs=1)) for ratio in (0.1, 0.02)]
    run = make_run("stack-wl", (95, 75, 40), created=LATER, spec=spec("stack-wl"))
    study = collect(store, [*smoke, run])
    assert presets(study, "stack-wl") == {"Stack wl (epochs 1)": False, "Stack wl": True}


def test_the_preset_of_an_experiment_of_ones_own_is_what_most_runs_are_set_to(store: Store, make_run: MakeRun) -> None:
    runs = [make_run("mine", (90, 60, 10), ratio=ratio, spec={"train": {"lr": 0.1}}) for ratio in (0.1, 0.02)]
    runs.append(make_run("mine", (90, 60, 20), spec={"train": {"lr": 0.2}}))
    assert presets(collect(store, runs), "mine") == {"Mine": True, "Mine (lr 0.2)": False}


def test_a_preset_that_is_not_finished_is_not_replaced_by_another_setting(store: Store, make_run: MakeRun) -> None:
    smoke = make_run("stack-wl", (60, 50, 5), spec=spec("stack-wl", train__epochs=1))
    study = collect(store, [smoke, make_run("stack-wl", spec=spec("stack-wl"))])
    assert presets(study, "stack-wl") == {"Stack wl (epochs 1)": False}


def with_a_smoke_run_first(make_run: MakeRun) -> list[RunRecord]:
    runs = [make_run(name, (90, 60, 10), spec=spec(name)) for name in ("baseline", "stacking", "weighted-loss")]
    runs.append(make_run("stack-wl", (60, 50, 5), spec=spec("stack-wl", train__epochs=1)))
    return [*runs, make_run("stack-wl", (95, 75, 40), created=LATER, spec=spec("stack-wl"))]


def test_a_smoke_run_decides_no_claim(store: Store, make_run: MakeRun) -> None:
    study = collect(store, with_a_smoke_run_first(make_run))
    claim = next(each for each in study.claims if "best on every data set" in each.claim)
    assert claim.verdict == "held"
    assert claim.evidence[0].startswith("ratio 0.02: .700;")


def test_a_smoke_run_is_no_step_of_the_staircase(store: Store, make_run: MakeRun) -> None:
    (part,) = parts(collect(store, with_a_smoke_run_first(make_run)))
    (panel,) = staircases(part)
    assert "Stack wl .700" in panel.drawing().alt
