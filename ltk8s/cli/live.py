"""How Jobs that are on their way look: bars on a terminal, lines elsewhere. Both only draw what they are shown."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Protocol, Self

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from ltk8s.cli.show import duration, styled
from ltk8s.cluster.state import JobState
from ltk8s.errors import shortened
from ltk8s.escaping import printable
from ltk8s.store.progress import Progress
from ltk8s.times import time_of_day

LINE_SECONDS = 10.0
"""A Job whose phase stays the same gets at most one line in this time."""

LABEL_WIDTH = 32

FIXED_WIDTH = 66
"""Characters that everything but label and bar takes."""

WIDE = 100
"""Characters from which on a terminal has room for losses."""

MOVING = ("running", "failed", "blocked", "pending")


class View(AbstractContextManager["View"], Protocol):
    """Draws rows; as a context manager, it owns its part of the screen."""

    def show(self, rows: Sequence[JobState]) -> None: ...


class Bars:
    """A live table, redrawn in place."""

    def __init__(self, console: Console, labels: Mapping[str, str]) -> None:
        self.console, self.labels = console, labels
        self.live = Live(console=console, auto_refresh=False)

    def __enter__(self) -> Self:
        self.live.__enter__()
        return self

    def __exit__(self, *exception: object) -> None:
        self.live.__exit__(None, None, None)

    def show(self, rows: Sequence[JobState]) -> None:
        width, height = self.console.size
        self.live.update(frame(rows, self.labels, width=width, height=height), refresh=True)


class Lines:
    """One line at each change of phase, and now and then one about progress."""

    def __init__(self, write: Callable[[str], None], clock: Callable[[], float] = time.monotonic) -> None:
        self.write, self.clock = write, clock
        self.phases: dict[str, str] = {}
        self.written: dict[str, tuple[float, int]] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        return None

    def show(self, rows: Sequence[JobState]) -> None:
        for row in rows:
            now = self.clock()
            if self.phases.get(row.id) != row.phase:
                self.phases[row.id] = row.phase
                self.written[row.id] = (now, row.progress.step if row.progress else 0)
                self.write(f"{time_of_day()}  {row.id}  {described(row)}")
            elif row.progress and self._is_due(row.id, row.progress.step, now):
                self.written[row.id] = (now, row.progress.step)
                self.write(f"{time_of_day()}  {row.id}  {progress_text(row.progress)}")

    def _is_due(self, id: str, step: int, now: float) -> bool:
        then, last = self.written[id]
        return now - then >= LINE_SECONDS and step > last


def frame(rows: Sequence[JobState], labels: Mapping[str, str], *, width: int, height: int) -> RenderableType:
    """What the screen shows: a row for each Job, those that move first where not all fit, and the sums below.

    Args:
        width, height: of the screen in characters. A narrow one has shorter bars and no losses.
    """
    room = max(height - 4, 1)
    shown = rows if len(rows) <= room else [row for row in rows if row.phase in MOVING][:room]
    names = [printable(shortened(labels.get(row.id, row.id), LABEL_WIDTH)) for row in shown]
    loss = width >= WIDE
    bar = min(max(width - max(map(len, names), default=0) - (FIXED_WIDTH if loss else FIXED_WIDTH - 7), 4), 40)
    grid = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    for heading in ("job", "phase", "", "epoch", "images/s", "left", *(["loss"] if loss else []), "accuracy"):
        grid.add_column(heading, no_wrap=True)
    for row, name in zip(shown, names, strict=True):
        grid.add_row(name, *cells(row, bar=bar, loss=loss))
    return Group(grid, summary(rows))


def cells(row: JobState, *, bar: int, loss: bool) -> list[RenderableType]:
    """One Job: phase, bar, epoch, images per second, time left, loss (if wanted), accuracy: of training until it is done."""
    progress = row.progress
    if progress is None or row.phase == "done":
        drawn = progress_bar(1 if row.phase == "done" else 0, 1, bar)
        accuracy = "" if row.accuracy is None else f"{row.accuracy:.4f}"
        return [styled(row.phase), drawn, "", "", "", *([""] if loss else []), Text(accuracy, style="bold")]
    return [
        Text(progress.phase, style="cyan") if row.phase == "running" else styled(row.phase),
        progress_bar(progress.step, progress.steps, bar),
        epoch_text(progress),
        f"{progress.images_per_second:,.0f}" if progress.images_per_second else "",
        clock(progress.eta_seconds),
        *([f"{progress.loss:.3f}" if progress.loss is not None else ""] if loss else []),
        Text(f"{progress.accuracy:.3f}" if progress.accuracy is not None else "", style="dim"),
    ]


def progress_bar(step: int, steps: int, width: int) -> ProgressBar:
    return ProgressBar(
        total=max(steps, 1), completed=step, width=width, complete_style="cyan", finished_style="green", style="bright_black"
    )


def clock(seconds: float | None) -> str:
    """A time as on a clock.

    >>> clock(65), clock(3700), clock(None)
    ('1:05', '1:01:40', '')
    """
    if seconds is None:
        return ""
    minutes, second = divmod(round(seconds), 60)
    hours, minute = divmod(minutes, 60)
    return f"{hours}:{minute:02}:{second:02}" if hours else f"{minute}:{second:02}"


def summary(rows: Sequence[JobState]) -> Text:
    """``2 running, 3 waiting, 1 done``"""
    phases = dict.fromkeys(row.phase for row in rows)
    text = Text(", ").join(Text.assemble(f"{sum(row.phase == phase for row in rows)} ", styled(phase)) for phase in phases)
    return Text.assemble("\n", text)


def described(row: JobState) -> str:
    """A phase in words, with what is known beside it."""
    extra = [accuracy_text(row.accuracy)] if row.phase == "done" else []
    if row.failures:
        extra.append(f"{row.failures} failed attempt{'' if row.failures == 1 else 's'}")
    extra = [text for text in extra if text]
    return f"{row.phase} ({', '.join(extra)})" if extra else row.phase


def progress_text(progress: Progress) -> str:
    speed = f"{progress.images_per_second:,.0f} images/s" if progress.images_per_second else ""
    where = epoch_text(progress)
    parts = [progress.phase, f"epoch {where}" if where[:1].isdigit() else where, speed, left_text(progress)]
    return ", ".join(part for part in parts if part)


def epoch_text(progress: Progress) -> str:
    """Epochs done of all; steps where the duration is no whole number of epochs; nothing for what has no steps."""
    if not progress.steps:
        return ""
    if progress.epochs is None or progress.epochs % 1:
        return f"step {progress.step}/{progress.steps}"
    return f"{progress.epoch:.1f}/{progress.epochs:g}"


def left_text(progress: Progress) -> str:
    parts = [
        f"{duration(progress.eta_seconds)} left" if progress.eta_seconds is not None else "",
        f"loss {progress.loss:.3f}" if progress.loss is not None else "",
        accuracy_text(progress.accuracy),
    ]
    return ", ".join(part for part in parts if part)


def accuracy_text(accuracy: float | None) -> str:
    return "" if accuracy is None else f"accuracy {accuracy:.4f}"
