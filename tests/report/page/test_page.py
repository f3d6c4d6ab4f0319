"""The page and the files beside it, without a browser."""

from __future__ import annotations

import io
import re
import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest
from PIL import Image

from ltk8s.errors import UsageError
from ltk8s.report import Study, write
from ltk8s.report.page import Page, compose, draw, to_html
from tests.report.page.whole_study import whole_study


@pytest.fixture(scope="module")
def html(page: Page) -> str:
    return to_html(page, draw(page.panels()))


def html_of(study: Study) -> str:
    page = compose(study)
    return to_html(page, draw(page.panels(), parallel=True))


def test_all_files_are_written(written: Path) -> None:
    names = {path.name for path in written.iterdir()}
    assert names == {"index.html", "results.md", "results.csv", "results.json", "results.tex", "figures"}


def test_every_figure_is_there_as_svg_and_png(written: Path, page: Page) -> None:
    names = {path.name for path in (written / "figures").iterdir()}
    assert names == {f"{panel.name}.{end}" for panel in page.panels() for end in ("svg", "png")}


def test_each_figure_of_the_report_is_there(page: Page) -> None:
    names = [panel.name for panel in page.panels()]
    for start in (
        "staircase",
        "fig1",
        "fig2",
        "fig3",
        "fig4",
        "fig5",
        "fig6",
        "curves",
        "reliability",
        "classes",
        "differences",
    ):
        assert any(name.startswith(start) for name in names), start
    assert len(names) == len(set(names))


def test_svg_is_xml_and_png_is_an_image(written: Path) -> None:
    for path in (written / "figures").glob("*.svg"):
        assert ET.parse(path).getroot().tag.endswith("svg")
    for path in (written / "figures").glob("*.png"):
        with Image.open(path) as image:
            assert image.size[0] == 768  # 4.8 inches at 160 dots


def test_sections_come_in_their_order(html: str) -> None:
    ids = re.findall(r'<section[^>]* id="([\w-]+)"', html)
    assert ids == [
        "verdict", "results", "claims", "differences", "sweeps", "balancing", "weighting", "bagging", "training", "calibration",
        "classes", "mistakes", "errata", "cost", "not-run", "provenance", "reading",
    ]  # fmt: skip


def test_the_average_stands_beside_the_reports_own(html: str) -> None:
    row = _row(html, "Stacking / WL")
    assert "+7.9" in row  # ours: (6.4 + 9.5 + 7.7) / 3
    assert "+7.86 (+7.9)" in row  # recomputed from the report's table, and as it prints it


def test_a_column_that_changes_nothing_says_whose_number_it_shows(html: str) -> None:
    assert "= baseline" in _row(html, "Weighted loss")


def test_what_was_not_run_is_in_the_table_and_listed_with_its_reason(html: str) -> None:
    assert "not run" in _row(html, "Bagging / WL")
    assert "there is no majority to deal" in html


def test_an_empty_group_is_shown_as_empty(html: str) -> None:
    assert "no class" in html


def test_claims_say_in_words_whether_they_held(html: str) -> None:
    for badge in ('badge held">held', 'badge failed">did not hold', 'badge untested">not tested'):
        assert badge in html
    assert html.index("Stacking / WL is best everywhere.") < html.index("B0 is best for its size.")


def test_every_run_has_its_command(html: str, study: Study) -> None:
    for row in study.rows:
        assert f"<code>ltk8s trace {row.run}</code>" in html


def test_the_sweeps_are_said_to_look_at_what_they_look_at(study: Study) -> None:
    chooses, shows = "never looks at the test set", "A sweep that chooses nothing shows test accuracies."
    leads = []
    for sweeps in (study.sweeps[:1], study.sweeps[1:], study.sweeps):
        page = compose(study.model_copy(update={"sweeps": sweeps}))
        lead = next(section.lead for section in page.sections if section.id == "sweeps")
        leads.append((chooses in lead, shows in lead))
    assert leads == [(False, True), (True, False), (True, True)]


