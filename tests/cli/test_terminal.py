"""What a person's names do on a terminal: nothing."""

import io
import json

import pytest
from PIL import Image
from rich.table import Table

from ltk8s.cli.bar import bar, spinner
from ltk8s.cli.common import Context, to_json
from ltk8s.cli.terminal import make_console

NAMES = ("[red]", "[/]", "[link=http://example.org]x", "\x1b[31mred", ":smile:")


class Screen(io.StringIO):
    """A terminal that keeps what it is sent."""

    def isatty(self):
        return True


@pytest.fixture
def screen(monkeypatch):
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.delenv("NO_COLOR", raising=False)
    return Screen()


def test_a_name_is_printed_as_it_is_in_lines_and_tables(screen):
    console = make_console(screen)
    table = Table("NAME", header_style="bold")
    for name in NAMES:
        console.print(f"line {name}")
        table.add_row(name)
    console.print(table)
    sent = screen.getvalue()
    assert "\x1b[1m" in sent  # the heading's own style is sent
    assert "\x1b[31m" not in sent
    for name in NAMES:
        assert sent.count(name.replace("\x1b", "␛")) == 2


def test_a_name_is_printed_as_it_is_beside_a_progress_bar(screen, monkeypatch):
    context = Context()
    context.__dict__["console"] = make_console(screen)
    for name in NAMES:
        with bar(context, name, 2) as advance:
            advance(1)
        with spinner(context, name):
            pass
        assert name.replace("\x1b", "␛") in screen.getvalue()
    assert "\x1b[31mred" not in screen.getvalue()


def test_json_stays_what_it_is_and_has_no_character_that_a_terminal_obeys():
    names = [*NAMES, "\x9b31m", "\u202egnp", "é猫"]
    assert json.loads(to_json(names)) == names
    assert "\x9b" not in to_json(names)
    assert "é猫" in to_json(names)


def test_classes_with_odd_names_are_staged_and_shown_or_refused_as_they_are(ltk8s, tmp_path):
    def draw(name, number):
        (tmp_path / "in" / name).mkdir(parents=True)
        for image in range(5):
            Image.new("RGB", (8, 8), (40 * image, 80 * number, 9)).save(tmp_path / "in" / name / f"{image}.png")

    draw("[red]", 0)
    draw("*bold*", 1)
    assert ltk8s("data", "stage", "odd", "--from", tmp_path / "in").exit_code == 0
    assert "[red] 4" in ltk8s("data", "show", "odd").stdout
    draw("\x1b[31mred", 2)
    refused = ltk8s("data", "stage", "odd", "--from", tmp_path / "in")
    assert refused.exit_code == 2
    assert "<U+001B>[31mred" in refused.stderr
    assert "\x1b" not in refused.stderr
