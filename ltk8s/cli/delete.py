"""``ltk8s delete``: forget a run. Its results stay until gc."""

from __future__ import annotations

from ltk8s.cli.cancel import show_cancelled
from ltk8s.cli.common import Context, command, new_app
from ltk8s.cli.status import RunArgument
from ltk8s.cluster.cancel import delete as forget
from ltk8s.store.runs import find_run

app = new_app()


@app.command()
@command
def delete(context: Context, run: RunArgument) -> None:
    """Forget a run's record.

    Jobs that only this run needs are stopped and removed. Its learners stay in the store until `ltk8s gc`: submitting the
    same run again finds them.

    \b
    ltk8s delete stack-wl-3f
    """
    record = find_run(context.store, run)
    removed = forget(record, context.cluster, context.store)
    document = {"run": record.run, "jobs": removed}
    if removed and not context.json:
        show_cancelled(context, record.run, removed)
    context.emit(document, lambda: context.console.print(f"Forgot {record.run}; `ltk8s gc` removes what no run names."))
