"""The page in a real browser: it asks for nothing, sorts, and can be read at any width, in the dark and on paper."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any

import pytest

from tests.report.page.chromium import Browser

GEOMETRY = (Path(__file__).parent / "geometry.js").read_text(encoding="utf-8")
WIDTHS = (360, 768, 1280)
AT_ALL = pytest.mark.parametrize("width", WIDTHS)
IN_BOTH = pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])


@pytest.fixture
def index(written: Path) -> Path:
    return written / "index.html"


def ask(browser: Browser, expression: str) -> Any:
    """What one of geometry.js's functions says of the page."""
    return browser.run(f"{GEOMETRY}; return {expression}")


def column(browser: Browser, table: int, number: int) -> list[str]:
    return ask(browser, f"column({table}, {number})")


def press(browser: Browser, table: int, number: int) -> str:
    """Click a heading, and return what the column then says of its order."""
    return ask(browser, f"press({table}, {number})")


def test_it_loads_without_a_word_on_the_console(browser: Browser, index: Path) -> None:
    browser.show(index)
    assert browser.messages() == []


def test_it_asks_for_nothing(browser: Browser, index: Path) -> None:
    browser.show(index)
    asked = browser.run("return performance.getEntriesByType('resource').map(entry => entry.name)")
    assert [name for name in asked if not name.startswith("data:")] == []


def test_its_own_policy_forbids_requests(browser: Browser, index: Path) -> None:
    browser.show(index)
    browser.run("const image = new Image(); image.src = 'https://example.invalid/a.png'; document.body.append(image)")
    browser.driver.set_script_timeout(10)
    browser.driver.execute_async_script("setTimeout(arguments[0], 200)")
    assert any("Content Security Policy" in message for message in browser.messages())


def test_a_number_column_sorts_largest_first_then_smallest_first(browser: Browser, index: Path) -> None:
    browser.show(index)
    assert press(browser, 0, 3) == "descending"
    assert column(browser, 0, 3)[:3] == [".784", ".766", ".715"]
    assert press(browser, 0, 3) == "ascending"
    assert column(browser, 0, 3)[:2] == [".620", ".651"]


def test_what_has_no_value_comes_last_in_either_order(browser: Browser, index: Path) -> None:
    browser.show(index)
    for _ in range(2):
        press(browser, 0, 3)
        assert column(browser, 0, 3)[-1] == "not run"


def test_a_text_column_sorts_by_the_alphabet(browser: Browser, index: Path) -> None:
    browser.show(index)
    press(browser, 0, 0)
    names = column(browser, 0, 0)
    assert names == sorted(names, key=str.lower)
    assert names[0] == "Artificial balancing"


def test_only_one_column_says_that_it_is_sorted(browser: Browser, index: Path) -> None:
    browser.show(index)
    press(browser, 0, 1)
    press(browser, 0, 2)
    assert browser.run("return document.querySelectorAll('table.sortable')[0].querySelectorAll('[aria-sort]').length") == 1


def test_it_is_whole_without_its_script(browser: Browser, index: Path, tmp_path: Path) -> None:
    text = index.read_text(encoding="utf-8")
    bare = tmp_path / "bare.html"
    bare.write_text(text[: text.index("<script>")] + text[text.index("</script>") :], encoding="utf-8")
    browser.show(bare)
    assert browser.run("return document.querySelectorAll('th button').length") == 0
    assert browser.run("return document.querySelectorAll('table.sortable tbody tr').length") > 50
    assert browser.run("return document.querySelector('thead').innerText").startswith("technique")


@AT_ALL
def test_nothing_makes_the_page_scroll_sideways(browser: Browser, index: Path, width: int) -> None:
    browser.show(index, width=width)
    assert browser.run("return document.documentElement.scrollWidth") <= width


