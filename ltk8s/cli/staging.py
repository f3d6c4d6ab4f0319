"""Putting a staged folder into the store: as new, as a new version, or not at all because it is there."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from ltk8s.cli.common import Context
from ltk8s.cli.show import counted
from ltk8s.data.manifest import MANIFEST, Manifest
from ltk8s.data.sources.kinds import describe
from ltk8s.store import layout
from ltk8s.store.base import Store
from ltk8s.store.folder import upload_folder

Outcome = Literal["new", "new version", "same", "current again", "repaired"]

SHOWN = 3
"""Duplicates that are named; the manifest has all."""


def put(
    store: Store,
    folder: Path,
    manifest: Manifest,
    versions: Sequence[Manifest],
    *,
    force: bool = False,
    on_bytes: Callable[[int], None] | None = None,
) -> tuple[Manifest, Outcome]:
    """Put a staged folder into the store, unless the same content is there.

    Args:
        versions: what the store has under this name, oldest first.
        force: upload it all the same.
        on_bytes: called with the size of each file that was uploaded.
    """
    same = [known for known in versions if known.fingerprint == manifest.fingerprint]
    if same and not force and is_whole(store, same[-1]):
        return keep(store, manifest.model_copy(update={"shards": same[-1].shards}), versions)
    upload_folder(store, folder, layout.dataset(manifest.name, manifest.fingerprint), last=MANIFEST, on_bytes=on_bytes)
    if same:
        return manifest, "repaired"
    return manifest, "new version" if versions else "new"


def is_whole(store: Store, manifest: Manifest) -> bool:
    """Whether every shard is there with its size; whoever reads a shard compares its SHA-256."""
    prefix = layout.dataset(manifest.name, manifest.fingerprint)
    sizes = {found.key.removeprefix(prefix): found.size for found in store.list(prefix)}
    return all(sizes.get(shard.file) == shard.bytes for shard in manifest.shards)


def keep(store: Store, manifest: Manifest, versions: Sequence[Manifest]) -> tuple[Manifest, Outcome]:
    """Make content that is there the current version: of a name's versions that is the one whose manifest is newest."""
    current = versions[-1]
    if manifest == current:
        return current, "same"
    manifest = manifest.model_copy(update={"created": datetime.now(UTC).isoformat(timespec="milliseconds")})
    store.put(layout.dataset_manifest(manifest.name, manifest.fingerprint), manifest.model_dump_json(indent=1).encode())
    return manifest, "same" if manifest.fingerprint == current.fingerprint else "current again"


def report(context: Context, manifest: Manifest, outcome: Outcome, versions: Sequence[Manifest]) -> None:
    """Say what became of staging, and what was found on the way."""
    for line in (*findings(manifest), said(manifest, outcome, versions)):
        context.note(line)
    context.emit({"outcome": outcome, "manifest": manifest}, lambda: None)


def said(manifest: Manifest, outcome: Outcome, versions: Sequence[Manifest]) -> str:
    """The outcome in a sentence or two."""
    name, fingerprint = manifest.name, manifest.fingerprint
    if outcome == "same":
        return f"{name} {fingerprint} is in the store already, with the same content: nothing to do."
    if outcome == "repaired":
        return f"{name} {fingerprint} was in the store already and is there anew: every file was uploaded again."
    if outcome == "current again":
        former = versions[-1].fingerprint
        return f"{name} {fingerprint} is in the store already; it is the current version again, in place of {former}."
    staged = f"Staged {name} {fingerprint}: {len(manifest.classes):,} classes, "
    staged += f"{sum(manifest.train_counts):,} images to train on, {sum(manifest.test_counts):,} to test on."
    if outcome == "new":
        return f"{staged} `ltk8s data show {name}` says more."
    return (
        f"{staged} Its content differs from {versions[-1].fingerprint}: this is a new version, which submit takes from now on. "
        "The former one is kept for what was trained on it."
    )


def findings(manifest: Manifest) -> list[str]:
    """What a person should know of the images, a line each."""
    lines = []
    if manifest.converted:
        lines.append("Converted: " + ", ".join(f"{n:,} {kind}" for kind, n in manifest.converted.items()) + ".")
    if manifest.ignored:
        kinds = describe(manifest.left_out) or "hidden, no image, or in no class folder"
        lines.append(f"Ignored: {counted(manifest.ignored, 'file')}: {kinds}.")
    if manifest.test_fraction is not None:
        lines.append(
            f"The source has no test part: {manifest.test_fraction:.0%} of each class was drawn (seed {manifest.test_seed})."
        )
    if manifest.duplicates:
        lines.append(duplicates_line(manifest))
    if manifest.copies:
        lines.append(
            f"Warning: {counted(manifest.copies, 'training image')} equal to an earlier one, pixel for pixel. A sweep would "
            "hold out one and train on the other: give copies one group, or remove them (a sampler repeats a rare class too)."
        )
    return lines


def duplicates_line(manifest: Manifest) -> str:
    shown = "; ".join(f"{pair.train} = {pair.test}" for pair in manifest.duplicates[:SHOWN])
    rest = len(manifest.duplicates) - SHOWN
    pairs = f"{shown}{f'; and {rest:,} more' if rest > 0 else ''}"
    images = counted(len(manifest.duplicates), "training image")
    if manifest.duplicates[0].dropped:
        return f"Left out: {images} that the test part has too, pixel for pixel ({pairs})."
    return f"Warning: {images} in the test part too, pixel for pixel ({pairs}). --drop-duplicates leaves them out of training."
