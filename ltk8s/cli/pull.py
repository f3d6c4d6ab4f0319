"""``ltk8s pull``: a finished run's ensemble as a directory that needs no store."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ltk8s.cli import complete
from ltk8s.cli.bar import bar
from ltk8s.cli.common import Context, command, new_app
from ltk8s.cli.show import counted, size
from ltk8s.fusion.bundle import Bundle
from ltk8s.fusion.pull import describe
from ltk8s.fusion.pull import pull as take
from ltk8s.store.runs import find_run

app = new_app()


@app.command()
@command
def pull(
    context: Context,
    run: Annotated[
        str, typer.Argument(metavar="RUN", help="A run, or an experiment (its newest).", autocompletion=complete.runs)
    ],
    directory: Annotated[Path, typer.Argument(metavar="DIR", help="A directory that is empty or does not exist.")],
) -> None:
    """Take a finished run's ensemble home.

    The directory has networks, preprocessing, classes, the fusion's rule and where all of it comes from. It works on any
    machine, without the store: `ltk8s predict DIR`, or load_ensemble("DIR") in Python.

    \b
    ltk8s pull stack-la birds-model
    """
    bundle = describe(context.store, find_run(context.store, run))
    with bar(context, "Pulling", sum(member.content.size for member in bundle.members), in_bytes=True) as advance:
        take(context.store, bundle, directory, advance)
    context.emit({"directory": directory, "ensemble": bundle}, lambda: show(context, bundle, directory))


def show(context: Context, bundle: Bundle, directory: Path) -> None:
    networks = counted(len(bundle.members), "network")
    total = size(sum(member.content.size for member in bundle.members))
    context.console.print(f"Pulled {bundle.run}: {networks}, {total}, {len(bundle.classes)} classes, into {directory}.")
    context.console.print(f"Use it: `ltk8s predict {directory} IMAGES…`, or load_ensemble({str(directory)!r}) in Python.")
