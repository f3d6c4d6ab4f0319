"""``ltk8s status``: how things stand now, from one look at store and cluster."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

import typer

from ltk8s.cli import complete
from ltk8s.cli.common import Context, command, new_app
from ltk8s.cli.live import epoch_text
from ltk8s.cli.show import duration, styled, table
from ltk8s.cluster.state import JobState, RunState, job_states, run_states
from ltk8s.store.runs import RunRecord, find_run, read_runs
from ltk8s.times import shown

app = new_app()

RunArgument = Annotated[
    str, typer.Argument(metavar="RUN", help="A run's name or its beginning, or an experiment.", autocompletion=complete.runs)
]
OptionalRunArgument = Annotated[
    str | None,
    typer.Argument(metavar="RUN", help="A run's name or its beginning, or an experiment.", autocompletion=complete.runs),
]


@app.command()
@command
def status(context: Context, run: OptionalRunArgument = None) -> None:
    """Show all runs, or every Job of one.

    RUN is a run's name, a unique beginning of it, or an experiment: then its newest run.

    \b
    ltk8s status
    ltk8s status stack-wl
    ltk8s status stack-wl-3f --json
    """
    if run is None:
        runs = run_states(read_runs(context.store), context.cluster, context.store)
        context.emit({"store": context.store.url, "runs": runs}, lambda: show_runs(context, runs))
        return
    record = find_run(context.store, run)
    jobs = job_states([record], context.cluster, context.store)
    context.emit({"run": record, "jobs": jobs}, lambda: show_jobs(context, record, jobs))


def show_runs(context: Context, runs: Sequence[RunState]) -> None:
    if not runs:
        context.console.print(f"No runs in {context.store.url}. `ltk8s submit baseline` makes one.")
        return
    rows = table("RUN", "PHASE", "JOBS", "ACCURACY", "SUBMITTED")
    for run in runs:
        counts = ", ".join(f"{count} {phase}" for phase, count in run.counts.items() if count)
        rows.add_row(run.run, styled(run.phase), counts, number(run.accuracy), shown(run.created))
    context.console.print(rows)


def show_jobs(context: Context, record: RunRecord, jobs: Sequence[JobState]) -> None:
    context.console.print(f"{record.run}: {record.title}, profile {record.profile}\n")
    rows = table("JOB", "PHASE", "EPOCH", "IMAGES/S", "LEFT", "LOSS", "ACCURACY")
    for job in jobs:
        rows.add_row(job.id, styled(job.phase), *progress_cells(job))
    context.console.print(rows)


def progress_cells(job: JobState) -> list[str]:
    """Epoch, images per second, time left, loss, accuracy: of training while it runs, of the test set when done."""
    progress = job.progress
    if progress is None:
        return ["", "", "", "", number(job.accuracy)]
    return [
        epoch_text(progress),
        f"{progress.images_per_second:,.0f}" if progress.images_per_second else "",
        duration(progress.eta_seconds),
        "" if progress.loss is None else f"{progress.loss:.3f}",
        "" if progress.accuracy is None else f"({progress.accuracy:.3f} in training)",
    ]


def number(accuracy: float | None) -> str:
    return "" if accuracy is None else f"{accuracy:.4f}"
