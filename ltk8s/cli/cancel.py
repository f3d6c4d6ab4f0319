"""``ltk8s cancel``: stop a run's Jobs, but for those that another run needs."""

from __future__ import annotations

from collections.abc import Sequence

from ltk8s.cli.common import Context, command, new_app
from ltk8s.cli.show import styled, table
from ltk8s.cli.status import RunArgument
from ltk8s.cluster.cancel import Cancelled
from ltk8s.cluster.cancel import cancel as stop
from ltk8s.store.runs import find_run

app = new_app()


@app.command()
@command
def cancel(context: Context, run: RunArgument) -> None:
    """Stop what only this run needs.

    Learners save before they stop; results and the run's record stay, and submitting again goes on.

    \b
    ltk8s cancel stack-wl-3f
    """
    record = find_run(context.store, run)
    cancelled = stop(record, context.cluster, context.store)
    context.emit({"run": record.run, "jobs": cancelled}, lambda: show_cancelled(context, record.run, cancelled))


def show_cancelled(context: Context, run: str, cancelled: Sequence[Cancelled]) -> None:
    if not cancelled:
        context.console.print(f"No Job of {run} was under way.")
        return
    rows = table("JOB", "OUTCOME", "NEEDED BY")
    for job in cancelled:
        rows.add_row(job.id, styled(job.outcome), ", ".join(job.needed_by))
    context.console.print(rows)
