from __future__ import annotations

from collections.abc import Callable

from ltk8s.report import collect
from ltk8s.report.grid import grid
from ltk8s.report.latex import to_latex
from ltk8s.report.page.part import parts
from ltk8s.report.page.results import results
from ltk8s.report.study import Study
from ltk8s.report.variant import differences
from ltk8s.store import Store
from ltk8s.store.runs import RunRecord
from ltk8s.store.studies import StudyCell, StudyRecord, write_study

MakeRun = Callable[..., RunRecord]


def table(study: Study) -> dict[str, list[str]]:
    """The page's rows: what is in each column, by label."""
    (part,) = parts(study)
    return {line.items[0].text: [item.text for item in line.items[1:]] for line in results(part).lines}


def of_one_title(make_run: MakeRun) -> list[RunRecord]:
    runs = [make_run("baseline", (90, 60, 10))]
    return [*runs, *(make_run(name, (90, 60, few), title="Stacking / WL") for name, few in (("stack-wl", 40), ("mine", 5)))]


def test_two_experiments_of_one_title_are_two_rows_of_the_page(store: Store, make_run: MakeRun) -> None:
    rows = table(collect(store, of_one_title(make_run)))
    assert rows == {"Baseline": [".533"], "Stacking / WL (stack-wl)": [".633"], "Stacking / WL (mine)": [".517"]}


def test_two_experiments_of_one_title_are_two_columns_of_the_grid(store: Store, make_run: MakeRun) -> None:
    texts = grid(collect(store, of_one_title(make_run)), compact=True)
    columns = {head: text[:4] for head, text in zip(texts.header, texts.rows[0], strict=True)}
    assert (columns["Stacking / WL (stack-wl)"], columns["Stacking / WL (mine)"]) == (".633", ".517")


def test_two_experiments_of_one_title_are_two_lines_in_latex(store: Store, make_run: MakeRun) -> None:
    text = to_latex(collect(store, of_one_title(make_run)))
    assert r"Stacking / WL (stack-wl) & 63.3" in text
    assert r"Stacking / WL (mine) & 51.7" in text


def test_a_setting_has_one_row_over_all_ratios(store: Store, make_run: MakeRun) -> None:
    runs = [make_run("stacking", (90, 60, 10), ratio=ratio) for ratio in (0.1, 0.02)]
    runs.append(make_run("stacking", (90, 60, 40), spec={"train": {"lr": 0.004}}))
    assert table(collect(store, runs)) == {"Stacking": [".533", ".533"], "Stacking (lr 0.004)": ["–", ".633"]}


def test_what_was_not_run_is_in_the_row_of_its_experiment(store: Store, make_run: MakeRun) -> None:
    for name, few in (("stack-wl", 40), ("mine", 5)):
        make_run(name, (90, 60, few), ratio=0.1, title="Stacking / WL")
    make_run("mine", title="Stacking / WL")
    rows = table(collect(store))
    assert rows == {"Stacking / WL (stack-wl)": [".633", "–"], "Stacking / WL (mine)": [".517", "not run"]}


def test_a_column_that_is_another_one_there_is_in_the_row_of_its_experiment(store: Store, make_run: MakeRun) -> None:
    make_run("baseline", (90, 60, 10), ratio=None)
    make_run("weighted-loss", (90, 60, 20), title="Weighted")
    make_run("mine", (90, 60, 5), title="Weighted")
    same = StudyCell(
        experiment="weighted-loss", title="Weighted", ratio=None, seed=0, split_seed=0, run="baseline-0", same_as="baseline"
    )
    where = {"profile": "cpu", "dataset": "cifar50", "fingerprint": "0123456789abcdef"}
    write_study(store, StudyRecord(name="study", **where, cells=(same,), created="2026-01-01T00:00:00+00:00"))
    assert table(collect(store))["Weighted (weighted-loss)"] == ["= baseline", ".567"]


def test_settings_that_no_short_label_tells_apart_are_numbered() -> None:
    many = '{"a":1,"b":2,"c":3,"d":4}'
    seeds = '{"learners":[{"arch":"x","seed":1}]}', '{"learners":[{"arch":"x","seed":2}]}'
    assert differences(["{}", many, *seeds], "{}") == ["", "setting 2 of 4", "setting 3 of 4", "setting 4 of 4"]
