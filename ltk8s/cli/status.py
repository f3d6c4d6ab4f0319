"""``ltk8s status``: how things stand now, from one look at store and cluster."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Annotated, Any

import typer

from ltk8s.cli import complete
from ltk8s.cli.away import Unreadable, reading_the_store, say_it_cannot_be_read
from ltk8s.cli.common import Context, command, new_app
from ltk8s.cli.live import epoch_text
from ltk8s.cli.show import counted, duration, styled, table
from ltk8s.cluster.state import JobState, RunState, job_states, run_states
from ltk8s.cluster.without_store import job_states_without_store, run_states_without_store
from ltk8s.errors import StoreError
from ltk8s.store.room import no_room
from ltk8s.store.runs import find_run, read_runs
from ltk8s.times import shown

app = new_app()

SILENT_SECONDS = 60.0
"""A running Job tells every few seconds how far it is."""

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

    RUN is a run's name, a unique beginning of it, or an experiment: then its newest run. While the store cannot be read it
    says so, and shows what the cluster alone knows.

    \b
    ltk8s status
    ltk8s status stack-wl
    ltk8s status stack-wl-3f --json
    """
    try:
        with reading_the_store():
            show_all(context) if run is None else show_one(context, run)
    except Unreadable as unreadable:
        show_without_store(context, run, unreadable.trouble)


def show_all(context: Context) -> None:
    """Every run that has a record."""
    runs = run_states(read_runs(context.store), context.cluster, context.store)
    context.emit({"store": context.store.url, "runs": runs}, lambda: show_runs(context, runs))


def show_one(context: Context, run: str) -> None:
    """Every Job of a run; and, where running ones have not reported for a while, that the store has no room, if that is why."""
    record = find_run(context.store, run)
    heading = f"{record.run}: {record.title}, profile {record.profile}"
    jobs = job_states([record], context.cluster, context.store)
    context.emit({"run": record, "jobs": jobs}, lambda: show_jobs(context, heading, jobs))
    silent = [job for job in jobs if job.phase == "running" and is_silent(job)]
    if silent and (full := no_room(context.store)):
        context.note(f"{full} {counted(len(silent), 'running Job')} cannot report or save; `ltk8s why` says more.")


def is_silent(job: JobState) -> bool:
    """Whether a running Job has not told for a while how far it is."""
    if job.progress is None:
        return True
    return abs((datetime.now(UTC) - datetime.fromisoformat(job.progress.updated)).total_seconds()) > SILENT_SECONDS


def show_without_store(context: Context, run: str | None, trouble: StoreError) -> None:
    """What the cluster alone knows.

    Raises:
        StoreError: if that is nothing.
    """
    known: dict[str, Any] = {"without_store": trouble.what}
    if run is None:
        runs = run_states_without_store(context.cluster)
        if not runs:
            raise trouble
        say_it_cannot_be_read(context, trouble)
        context.emit({"store": context.settings.store.url, "runs": runs, **known}, lambda: show_runs(context, runs))
        return
    jobs = job_states_without_store(run, context.cluster)
    if not jobs:
        raise trouble
    say_it_cannot_be_read(context, trouble)
    context.emit({"run": None, "jobs": jobs, **known}, lambda: show_jobs(context, f"{run}: as far as the cluster knows", jobs))


def show_runs(context: Context, runs: Sequence[RunState]) -> None:
    if not runs:
        context.console.print(f"No runs in {context.store.url}. `ltk8s submit baseline` makes one.")
        return
    rows = table("RUN", "PHASE", "JOBS", "ACCURACY", "SUBMITTED")
    for run in runs:
        counts = ", ".join(f"{count} {phase}" for phase, count in run.counts.items() if count)
        rows.add_row(run.run, styled(run.phase), counts, number(run.accuracy), shown(run.created))
    context.console.print(rows)


def show_jobs(context: Context, heading: str, jobs: Sequence[JobState]) -> None:
    context.console.print(f"{heading}\n")
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