@AT_ALL
def test_no_text_lies_on_another(browser: Browser, index: Path, width: int) -> None:
    browser.show(index, width=width)
    browser.run("document.querySelectorAll('details').forEach(each => each.open = true)")
    assert ask(browser, "overlaps(htmlTexts(), 2)") == []


@AT_ALL
def test_no_text_of_a_figure_lies_on_another(browser: Browser, index: Path, width: int) -> None:
    browser.show(index, width=width)
    assert ask(browser, "overlapsInFigures()") == []


@AT_ALL
def test_no_text_of_a_figure_is_cut_off(browser: Browser, index: Path, width: int) -> None:
    browser.show(index, width=width)
    assert ask(browser, "cutOffInFigures()") == []


def test_a_figures_smallest_text_can_be_read_on_a_phone(browser: Browser, index: Path) -> None:
    browser.show(index, width=360)
    assert ask(browser, "smallestInFigures()") >= 7.5


@IN_BOTH
def test_all_text_stands_out_from_what_is_behind_it(browser: Browser, index: Path, dark: bool) -> None:
    browser.show(index, dark=dark)
    browser.run("document.querySelectorAll('details').forEach(each => each.open = true)")
    assert ask(browser, "faint(4.5)") == []  # WCAG AA


@IN_BOTH
def test_a_figures_axes_stand_out_from_the_page(browser: Browser, index: Path, dark: bool) -> None:
    """Axes and titles are written in two colours; both follow the theme."""
    browser.show(index, dark=dark)
    script = f"""{GEOMETRY};
    const paper = getComputedStyle(document.body).backgroundColor;
    const titles = [...document.querySelectorAll('figure text')].filter(t => /#(1b1f24|57606a)/.test(t.getAttribute('style')));
    return [titles.length, Math.min(...titles.map(t => contrast(getComputedStyle(t).fill, paper)))]"""
    count, least = browser.run(script)
    assert count > 200
    assert least >= 4.5


def test_the_dark_page_is_dark(browser: Browser, index: Path) -> None:
    browser.show(index, dark=True)
    assert ask(browser, "luminance(getComputedStyle(document.body).backgroundColor)") < 0.05


def test_paper_stays_white_and_holds_what_is_folded(browser: Browser, index: Path) -> None:
    browser.show(index, dark=True, media="print")
    assert browser.run("return getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert browser.run("return document.querySelector('details.more table').getBoundingClientRect().height") > 100
    assert browser.run("return document.querySelector('details.more > summary').getBoundingClientRect().height") > 5
    assert browser.run("return getComputedStyle(document.querySelector('nav.contents')).display") == "none"


def test_it_prints(browser: Browser, index: Path) -> None:
    browser.show(index)
    pdf = base64.b64decode(browser.command("Page.printToPDF", preferCSSPageSize=True)["data"])
    assert pdf.startswith(b"%PDF")
    assert pdf.count(b"/Type /Page\n") + pdf.count(b"/Type /Page ") > 5


def test_every_link_leads_somewhere(browser: Browser, index: Path) -> None:
    browser.show(index)
    assert ask(browser, "leadingNowhere()") == []


def test_no_two_things_have_one_name(browser: Browser, index: Path) -> None:
    browser.show(index)
    ids = browser.run("return [...document.querySelectorAll('[id]')].map(each => each.id)")
    assert sorted(ids) == sorted(set(ids))


def test_every_picture_is_described(browser: Browser, index: Path) -> None:
    browser.show(index)
    assert ask(browser, "undescribed()") == []


@IN_BOTH
def test_a_figure_of_its_own_follows_the_theme(browser: Browser, written: Path, dark: bool) -> None:
    browser.show(written / "figures" / "staircase-cifar50-cpu.svg", dark=dark)
    fill = browser.run(
        "return getComputedStyle([...document.querySelectorAll('text')].find(t => /1b1f24/.test(t.getAttribute('style')))).fill"
    )
    assert fill == ("rgb(233, 237, 242)" if dark else "rgb(27, 31, 36)")
