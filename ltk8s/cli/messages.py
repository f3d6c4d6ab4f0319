"""What the parts log becomes one plain line on standard error; what repeats itself, one line in a while."""

from __future__ import annotations

import logging
import time

import typer

from ltk8s.escaping import printable
from ltk8s.redaction import redacted

QUIET_SECONDS = 30.0
"""The same kind of message appears at most once in this time: a store that does not answer is asked again and again."""


class PlainLines(logging.Handler):
    """Prints warnings as a person reads them, above a live display where there is one."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.said: dict[tuple[str, str], float] = {}

    def emit(self, record: logging.LogRecord) -> None:
        kind = (record.name, str(record.msg))
        if time.monotonic() >= self.said.get(kind, float("-inf")) + QUIET_SECONDS:
            self.said[kind] = time.monotonic()
            message = printable(redacted(record.getMessage()))
            typer.echo(f"{typer.style('Warning:', fg='yellow')} {message}", err=True)


def show_warnings() -> None:
    """Show what ltk8s logs. Other libraries keep their warnings to themselves."""
    logging.getLogger("ltk8s").addHandler(PlainLines())
    logging.getLogger().addHandler(logging.NullHandler())
