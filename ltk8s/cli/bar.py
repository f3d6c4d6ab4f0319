"""A progress bar for what takes a while, on a terminal only."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from ltk8s.cli.common import Context

if TYPE_CHECKING:
    from rich.console import Console


@contextmanager
def bar(
    context: Context, what: str, total: int, *, in_bytes: bool = False, console: Console | None = None
) -> Iterator[Callable[[int], None]]:
    """A progress bar on a terminal, nothing elsewhere; yields what to call with each step.

    Args:
        console: where it is drawn; by default beside the answer, wherever that goes.
    """
    from rich.progress import BarColumn, DownloadColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    console = console or (context.errors if context.json else context.console)
    count = DownloadColumn(binary_units=True) if in_bytes else MofNCompleteColumn()
    columns = (TextColumn("{task.description}"), BarColumn(), count, TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        task = progress.add_task(what, total=total)
        yield lambda step: progress.advance(task, step)