def test_a_gallery_says_that_it_has_only_a_few_of_each_class(html: str) -> None:
    assert "these are the 24 it is surest of, with at most 3 of each class." in html


def test_best_says_when_it_was_chosen_and_when_it_was_scored(html: str) -> None:
    assert "submitted 2026-11-24 15:00 UTC, as committed in 0123456; its test score committed 2026-11-24 16:10 UTC" in html


def test_it_loads_nothing_from_elsewhere(html: str) -> None:
    sources = re.findall(r'(?:src|href)="([^"]*)"', html)
    assert all(source.startswith(("data:", "#")) for source in sources)
    assert "url(http" not in html
    assert "@import" not in html


def test_names_are_text_whatever_they_hold(study: Study) -> None:
    nasty = '<script>alert(1)</script>&"'
    cells = tuple(cell.model_copy(update={"title": nasty, "label": nasty}) for cell in study.cells)
    html = html_of(study.model_copy(update={"cells": cells}))
    assert "<script>alert" not in html
    assert "&lt;script&gt;alert(1)" in html


def test_the_page_of_a_whole_study_is_small() -> None:
    """About 60 runs."""
    assert len(html_of(whole_study()).encode()) < 3_000_000


def test_equal_studies_make_equal_pages_by_however_many_processes(html: str, study: Study) -> None:
    assert html_of(study) == html


def test_an_empty_study_is_a_page_too(tmp_path: Path) -> None:
    write(Study(store="a local store", version="0.1.0", rows=()), tmp_path)
    assert "There are no runs." in (tmp_path / "index.html").read_text(encoding="utf-8")


def test_the_page_of_unfinished_runs_lists_them(study: Study) -> None:
    html = html_of(Study(store=study.store, version="0.1.0", rows=(), not_run=study.not_run))
    assert "0 of 1 learners are committed" in html


def test_a_folder_that_cannot_be_written_is_named(study: Study, tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("")
    with pytest.raises(UsageError, match=r"Cannot write the report into .*taken: not a directory\. Check the path"):
        write(study, tmp_path / "taken")


def test_without_matplotlib_it_says_what_to_install(tmp_path: Path) -> None:
    code = """if True:
        import sys
        sys.modules["matplotlib"] = None
        from pathlib import Path
        from ltk8s.errors import UsageError
        from ltk8s.report import Study, write
        try:
            write(Study(store="", version="", rows=()), Path(sys.argv[1]) / "out")
        except UsageError as error:
            print(error)
    """
    done = subprocess.run([sys.executable, "-c", code, tmp_path], capture_output=True, text=True, check=True)
    assert "pip install '.[report]'" in done.stdout
    assert not (tmp_path / "out").exists()


def _row(html: str, first: str) -> str:
    """The headline table's row that begins with a text."""
    table = html[html.index('id="results"') :]
    return next(row for row in re.findall(r"<tr>.*?</tr>", table, re.DOTALL) if f"<span>{first}</span>" in row)


def test_png_is_on_white(page: Page) -> None:
    image = Image.open(io.BytesIO(page.panels()[0].drawing().png)).convert("RGB")
    assert min(image.getpixel((0, 0))) > 250


def test_a_report_for_which_there_is_no_room_leaves_the_former_one(study: Study, tmp_path: Path) -> None:
    write(study, tmp_path)
    before = (tmp_path / "results.md").read_bytes()
    (tmp_path / "study.json").write_text(study.model_dump_json())
    code = (
        "import resource, sys; from pathlib import Path; from ltk8s.report import Study, write;"
        "study = Study.model_validate_json(Path(sys.argv[1], 'study.json').read_text());"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (3, 3)); write(study, Path(sys.argv[1]))"
    )
    done = subprocess.run([sys.executable, "-c", code, str(tmp_path)], capture_output=True, text=True, check=False)
    assert f"UsageError: Cannot write {tmp_path / 'index.html'}: file too large. Make room there, or give --to" in done.stderr
    assert (tmp_path / "results.md").read_bytes() == before
    assert len((tmp_path / "index.html").read_bytes()) > 1000
