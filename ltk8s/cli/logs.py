"""``ltk8s logs``: the log of a Job's pod, or the one that it left in the store."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from typing import Annotated

import typer

from ltk8s.cli.common import Context, command, new_app
from ltk8s.cli.lookup import FoundJob, find_job
from ltk8s.errors import ClusterError, NotFound
from ltk8s.escaping import printable
from ltk8s.store import layout
from ltk8s.store.base import Store
from ltk8s.store.commit import read_result

app = new_app()

LOG = "log.txt"


@app.command()
@command
def logs(
    context: Context,
    job: Annotated[str, typer.Argument(metavar="JOB", help="A Job's name or its beginning.")],
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Go on until the pod ends.")] = False,
) -> None:
    """Print a Job's log. With --json each line is a JSON object of the Job and the line.

    \b
    ltk8s logs glyphs50-0-02-lite0-ce-s0-1a2b3c4d5e
    ltk8s logs fusion-glyphs50 -f
    """
    found = find_job(context.store, job)
    for line in lines_of(context, found, follow=follow):
        text = line.rstrip("\n")
        shown = printable(text) if sys.stdout.isatty() else text
        sys.stdout.write((json.dumps({"job": found.id, "line": text}) if context.json else shown) + "\n")
        sys.stdout.flush()


def lines_of(context: Context, found: FoundJob, *, follow: bool) -> Iterator[str]:
    """The pod's log if there is one, else the stored log.

    Raises:
        ClusterError: if there is neither, or the pod's breaks off.
    """
    begun = False
    try:
        for line in context.cluster.logs(found.id, follow=follow):
            begun = True
            yield line
    except ClusterError as no_pod:
        stored = None if begun else stored_log(context.store, found)
        if stored is None:
            raise no_pod from None
        yield from stored.splitlines()


def stored_log(store: Store, found: FoundJob) -> str | None:
    """The log of the attempt that was committed, else of the newest that left one."""
    result = read_result(store, found.kind, found.id)
    if result:
        keys = [result.key(LOG)]
    else:
        attempts = [
            item for item in store.list(f"{layout.home(found.kind, found.id)}attempts/") if item.key.endswith(f"/{LOG}")
        ]
        keys = [item.key for item in sorted(attempts, key=lambda item: item.modified)[-1:]]
    try:
        return store.get(keys[0]).decode(errors="replace") if keys else None
    except NotFound:
        return None
