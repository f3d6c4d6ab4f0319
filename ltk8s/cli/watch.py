"""``ltk8s watch``: follow a run; leaving stops nothing."""

from __future__ import annotations

from typing import Annotated

import typer

from ltk8s.cli.common import FAILED, Context, command, new_app
from ltk8s.cli.follow import explain, follow
from ltk8s.cli.status import RunArgument
from ltk8s.store.runs import find_run

app = new_app()


@app.command()
@command
def watch(
    context: Context,
    run: RunArgument,
    plain: Annotated[bool, typer.Option("--plain", help="Lines instead of bars on a terminal.")] = False,
) -> None:
    """Follow a run until it is done.

    Members that are done release their fusion. Ctrl-C only detaches. On this machine (--cluster local) Jobs move only while
    `ltk8s submit` runs; watch looks on.

    \b
    ltk8s watch stack-wl
    ltk8s watch stack-wl-3f --plain
    """
    record = find_run(context.store, run)
    try:
        followed = follow(context, [record], drive_here=False, plain=plain)
    except KeyboardInterrupt:
        context.note("Detached: nothing was stopped.")
        raise
    context.emit({"run": record.run, "jobs": followed.states}, lambda: None)
    if followed.failed:
        explain(context, [record])
        raise typer.Exit(FAILED)
