import csv
import io

import pytest
from markdown_it import MarkdownIt

from ltk8s.escaping import markdown, one_line, printable, spreadsheet

NAMES = [
    "<unk>",
    "*bold*",
    "**b** and _i_ and __u__",
    "[x](javascript:alert(1))",
    "![x](http://example.org/x.png)",
    "[x]: http://example.org",
    "[a][b]",
    "a `code` b",
    "`",
    "back\\slash \\* \\",
    "# title",
    "- item",
    "+ item",
    "1. first",
    "12) twelfth",
    "> quote",
    "---",
    "===",
    "~~gone~~",
    "&lt;b&gt; &#60;",
    "</script><script>alert(1)</script>",
    "<!-- gone",
    "a * b * c",
    "p < .05 & q",
    "snake_case_name",
    "_private",
    "| a | b |",
    "- 1.5 points",
]


def words(tokens):
    return "".join(
        words(token.children) if token.children else token.content
        for token in tokens
        if token.type in {"inline", "text", "text_special"}
    )


def markup(tokens):
    return {token.type for token in tokens} | {kind for token in tokens for kind in markup(token.children or [])}


@pytest.mark.parametrize("name", NAMES)
def test_markdown_shows_a_name_as_it_is(name):
    parsed = MarkdownIt("gfm-like", {"linkify": False}).parse(markdown(name))
    assert words(parsed) == name
    assert markup(parsed) <= {"paragraph_open", "inline", "text", "text_special", "paragraph_close"}


@pytest.mark.parametrize("text", ["p < .05 [−1, +2]", "stack-wl at 0.02", "snake_case", "a & b, 50 % (5 $)", "a/b: 3 * 4"])
def test_markdown_leaves_plain_text_alone(text):
    assert markdown(text) == text


def test_a_terminal_shows_what_it_would_obey():
    assert printable("\x1b]0;title\x07\x9b31m\x7f\u202egnp") == "␛]0;title␇\ufffd31m␡\ufffdgnp"
    assert printable("a\tb\nc é猫") == "a\tb\nc é猫"
    assert one_line("a\n\tb\r") == "a b"


@pytest.mark.parametrize("text", ['=HYPERLINK("http://example.org")', "=1+1", "+1-800", "-cat", "@SUM(1)", "\t=1", "＝1"])
def test_a_spreadsheet_reads_text_and_no_formula(text):
    written = io.StringIO()
    csv.writer(written).writerow([spreadsheet(text)])
    ((cell,),) = csv.reader([written.getvalue()])
    assert cell == f"'{text}"


@pytest.mark.parametrize("value", ["-1", "+2.5e-3", "-.5", -1, -0.5, None, True, "cat", "a=b", ""])
def test_numbers_and_plain_text_are_written_as_they_are(value):
    assert spreadsheet(value) is value
