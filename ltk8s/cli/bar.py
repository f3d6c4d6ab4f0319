"""What a terminal shows while something takes a while; elsewhere nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from typing import TYPE_CHECKING

from ltk8s.cli.common import Context
from ltk8s.escaping import printable

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

    console = console or context.beside
    count = DownloadColumn(binary_units=True) if in_bytes else MofNCompleteColumn()
    columns = (TextColumn("{task.description}", markup=False), BarColumn(), count, TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        task = progress.add_task(printable(what), total=total)
        yield lambda step: progress.advance(task, step)


@contextmanager
def spinner(context: Context, what: str) -> Iterator[None]:
    """Show that something is done of which nobody knows how much there is."""
    from rich.text import Text

    with context.beside.status(Text(printable(what))) if context.beside.is_terminal else nullcontext():
        yield
