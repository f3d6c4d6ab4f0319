"""Every ``ltk8s`` command in the documentation is one that the command line understands."""

import pytest
import typer

from ltk8s.cli.app import app
from tests.docs.pages import PAGES, ROOT, Page, commands_in

each_page = pytest.mark.parametrize("path", PAGES, ids=lambda path: str(path.relative_to(ROOT)))

USAGE = "[OPTIONS]", "[RUN]", "[NAME]"
"""Words of a usage line, which is no command."""


def parse(words, *, whole):
    """Take a command apart as a call would, without calling it; ``whole`` insists on its arguments."""
    command, context, rest = typer.main.get_command(app), None, words
    while hasattr(command, "resolve_command"):
        context = command.make_context("ltk8s", rest, parent=context, resilient_parsing=True)
        left = [*getattr(context, "_protected_args", ()), *context.args]
        if not left:
            return
        _, command, rest = command.resolve_command(context, left)
    command.make_context("ltk8s", rest, parent=context, resilient_parsing=not whole)


def refused(commands, *, whole):
    said = []
    for words in commands:
        try:
            parse(words, whole=whole)
        except Exception as error:
            said.append(f"ltk8s {' '.join(words)}: {getattr(error, 'message', error)!s}")
    return said


@each_page
def test_commands_in_code_blocks_are_understood(path):
    blocks = [block for block in Page(path).blocks if block.language in {"", "sh", "bash", "console"}]
    commands = [words for block in blocks for words in commands_in(block.text) if not set(words) & set(USAGE)]
    assert refused(commands, whole=True) == []


@each_page
def test_commands_within_text_exist(path):
    spans = [span for span in Page(path).spans if span.startswith("ltk8s ")]
    assert refused([words for span in spans for words in commands_in(span)], whole=False) == []


def test_a_command_is_found_among_shell():
    text = "LTK8S_QUEUE=x ltk8s submit a --set 'b={c: 1}' && ltk8s report | less   # why\nls; ltk8s status   every run"
    assert list(commands_in(text)) == [["submit", "a", "--set", "b={c: 1}"], ["report"], ["status"]]


@pytest.mark.parametrize("line", ["ltk8s submitt x", "ltk8s data stage", "ltk8s report --tu x", "ltk8s pull run"])
def test_a_command_that_does_not_exist_is_refused(line):
    assert len(refused(commands_in(line), whole=True)) == 1
