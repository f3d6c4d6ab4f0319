import json
import subprocess
import sys
from typing import Annotated

import pytest
import typer
from typer.testing import CliRunner

from ltk8s.cli.common import Context, command, to_json
from ltk8s.errors import ClusterError, MembersError, UsageError
from ltk8s.spec.experiment import Dataset


def run(body, *arguments):
    app = typer.Typer(rich_markup_mode=None)

    @app.command()
    @command
    def one(context: Context, word: Annotated[str, typer.Argument()] = "nothing") -> None:
        """Help."""
        body(context, word)

    return CliRunner().invoke(app, list(arguments))


def raising(error):
    def body(context, word):
        raise error

    return body


@pytest.mark.parametrize(
    ("error", "code"), [(UsageError("a.", "b."), 2), (ClusterError("a.", "b."), 1), (MembersError("a."), 1)]
)
def test_an_error_on_purpose_is_two_sentences_and_an_exit_code(error, code):
    result = run(raising(error))
    assert result.exit_code == code
    assert result.stderr.splitlines() == ["Error: a.", *(["b."] if error.do else [])]
    assert result.stdout == ""


def test_an_unexpected_error_is_one_line_and_how_to_see_more():
    result = run(raising(ValueError("two\nlines")))
    assert result.exit_code == 1
    assert result.stderr.splitlines() == ["Error: ValueError: two lines", "Run again with --debug for the traceback."]


def test_debug_shows_the_traceback():
    assert "Traceback (most recent call last)" in run(raising(ValueError("x")), "--debug").stderr
    assert "in body" in run(raising(UsageError("x.")), "--debug").stderr


def test_ctrl_c_is_130():
    assert run(raising(KeyboardInterrupt())).exit_code == 130


def test_the_commands_own_parameters_arrive():
    assert run(lambda context, word: typer.echo(word), "hello").stdout == "hello\n"


def test_a_flag_becomes_a_setting():
    seen = run(lambda context, word: typer.echo(context.settings.store.url), "--store", "file:///flag")
    assert seen.stdout == "file:///flag\n"


@pytest.mark.parametrize("flag", [["--json"], ["--output", "json"]])
def test_json_replaces_what_a_person_would_see(flag):
    def body(context, word):
        context.note("beside")
        context.emit({"answer": Dataset(name="x")}, lambda: typer.echo("for people"))

    result = run(body, *flag)
    assert json.loads(result.stdout)["answer"]["name"] == "x"
    assert result.stderr == "beside\n"


def test_an_unknown_output_is_refused():
    result = run(lambda context, word: None, "--output", "xml")
    assert result.exit_code == 2
    assert "'xml'" in result.stderr


def test_a_closed_pipe_is_no_error():
    script = "from ltk8s.cli.app import main; import sys; sys.argv = ['ltk8s', 'experiments', 'stack-wl', '--full']; main()"
    done = subprocess.run(f'{sys.executable} -c "{script}" | head -0', shell=True, capture_output=True, text=True, check=False)
    assert done.stderr == ""


def test_to_json_writes_paths_and_models_as_plain_values(tmp_path):
    assert json.loads(to_json({"path": tmp_path})) == {"path": str(tmp_path)}


@pytest.mark.parametrize("name", ["LTK8S_STORE", "LTK8S_STORE__URL"])
def test_the_store_may_come_from_the_environment(ltk8s, name, tmp_path):
    url = (tmp_path / "elsewhere").as_uri()
    assert url in ltk8s("status", **{name: url}).stdout


def test_a_flag_wins_over_the_environment(ltk8s, tmp_path):
    url = (tmp_path / "flag").as_uri()
    assert url in ltk8s("status", "--store", url, LTK8S_STORE="file:///environment").stdout


def test_a_setting_that_the_environment_spells_wrong_says_how_to_write_it(ltk8s):
    result = ltk8s("status", LTK8S_IMAGE="worker:1")
    assert result.exit_code == 2
    assert "LTK8S_IMAGE__NAME" in result.stderr
