"""The terminal: what is printed there for people is shown and never acts, whatever names their data bring."""

from __future__ import annotations

from typing import Any

from rich.console import Console, ConsoleOptions, ConsoleRenderable, RenderableType, RenderHook, RenderResult
from rich.measure import Measurement
from rich.segment import Segment

from ltk8s.escaping import printable


def make_console(stream: Any) -> Console:
    """A console that prints text as it is, without rich's markup. Lines are only cut or wrapped on a terminal: elsewhere a
    program may read them.
    """
    width = None if stream.isatty() else 10_000
    console = Console(file=stream, highlight=False, emoji=False, markup=False, width=width)
    console.push_render_hook(_Shown())
    return console


class Printable:
    """What another renderable draws, with the control characters of its text replaced by their pictures."""

    def __init__(self, renderable: RenderableType) -> None:
        self.renderable = renderable

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        for segment in console.render(self.renderable, options):
            yield segment if segment.control else Segment(printable(segment.text), segment.style)

    def __rich_measure__(self, console: Console, options: ConsoleOptions) -> Measurement:
        return Measurement.get(console, options, self.renderable)


class _Shown(RenderHook):
    def process_renderables(self, renderables: list[ConsoleRenderable]) -> list[ConsoleRenderable]:
        return [Printable(renderable) for renderable in renderables]
