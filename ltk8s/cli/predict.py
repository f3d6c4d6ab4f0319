"""``ltk8s predict``: a pulled ensemble's answers for image files."""

from __future__ import annotations

import csv
import io
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ltk8s.cli.bar import bar
from ltk8s.cli.classifier import Answer, classified, require_torch
from ltk8s.cli.common import FAILED, Context, command, new_app
from ltk8s.cli.images import expand
from ltk8s.cli.show import counted
from ltk8s.data.sources.base import readable
from ltk8s.data.sources.kinds import describe
from ltk8s.fusion.bundle import Bundle, read_bundle
from ltk8s.store.aside import written_aside

if TYPE_CHECKING:
    from rich.console import Console

app = new_app()

TOP = 5
"""How many classes are named for each image."""


@app.command()
@command
def predict(
    context: Context,
    directory: Annotated[Path, typer.Argument(metavar="DIR", help="What `ltk8s pull` made.")],
    images: Annotated[list[str], typer.Argument(metavar="IMAGES…", help="Files, folders with all below them, or patterns.")],
    to: Annotated[Path | None, typer.Option("--to", metavar="FILE", help="Write the CSV there.")] = None,
) -> None:
    """Say what images show, by a pulled ensemble.

    Prints CSV: the five likeliest classes with their probabilities, and how far the networks disagree: the share of pairs
    of them that name different classes first. A file that cannot be decoded is named on standard error, the rest goes on, and
    the exit code is 1.

    \b
    ltk8s predict birds-model new-photos/ > birds.csv
    ltk8s predict birds-model 'photos/**/*.jpg' --to birds.csv
    ltk8s predict birds-model one.jpg --json
    """
    bundle = read_bundle(directory)
    require_torch()
    found = expand(images)
    paths = found.paths
    if found.left_out:
        context.errors.print(f"Left out: {describe(found.left_out)}.", markup=False)
    answers, failed = [], []
    with opened(to, context) as write, bar(context, "Predicting", len(paths), console=bar_console(context, to)) as advance:
        write(header(bundle))
        for answer in classified(directory, paths):
            answer["path"] = readable(answer["path"])
            if "error" in answer:
                failed.append(answer)
                context.errors.print(f"Left out: {answer['path']} cannot be decoded: {answer['error']}", markup=False)
            else:
                write(row(bundle, answer))
                answers.append(answer)
            advance(1)
    told = {"classes": bundle.classes, "images": answers, "failed": failed, "left_out": found.left_out}
    context.emit(told, lambda: None)
    if to:
        context.errors.print(f"Wrote {counted(len(answers), 'image')} to {to}.")
    if failed:
        context.errors.print(f"{len(failed)} of {counted(len(paths), 'file')} could not be decoded.")
        raise typer.Exit(FAILED)


def header(bundle: Bundle) -> list[str]:
    columns = [column for k in range(1, min(TOP, len(bundle.classes)) + 1) for column in (f"top{k}", f"p{k}")]
    return ["path", *columns, "disagreement"]


def row(bundle: Bundle, answer: Answer) -> list[str]:
    """One image's line; probabilities to six places, and no disagreement where there is one network."""
    best = [cell for one in answer["top"] for cell in (one["class"], f"{one['probability']:.6f}")]
    disagreement = answer["disagreement"]
    return [answer["path"], *best, "" if disagreement is None else f"{disagreement:.3f}"]


@contextmanager
def opened(to: Path | None, context: Context) -> Iterator[Callable[[list[str]], None]]:
    """Yield what writes a line of CSV: into a file that appears when it is whole, else to standard output, unless JSON does."""
    if to:
        with written_aside(to) as file, io.TextIOWrapper(file, encoding="utf-8", newline="") as text:
            yield csv.writer(text, lineterminator="\n").writerow
            text.flush()
    elif context.json:
        yield lambda line: None
    else:
        yield _to_standard_output


def _to_standard_output(line: list[str]) -> None:
    csv.writer(sys.stdout, lineterminator="\n").writerow(line)
    sys.stdout.flush()


def bar_console(context: Context, to: Path | None) -> Console:
    """Standard error, unless the lines themselves run over the same terminal."""
    if to or context.json or not sys.stdout.isatty():
        return context.errors
    from rich.console import Console

    return Console(file=io.StringIO())
