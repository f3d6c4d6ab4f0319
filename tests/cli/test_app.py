import subprocess
import sys
from pathlib import Path

import pytest

import ltk8s as package
from ltk8s.cli.app import COMMANDS, load

HEAVY = {"torch", "scipy", "boto3", "kubernetes", "matplotlib", "PIL"}


@pytest.fixture
def loaded_by(environment):
    def run(*arguments):
        """The modules that a real process has loaded when the command has ended."""
        command = [sys.executable, "-X", "importtime", "-c", "from ltk8s.cli.app import main; main()", *arguments]
        said = subprocess.run(command, env=environment, capture_output=True, text=True, check=False).stderr
        return {line.rpartition("|")[2].strip() for line in said.splitlines() if line.startswith("import time:")}

    return run


def test_help_loads_nothing_heavy(loaded_by):
    loaded = loaded_by("--help")
    assert "ltk8s.cli.app" in loaded
    assert loaded & {*HEAVY, "pydantic", "yaml", "rich.console"} == set()


@pytest.mark.parametrize("command", ["status", "experiments", "why"])
def test_looking_loads_nothing_heavy(loaded_by, command):
    loaded = loaded_by(command)
    assert "ltk8s.cli.common" in loaded
    assert loaded & {*HEAVY, "numpy"} == set()


def test_a_report_loads_nothing_heavier_than_it_counts_with(loaded_by):
    assert loaded_by("report") & {*HEAVY, "scipy", "matplotlib", "PIL"} == set()


def test_no_command_loads_what_training_needs():
    script = "import sys; from ltk8s.cli.app import COMMANDS, load; [load(name) for name in COMMANDS]; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout.split()
    assert "ltk8s.cli.submit" in loaded
    assert set(loaded) & {*HEAVY, "timm", "pytorch_lightning"} == set()


def test_help_names_every_command(ltk8s):
    shown = ltk8s("--help").stdout
    assert all(f"\n  {name} " in shown for name in COMMANDS)


@pytest.mark.parametrize("name", COMMANDS)
def test_each_command_has_an_example(name):
    command = load(name)
    for each in getattr(command, "commands", {name: command}).values():
        assert f"ltk8s {name}" in each.help


@pytest.mark.parametrize("name", COMMANDS)
def test_summary_is_the_first_sentence_of_the_commands_own_help(name):
    assert load(name).help.startswith(COMMANDS[name])


def test_version(ltk8s):
    assert ltk8s("--version").stdout == f"ltk8s {package.__version__}\n"


def test_unknown_command_suggests_the_nearest(ltk8s):
    result = ltk8s("submitt")
    assert result.exit_code == 2
    assert "Did you mean 'submit'?" in result.stderr


def test_unknown_option_is_a_usage_error(process):
    done = process("experiments", "--nothing")
    assert done.returncode == 2
    assert "--nothing" in done.stderr


def test_no_command_shows_the_help(ltk8s):
    result = ltk8s()
    assert result.exit_code == 2
    assert "submit" in result.output


def test_every_command_takes_the_shared_options():
    for name in COMMANDS:
        command = load(name)
        for each in getattr(command, "commands", {name: command}).values():
            options = {option for parameter in each.params for option in parameter.opts}
            assert {"--cluster", "--namespace", "--store", "--json", "--debug"} <= options


@pytest.mark.parametrize(
    ("line", "offered"),
    [
        ("ltk8s sub", {"submit"}),
        ("ltk8s submit stack-", {"stack-la", "stack-wl"}),
        ("ltk8s submit baseline --profile ", {"cpu", "laptop", "paper"}),
    ],
)
def test_the_shell_completes_commands_experiments_and_profiles(process, line, offered):
    position = str(len(line.split(" ")) - 1)
    done = process(COMP_WORDS=line, COMP_CWORD=position, _LTK8S_COMPLETE="complete_bash")
    assert set(done.stdout.split()) == offered


def test_the_shell_completes_runs(process, submitted):
    (record,) = submitted("baseline")
    done = process(COMP_WORDS="ltk8s status base", COMP_CWORD="2", _LTK8S_COMPLETE="complete_bash")
    assert done.stdout.split() == [record.run]


def test_help_that_has_no_room_is_said(environment):
    with Path("/dev/full").open("w") as full:
        command = [sys.executable, "-c", "from ltk8s.cli.app import main; main()", "--help"]
        done = subprocess.run(command, env=environment, stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    assert (done.returncode, done.stderr.splitlines()) == (
        1,
        ["The system refuses to go on: no space left on device. Make room there, or choose another place."],
    )
