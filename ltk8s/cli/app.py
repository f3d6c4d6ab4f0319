"""The ``ltk8s`` command. It registers the commands and loads only the one that is called: each has a file of its own."""

from __future__ import annotations

import sys
from importlib import import_module
from typing import Annotated, Any

import typer
from typer.core import TyperCommand, TyperGroup

import ltk8s
from ltk8s.cli.messages import show_warnings

COMMANDS = {
    "submit": "Plan experiments, sweeps or a study, create their Jobs and run them.",
    "render": "Print every Job of a run as YAML.",
    "status": "Show all runs, or every Job of one.",
    "watch": "Follow a run until it is done.",
    "why": "Say why Jobs are not moving.",
    "logs": "Print a Job's log.",
    "report": "Join finished runs into the results table.",
    "pull": "Take a finished run's ensemble home.",
    "predict": "Say what images show, by a pulled ensemble.",
    "trace": "Print what is behind a number: its task, Job manifest and log.",
    "cancel": "Stop what only these runs need.",
    "delete": "Forget a run's record.",
    "gc": "Remove what no run names any more.",
    "data": "Stage, list, show and export data sets.",
    "weights": "Stage and list initial weights.",
    "experiments": "List experiments, sweeps, studies and profiles, or print one.",
    "store": "Make the store's bucket; export and import what a report needs.",
    "controller": "Release held Jobs as soon as what they wait for is committed.",
    "doctor": "Check this machine, the store and the cluster.",
}


class LazyGroup(TyperGroup):
    """Knows its commands by name and summary; imports the module of the one that is called."""

    def __init__(self, **attributes: Any) -> None:
        super().__init__(**attributes)
        self.commands = {name: TyperCommand(name, short_help=summary) for name, summary in COMMANDS.items()}

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        name, _, rest = super().resolve_command(ctx, args)
        return name, load(name) if name else None, rest


def load(name: str) -> Any:
    """The command ``name``, made from its module's ``app``."""
    command = typer.main.get_command(import_module(f"ltk8s.cli.{name}").app)
    command.name = name
    return command


app = typer.Typer(
    cls=LazyGroup,
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,  # they show local variables, and a secret may be among them
    context_settings={"max_content_width": 110},
)


@app.callback(invoke_without_command=True)
def root(version: Annotated[bool, typer.Option("--version", help="Print the version and leave.")] = False) -> None:
    """Which long-tail technique helps on your images, by how much, and is the difference real?

    \b
    ltk8s data stage glyphs50                                          a first data set, built in
    ltk8s submit baseline stack-la --dataset glyphs50 --ratio 0.02     train, fuse, compare
    ltk8s report                                                       the table
    """
    if version:
        typer.echo(f"ltk8s {ltk8s.__version__}")
        raise typer.Exit


def main() -> None:
    """The entry point of the ``ltk8s`` script."""
    show_warnings()
    try:
        app(prog_name="ltk8s")
    except OSError as error:  # what is printed before a command begins, such as its help, may have no room
        from ltk8s.cli.common import FAILED, of_the_system

        print(of_the_system(error), file=sys.stderr)
        sys.exit(FAILED)
