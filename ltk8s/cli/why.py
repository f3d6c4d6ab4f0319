"""``ltk8s why``: the true reason of each Job that is not moving."""

from __future__ import annotations

from typing import Annotated

import typer

from ltk8s.cli import complete
from ltk8s.cli.away import Unreadable, reading_the_store, say_it_cannot_be_read
from ltk8s.cli.common import Context, command, new_app
from ltk8s.cli.lookup import find_job
from ltk8s.cli.show import styled, table
from ltk8s.cluster.explain import Reason
from ltk8s.cluster.explain import why as reasons_of
from ltk8s.cluster.without_store import reasons_without_store
from ltk8s.errors import StoreError, UsageError
from ltk8s.store.base import Store
from ltk8s.store.runs import RunRecord, find_run

app = new_app()


@app.command()
@command
def why(
    context: Context,
    name: Annotated[str, typer.Argument(metavar="RUN|JOB", help="A run, or one Job of it.", autocompletion=complete.runs)],
) -> None:
    """Say why Jobs are not moving.

    While the store cannot be read it says so, and what the cluster alone knows of the Jobs.

    \b
    ltk8s why stack-wl
    ltk8s why glyphs50-0-02-lite0-ce-s0-1a2b3c4d5e
    """
    try:
        with reading_the_store():
            record, job = find_run_or_job(context.store, name)
            reasons = reasons_of([record], context.cluster, context.store, only=job)
    except Unreadable as unreadable:
        reasons = without_store(context, name, unreadable.trouble)
    context.emit(reasons, lambda: show(context, name, reasons))


def without_store(context: Context, name: str, trouble: StoreError) -> list[Reason]:
    """Say that the store cannot be read, and why; return what the cluster knows of the Jobs.

    Raises:
        StoreError: if the cluster has no such run or Job.
    """
    reasons = reasons_without_store(name, context.cluster, trouble)
    if not reasons:
        raise trouble
    say_it_cannot_be_read(context, trouble)
    return reasons


def find_run_or_job(store: Store, name: str) -> tuple[RunRecord, str | None]:
    """The run that is meant; or, for a Job's name, a run that needs it, and the Job's id."""
    try:
        return find_run(store, name), None
    except UsageError as no_run:
        try:
            found = find_job(store, name)
        except UsageError:
            raise no_run from None
        return found.record, found.id


def show(context: Context, name: str, reasons: list[Reason]) -> None:
    if not reasons:
        context.console.print(f"Nothing holds up {name}.")
        return
    rows = table("JOB", "PHASE", "WHY")
    for reason in reasons:
        rows.add_row(reason.id, styled(reason.phase), reason.why)
    context.console.print(rows)
