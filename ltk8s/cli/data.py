"""``ltk8s data``: data sets in the store."""

from __future__ import annotations

import textwrap
from collections import Counter
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated

import typer

from ltk8s.cli.bar import bar
from ltk8s.cli.common import Context, command, new_app
from ltk8s.cli.overview import DISCORDANT, Overview, overview, sparkline
from ltk8s.cli.show import counted, table
from ltk8s.cli.show import size as size_text
from ltk8s.cli.staging import findings, is_whole, keep, put, report
from ltk8s.cli.suggest import Suggestions, suggested, suggestions
from ltk8s.data.manifest import Manifest
from ltk8s.planning.catalogue import find_manifest, list_manifests
from ltk8s.planning.task import DatasetRef
from ltk8s.spec.base import parse
from ltk8s.spec.experiment import Dataset

app = new_app("Stage, list, show and export data sets.")

NameArgument = Annotated[str, typer.Argument(metavar="NAME", help="The data set's name.")]
FingerprintOption = Annotated[
    str | None, typer.Option("--fingerprint", metavar="HEX", help="A version, by the beginning; the newest by default.")
]
RatioOption = Annotated[str, typer.Option("--ratio", metavar="R|full", help="Cut a tail: smallest class over largest.")]

WIDTH = 100
"""Characters that a line of class counts takes, at most."""


@app.command("stage")
@command
def stage_(
    context: Context,
    name: NameArgument,
    source: Annotated[
        str | None, typer.Option("--from", metavar="PLACE", help="Folder, zip, tar, CSV file, or CIFAR-100's archive.")
    ] = None,
    size: Annotated[
        int | None, typer.Option("--size", metavar="N", min=8, max=2048, help="Scale short sides to N, cut the centre.")
    ] = None,
    test_fraction: Annotated[
        float, typer.Option("--test-fraction", metavar="F", help="Of each class, where there is no test part.")
    ] = 0.2,
    seed: Annotated[int, typer.Option("--seed", metavar="N", min=0, help="Draws that test part.")] = 0,
    drop_duplicates: Annotated[
        bool, typer.Option("--drop-duplicates", help="Leave out training images that the test part has too.")
    ] = False,
    force: Annotated[
        bool, typer.Option("--force", help="Upload what is there already anew: repairs a corrupt data set.")
    ] = False,
    per_class: Annotated[
        int | None, typer.Option("--per-class", metavar="N", help="Of glyphs50: N images a class, a fifth as many to test.")
    ] = None,
    encoding: Annotated[
        str | None, typer.Option("--encoding", metavar="CODEPAGE", help="Of an archive's names that are not UTF-8, as cp932.")
    ] = None,
) -> None:
    """Put images into the store: decoded once, checked, ready to train on.

    \b
    ltk8s data stage birds --from ~/birds --size 128    train/<class>/… and test/<class>/…, or <class>/…
    ltk8s data stage birds --from birds.csv             path,label[,split,group]
    ltk8s data stage glyphs50                           built in, as are cifar50 and cifar100 (fetched)
    """
    from ltk8s.data.sources import open_source
    from ltk8s.data.stage import request, stage

    parse(Dataset, {"name": name}, f"The data set's name {name!r}")
    opened = open_source(name, source, per_class=per_class, encoding=encoding)
    versions = [manifest for manifest in list_manifests(context.store) if manifest.name == name]
    wanted = request(opened, size=size, test_fraction=test_fraction, seed=seed, drop_duplicates=drop_duplicates)
    for known in reversed(versions):
        if known.request == wanted and not force and is_whole(context.store, known):
            report(context, *keep(context.store, known, versions), versions)
            return

    listing = opened.listing()
    context.note(f"{len(listing.items):,} images, {size_text(listing.bytes)}, from {opened.title}")
    context.settings.state_dir.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=context.settings.state_dir, prefix="staging-") as scratch:
        with bar(context, "Decoding", len(listing.items)) as advance:
            manifest = stage(
                name,
                opened,
                Path(scratch),
                size=size,
                test_fraction=test_fraction,
                seed=seed,
                drop_duplicates=drop_duplicates,
                progress=advance,
                listing=listing,
            )
        with bar(context, "Storing", manifest.bytes, in_bytes=True) as advance:
            report(context, *put(context.store, Path(scratch), manifest, versions, force=force, on_bytes=advance), versions)


@app.command("list")
@command
def list_(context: Context) -> None:
    """List the data sets in the store, each with its current version.

    \b
    ltk8s data list
    """
    manifests = list_manifests(context.store)
    if not manifests and not context.json:
        context.console.print(f"No data sets in {context.store.url}. `ltk8s data stage glyphs50` makes a first one.")
        return
    context.emit(manifests, lambda: show_list(context, manifests))


def show_list(context: Context, manifests: list[Manifest]) -> None:
    versions = Counter(manifest.name for manifest in manifests)
    rows = table("NAME", "FINGERPRINT", "CLASSES", "TRAIN", "TEST", "SIZE", "BYTES", "STAGED", "VERSIONS")
    for name, manifest in {manifest.name: manifest for manifest in manifests}.items():
        rows.add_row(
            name,
            manifest.fingerprint,
            str(len(manifest.classes)),
            f"{sum(manifest.train_counts):,}",
            f"{sum(manifest.test_counts):,}",
            f"{manifest.width}×{manifest.height}",
            size_text(manifest.bytes),
            manifest.created[:16].replace("T", " "),
            str(versions[name]),
        )
    context.console.print(rows)


