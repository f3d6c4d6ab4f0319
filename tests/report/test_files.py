from __future__ import annotations

import csv
import io
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from markdown_it import MarkdownIt
from rich.console import Console

from ltk8s.errors import UsageError
from ltk8s.report import Study, collect, render_terminal, to_csv, to_json, to_markdown, write
from ltk8s.report.published import published_accuracy
from ltk8s.store import Store
from ltk8s.store.runs import RunRecord

MakeRun = Callable[..., RunRecord]


@pytest.fixture
def study(store: Store, make_run: MakeRun) -> Study:
    archs = ("tf_efficientnet_lite0", "tf_efficientnet_lite1")
    runs = [
        make_run("baseline", (90, 50, 10)),
        make_run("stack-wl", (88, 60, 40), archs=archs),
        make_run("stacking", archs=archs),
        make_run("baseline", (95, 90, 80), ratio=0.1),
    ]
    return collect(store, runs)


def printed(study: Study) -> str:
    console = Console(width=200, record=True, file=io.StringIO())
    console.print(render_terminal(study))
    return console.export_text()


def test_the_headline_table_has_a_row_a_ratio_and_a_column_an_experiment(study: Study) -> None:
    page = to_markdown(study)
    assert "| data set | ratio | Baseline | Stack wl | Stacking |" in page
    assert "| cifar50 | 0.1 | .883 (265/300) | – | – |" in page
    assert "| cifar50 | 0.02 | .500 (150/300) | .627 (188/300) +12.7* | unfinished |" in page


def test_the_student_reports_numbers_stand_beside_ours(study: Study) -> None:
    page = to_markdown(study)
    assert "EfficientNet-B0 to B2 at 224 px" in page
    assert "| cifar50 | 0.02 | .6304 | .7253 | .6614 |" in page


def test_another_data_set_has_no_published_numbers(store: Store, make_run: MakeRun) -> None:
    page = to_markdown(collect(store, [make_run("baseline", (90, 50, 10), dataset="glyphs50")]))
    assert "student report" not in page


@pytest.mark.parametrize(
    ("ratio", "experiment", "accuracy"),
    [(None, "baseline", 0.792), (0.1, "stack-wl", 0.7933), (0.02, "bagging-wl", 0.676), (0.005, "weighted-loss", 0.5352)],
)
def test_published_numbers_are_those_of_the_report(ratio: float | None, experiment: str, accuracy: float) -> None:
    assert published_accuracy("cifar50", ratio, experiment) == accuracy
    assert published_accuracy("glyphs50", ratio, experiment) is None


def test_each_run_is_traceable_and_names_its_networks(study: Study) -> None:
    page = to_markdown(study)
    for row in study.rows:
        assert f"`{row.run}`" in page
        assert row.outcome is None or f"`{row.fusion}`" in page
    assert "tf_efficientnet_lite0 + tf_efficientnet_lite1" in page


def test_what_could_have_been_shown_is_stated(study: Study) -> None:
    # (1.96 + 0.84) · √(42 / 300 / 300)
    assert "The smallest difference that 300 images can show is 6.1 points here" in to_markdown(study)


def test_an_unfinished_run_is_listed(study: Study) -> None:
    (run,) = (row.run for row in study.rows if row.outcome is None)
    assert f"- Stacking at ratio 0.02, seed 0 (`{run}`): 0 of 2 learners are committed" in to_markdown(study)
    assert f"Unfinished: Stacking ({run}): 0 of 2 learners are committed" in printed(study)


def test_two_ways_to_set_one_experiment_are_told_apart(store: Store, make_run: MakeRun) -> None:
    runs = [make_run("baseline", (90, 50, 10), archs=(arch,)) for arch in ("efficientnet_b0", "tf_efficientnet_lite0")]
    assert "| data set | ratio | Baseline | Baseline (lite0) |" in to_markdown(collect(store, runs))


def test_seeds_are_one_cell_and_each_is_shown(store: Store, make_run: MakeRun) -> None:
    page = to_markdown(collect(store, [make_run("baseline", (90, 50, 10)), make_run("baseline", (96, 50, 10), seed=1)]))
    assert "| cifar50 | 0.02 | .510 (2 seeds) |" in page
    assert "| 2 | 150/300 156/300 |" in page


