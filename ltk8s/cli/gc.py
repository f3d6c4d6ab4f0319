"""``ltk8s gc``: remove learners and fusions that no run's record names, once they are old enough."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import timedelta
from typing import Annotated

import typer

from ltk8s.cli.common import FAILED, Context, command, new_app
from ltk8s.cli.show import counted, size, table
from ltk8s.cluster.gc import Garbage, find_garbage, remove_garbage
from ltk8s.errors import UsageError
from ltk8s.times import shown

app = new_app()

UNITS = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


@app.command()
@command
def gc(
    context: Context,
    older_than: Annotated[str, typer.Option("--older-than", metavar="AGE", help="Such as 12h, 7d or 2w.")] = "7d",
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
) -> None:
    """Remove what no run names any more.

    Learners and fusions go, after they were shown and you agreed; data sets, weights and runs stay.

    \b
    ltk8s gc
    ltk8s gc --older-than 1d --yes
    """
    garbage = find_garbage(context.store, context.cluster, older_than=parse_age(older_than))
    if not context.json:
        show(context, garbage, older_than)
    if garbage and not yes and not agreed(context, len(garbage)):
        context.errors.print("Nothing was removed.")
        raise typer.Exit(FAILED)
    removed = remove_garbage(context.store, context.cluster, garbage)
    context.emit(removed, lambda: context.console.print(f"Removed {counted(len(removed), 'item')}.") if removed else None)


def parse_age(text: str) -> timedelta:
    """Read an age.

    >>> parse_age("7d")
    datetime.timedelta(days=7)
    """
    match = re.fullmatch(r"(\d{1,6})([mhdw])", text)
    if not match:
        raise UsageError(f"{text!r} is no length of time.", "Write it as 30m, 12h, 7d or 2w.")
    return timedelta(**{UNITS[match[2]]: int(match[1])})


def show(context: Context, garbage: Sequence[Garbage], older_than: str) -> None:
    if not garbage:
        context.console.print(f"Nothing to remove: all is named by a run, or younger than {older_than}.")
        return
    rows = table("NOT NAMED BY ANY RUN", "OBJECTS", "SIZE", "LAST WRITTEN")
    for item in garbage:
        rows.add_row(item.id, str(item.objects), size(item.bytes), shown(item.modified))
    context.console.print(rows)
    context.console.print(f"{size(sum(item.bytes for item in garbage))} in all.")


def agreed(context: Context, count: int) -> bool:
    """Ask; a program that reads JSON, or that has no one to ask, has not agreed."""
    if context.json or not typer.get_text_stream("stdin").isatty():
        context.errors.print("Give --yes to remove them without being asked.")
        return False
    return typer.confirm(f"Remove {counted(count, 'item')} from {context.store.url}?")