@app.command("show")
@command
def show(context: Context, name: NameArgument, ratio: RatioOption = "full", fingerprint: FingerprintOption = None) -> None:
    """Show a data set: classes, tail, duplicates, the smallest difference that it can tell, and what to try in what time.

    \b
    ltk8s data show cifar50 --ratio 0.02
    """
    manifest = find_manifest(context.store, name, fingerprint)
    seen = overview(manifest, read_ratio(name, ratio))
    counts = list(seen.train_counts.values())
    to_try = suggestions(context.store, manifest, counts, seen.ratio, context.default_profile)
    context.emit(
        {**seen.model_dump(mode="json"), "suggestions": to_try.tries, "settings": to_try.settings},
        lambda: show_overview(context, manifest, seen, to_try),
    )


def show_overview(context: Context, manifest: Manifest, seen: Overview, to_try: Suggestions) -> None:
    """A person's view of the figures: one subject a line, then the count of every class, then what to try."""
    counts = list(seen.train_counts.values())
    rows = table("", "")
    rows.show_header = False
    rows.add_row("data set", f"{seen.name} {seen.fingerprint}, from {manifest.source}, staged {manifest.created[:16]}")
    rows.add_row("images", f"{seen.train:,} to train on, {seen.test:,} to test on")
    rows.add_row("size", f"{seen.width}×{seen.height} pixels, {size_text(seen.bytes)} in the store")
    rows.add_row(
        "classes", f"{seen.classes}: largest {seen.largest:,}, median {seen.median:g}, smallest {seen.smallest:,} images"
    )
    rows.add_row("tail", f"{sparkline(counts, WIDTH)}  smallest / largest = {seen.smallest / seen.largest:.3g}")
    many, medium, few = (seen.groups[group] for group in ("many", "medium", "few"))
    rows.add_row("groups", f"{many} many (over 100), {medium} medium (20 to 100), {few} few (under 20)")
    measure = "accuracy" if len(set(seen.test_counts.values())) == 1 else "balanced accuracy"
    rows.add_row(
        "detectable",
        f"{seen.detectable:.1f} points of {measure}: the smallest difference found 4 times in 5 at the 5 % level, "
        f"if two predictors disagree on {DISCORDANT:.0%} of the test images",
    )
    if not manifest.duplicates:
        rows.add_row("duplicates", "none: no training image is in the test part too, pixel for pixel")
    for line in findings(manifest):
        rows.add_row("note", line)
    if seen.advice:
        rows.add_row("note", seen.advice)
    context.console.print(rows)
    context.console.print("", *count_lines(seen), sep="\n")
    if to_try.tries:
        context.console.print("", *suggested(to_try, seen.name, seen.ratio, context.default_profile), sep="\n")


def count_lines(seen: Overview) -> list[str]:
    """Every class with its count, wrapped; a name and its count stay together."""
    space = "\N{NO-BREAK SPACE}"
    pairs = "  ".join(f"{name} {n:,}".replace(" ", space) for name, n in seen.train_counts.items())
    lines = textwrap.wrap(pairs, WIDTH, break_long_words=False, break_on_hyphens=False)
    return [line.replace(space, " ") for line in lines]


@app.command("export")
@command
def export(
    context: Context,
    name: NameArgument,
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="A folder that is empty or does not exist.")],
    ratio: RatioOption = "full",
    split_seed: Annotated[int, typer.Option("--split-seed", metavar="N", min=0, help="Draws which images stay.")] = 0,
    fingerprint: FingerprintOption = None,
) -> None:
    """Write a data set, its long tail cut, as folders of PNG images: what `data stage` reads.

    \b
    ltk8s data export cifar50 cifar50-lt --ratio 0.02
    """
    from ltk8s.data.export import export
    from ltk8s.network.dataset import open_dataset

    chosen = read_ratio(name, ratio)
    manifest = find_manifest(context.store, name, fingerprint)
    reference = DatasetRef(name=name, fingerprint=manifest.fingerprint)
    dataset = open_dataset(context.store, reference, ["train", "test"], cache=context.settings.state_dir / "cache")
    total = overview(manifest, chosen).train + sum(manifest.test_counts)
    with bar(context, "Writing", total) as advance:
        written = export(dataset, folder, ratio=chosen, split_seed=split_seed, progress=advance)
    context.emit(
        {"folder": folder, "images": written},
        lambda: context.note(f"Wrote {counted(written, 'image')} to {folder}."),
    )


def read_ratio(name: str, text: str) -> float | None:
    """A ratio as written; None for all images.

    Raises:
        UsageError: if it is neither ``full`` nor in (0, 1].
    """
    ratio = parse(Dataset, {"name": name, "ratio": text}, f"--ratio {text}").ratio
    return None if ratio in ("full", 1.0) else float(ratio)