def test_csv_has_a_line_a_run_with_plain_numbers(study: Study) -> None:
    lines = list(csv.DictReader(io.StringIO(to_csv(study))))
    assert [line["experiment"] for line in lines] == ["baseline", "baseline", "stack-wl", "stacking"]
    stack, open_run = lines[2], lines[3]
    assert (stack["correct"], stack["n"], stack["gained"], stack["lost"]) == ("188", "300", "40", "2")
    assert float(stack["difference"]) == pytest.approx(38 / 300)
    assert (stack["few_correct"], stack["few_n"], stack["real"]) == ("40", "100", "True")
    assert stack["student_report_accuracy"] == "0.7253"
    assert (open_run["correct"], open_run["few_n"], open_run["difference"]) == ("", "", "")
    assert open_run["unfinished"].startswith("0 of 2")


def test_json_holds_the_whole_study(study: Study) -> None:
    assert Study.model_validate_json(to_json(study)) == study


def test_the_terminal_shows_counts_gain_and_verdict(study: Study) -> None:
    text = printed(study)
    assert "188/300" in text
    assert "+9.0 to +16.3" in text
    assert "lite0 + lite1" in text
    assert "Networks: tf_efficientnet_lite0, tf_efficientnet_lite1." in text
    assert "beats the baseline by 12.7 points" in " ".join(text.split())


def test_eighty_columns_hold_every_number_whole(store: Store, make_run: MakeRun) -> None:
    archs = ("tf_efficientnet_lite0", "tf_efficientnet_lite1", "tf_efficientnet_lite2")
    make_run("baseline", (90, 50, 10))
    study = collect(store, [make_run("stack-wl", (88, 60, 40), archs=archs, seconds=12_345.0)])
    console = Console(width=80, record=True, file=io.StringIO())
    console.print(render_terminal(study))
    text = console.export_text()
    for number in (".627 188/300", ".571–.679", ".880", ".600", ".400", "+12.7", "+9.0 to +16.3", "12,345 s", "12.00 M"):
        assert number in text


def test_an_empty_study_says_so(store: Store) -> None:
    empty = collect(store, [])
    assert "There are no runs." in to_markdown(empty)
    assert "There are no runs." in printed(empty)
    assert to_csv(empty) == "run\n"


def test_writing_makes_every_form_of_the_results(study: Study, tmp_path: Path) -> None:
    names = {path.name for path in write(study, tmp_path / "a" / "b")}
    assert names >= {"results.md", "results.csv", "results.json", "results.tex"}
    assert (tmp_path / "a" / "b" / "results.md").read_text(encoding="utf-8") == to_markdown(study)


def test_a_folder_that_cannot_be_written_is_named(study: Study, tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("")
    with pytest.raises(UsageError, match="taken"):
        write(study, tmp_path / "taken")


def test_the_report_loads_nothing_heavy_before_it_is_asked_for() -> None:
    heavy = ("scipy", "torch", "rich", "boto3", "matplotlib", "PIL")
    code = f"import sys, ltk8s.report; sys.exit(any(name in sys.modules for name in {heavy}))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_a_title_is_text_in_every_file(store: Store, make_run: MakeRun, tmp_path: Path) -> None:
    title = "=1+1 *bold* [x](javascript:alert(1)) <unk></script><script>alert(1)</script> $a$ `b` | \x1b[31m \u202egnp"
    make_run("baseline", (90, 50, 10))
    make_run("stack-wl", (88, 60, 40), title=title)
    make_run("weighted-loss", None, title=title)
    study = collect(store)
    write(study, tmp_path)
    shown = title.replace("\x1b", "␛").replace("\u202e", "\ufffd")
    rows = list(csv.DictReader(io.StringIO((tmp_path / "results.csv").read_text())))
    assert [row["title"] for row in rows if row["experiment"] == "stack-wl"] == [f"'{title}"]
    page = (tmp_path / "index.html").read_text()
    assert "<script>alert" not in page
    assert not set(page) & {"\x1b", "\u202e"}
    assert "<unk>" not in page
    text = (tmp_path / "results.md").read_text()
    parsed = MarkdownIt("gfm-like", {"linkify": False}).parse(text)
    inline = [child for token in parsed for child in token.children or []]
    assert not {"link_open", "html_inline", "strong_open"} & {each.type for each in inline}
    assert not {"html_block"} & {each.type for each in parsed}
    plain = ["".join(child.content for child in token.children or []) for token in parsed]
    assert any(shown in each for each in plain)
    assert "\x1b" not in text + (tmp_path / "results.tex").read_text()
