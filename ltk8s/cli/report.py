"""``ltk8s report``: the results table of finished runs, from the store alone."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ltk8s.cli import complete
from ltk8s.cli.bar import spinner
from ltk8s.cli.common import Context, command, new_app
from ltk8s.report import collect, render_terminal, write
from ltk8s.store.runs import find_runs

app = new_app()


@app.command()
@command
def report(
    context: Context,
    runs: Annotated[
        list[str] | None,
        typer.Argument(metavar="RUN", help="Runs or experiments; all by default.", autocompletion=complete.runs),
    ] = None,
    to: Annotated[Path | None, typer.Option("--to", metavar="DIR", help="Write the page, tables and figures there.")] = None,
) -> None:
    """Join finished runs into the results table.

    Each run is compared with the baseline at the same data set, ratio, seed and profile, image by image. With --to, DIR gets
    index.html, a page that holds all it shows; results.md, .csv, .json and .tex; and each figure as SVG and PNG.

    \b
    ltk8s report
    ltk8s report --to results
    ltk8s report baseline stack-wl --to results
    """
    with spinner(context, "Reading finished runs"):
        study = collect(context.store, find_runs(context.store, runs) if runs else None)
    files: list[Path] = []
    if to:
        with spinner(context, "Drawing figures"):
            files = write(study, to, parallel=True)
    context.emit(study, lambda: context.console.print(render_terminal(study)))
    for file in files:
        if file.parent == to:
            context.note(f"Wrote {file}")
    if to and any(file.parent != to for file in files):
        context.note(f"Wrote {sum(file.parent != to for file in files)} figures to {files[-1].parent}")
