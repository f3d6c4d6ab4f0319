"""``ltk8s cancel``: stop runs' Jobs, but for those that another run needs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

import typer

from ltk8s.cli import complete
from ltk8s.cli.common import FAILED, Context, command, new_app
from ltk8s.cli.show import counted, styled, table
from ltk8s.cluster.cancel import Cancelled, cancel_all, under_way
from ltk8s.errors import UsageError
from ltk8s.store.base import Store
from ltk8s.store.runs import RunRecord, find_run, read_runs

app = new_app()


@app.command()
@command
def cancel(
    context: Context,
    runs: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[RUN]...", help="Runs, their beginnings, or experiments: all their runs.", autocompletion=complete.runs
        ),
    ] = None,
    every: Annotated[bool, typer.Option("--all", help="Every run that has Jobs under way.")] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
) -> None:
    """Stop what only these runs need.

    Learners save before they stop; results and the runs' records stay, and submitting again goes on. Where --all or an
    experiment's name means several runs, they are shown, and nothing is stopped before you agree.

    \b
    ltk8s cancel stack-wl-3f
    ltk8s cancel stack-wl-3f baseline-0c
    ltk8s cancel stack-wl
    ltk8s cancel --all --yes
    """
    if bool(runs) == every:
        what = "--all means every run, and runs are named too." if every else "Nothing says which runs are meant."
        raise UsageError(what, "Name runs or experiments, or give --all.")
    if every:
        meant, chosen = under_way(read_runs(context.store), context.cluster, context.store), False
    else:
        meant, chosen = runs_meant(runs or [], context)
    if len(meant) > 1 and not chosen and not yes and not agreed(context, meant):
        context.errors.print("Nothing was stopped.")
        raise typer.Exit(FAILED)
    cancelled = cancel_all(meant, context.cluster, context.store)
    context.emit(document(meant, cancelled), lambda: show_cancelled(context, named(meant), cancelled))


def runs_meant(texts: Sequence[str], context: Context) -> tuple[list[RunRecord], bool]:
    """The runs that these words mean, each once; and whether each was chosen by a word of its own.

    An experiment's name means those of its runs that have Jobs under way; its newest where none has.
    """
    found: dict[str, RunRecord] = {}
    chosen = True
    for text in texts:
        moving = under_way(runs_of_experiment(context.store, text), context.cluster, context.store)
        meant = moving or [find_run(context.store, text)]
        chosen = chosen and len(meant) == 1
        found |= {record.run: record for record in meant}
    return list(found.values()), chosen


def runs_of_experiment(store: Store, text: str) -> list[RunRecord]:
    """All runs of the experiment of that name; none where a run is called so."""
    records = read_runs(store)
    return [] if text in {record.run for record in records} else [each for each in records if each.experiment == text]


def agreed(context: Context, records: Sequence[RunRecord]) -> bool:
    """Show the runs and ask; a program that reads JSON, or that has no one to ask, has not agreed."""
    rows = table("RUN", "EXPERIMENT", "SEED", "PROFILE")
    for record in records:
        rows.add_row(record.run, record.title, str(record.seed), record.profile)
    context.beside.print(rows)
    if context.json or not typer.get_text_stream("stdin").isatty():
        context.errors.print("Give --yes to stop them without being asked.")
        return False
    return typer.confirm(f"Stop {counted(len(records), 'run')}?")


def document(records: Sequence[RunRecord], cancelled: Sequence[Cancelled]) -> dict[str, Any]:
    """``run`` is the one run, null where there are several or none."""
    runs = [record.run for record in records]
    return {"run": runs[0] if len(runs) == 1 else None, "runs": runs, "jobs": cancelled}


def named(records: Sequence[RunRecord]) -> str:
    return records[0].run if len(records) == 1 else counted(len(records), "run") if records else "any run"


def show_cancelled(context: Context, what: str, cancelled: Sequence[Cancelled]) -> None:
    if not cancelled:
        context.console.print(f"No Job of {what} was under way.")
        return
    rows = table("JOB", "OUTCOME", "NEEDED BY")
    for job in cancelled:
        rows.add_row(job.id, styled(job.outcome), ", ".join(job.needed_by))
    context.console.print(rows)
