"""Staging: from a source of images to shards and a manifest in a folder, ready for the store.

The test part is decoded first, so that each training image can be compared with it as it comes.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

import ltk8s
from ltk8s.data.decode import Decoded, Undecodable, decode_all
from ltk8s.data.manifest import MANIFEST, Duplicate, Manifest
from ltk8s.data.partition import partition
from ltk8s.data.shards import NO_GROUP, SHARD_BYTES, Part, ShardWriter
from ltk8s.data.sources import Item, Listing, Source, open_source
from ltk8s.data.sources.base import listed, readable
from ltk8s.errors import UsageError

STAGING = 3
"""Raise it when staging the same source gives another data set."""

PARTS: tuple[Part, ...] = ("test", "train")


def stage(
    name: str,
    source: Source | Path | str,
    out_folder: Path,
    *,
    size: int | None = None,
    test_fraction: float = 0.2,
    seed: int = 0,
    drop_duplicates: bool = False,
    progress: Callable[[int], None] | None = None,
    listing: Listing | None = None,
    shard_bytes: int = SHARD_BYTES,
) -> Manifest:
    """Decode a source's images into shards in ``out_folder`` and write the manifest, last.

    Args:
        name: the data set's name.
        source: an open source, or what ``open_source`` takes.
        out_folder: an empty folder. After an error it may hold shards, but no manifest.
        size: scale each image's short side to this, antialiased, and cut out the centre square; needed where sizes differ.
        test_fraction: how much of each class becomes the test part where the source has none.
        seed: draws that test part.
        drop_duplicates: leave out training images whose pixels a test image has too.
        progress: called with the number of images that were decoded since the last call.
        listing: the source's listing, where the caller has it already.
        shard_bytes: the largest size of a shard.

    Raises:
        UsageError: naming the files, classes or groups that stand in the way.
    """
    opened = source if isinstance(source, Source) else open_source(name, source)
    listing = listing or opened.listing()
    drawn = any(item.part is None for item in listing.items)
    items = partition(listing.items, test_fraction, seed)
    out_folder.mkdir(parents=True, exist_ok=True)
    staging = _Staging(items, out_folder, drop_duplicates, shard_bytes)
    for part in PARTS:
        chosen = [item for item in items if item.part == part]
        square = (size, size) if size is not None else None
        answers = decode_all(listing.read, [item.name for item in chosen], square, parallel=listing.parallel)
        for item, answer in zip(chosen, answers, strict=True):
            staging.add(item, answer)
            if progress is not None:
                progress(1)
    staging.check()
    manifest = staging.manifest(
        name=name,
        ignored=listing.ignored,
        left_out=dict(listing.left_out),
        test_fraction=test_fraction if drawn else None,
        test_seed=seed if drawn else None,
        request=request(opened, size=size, test_fraction=test_fraction, seed=seed, drop_duplicates=drop_duplicates),
        source=opened.title,
        created=datetime.now(UTC).isoformat(timespec="milliseconds"),
        version=ltk8s.__version__,
    )
    (out_folder / MANIFEST).write_text(manifest.model_dump_json(indent=1), encoding="utf-8")
    return manifest


def request(source: Source, *, size: int | None, test_fraction: float, seed: int, drop_duplicates: bool) -> str:
    """Identify a source and the options to stage it with, 16 hex digits; equal requests give equal data sets."""
    asked = [STAGING, source.identity(), size, test_fraction, seed, drop_duplicates]
    return hashlib.sha256(json.dumps(asked).encode()).hexdigest()[:16]


class _Staging:
    """What is known while images come in, test part first."""

    def __init__(self, items: Sequence[Item], folder: Path, drop_duplicates: bool, shard_bytes: int) -> None:
        self.classes = sorted({item.label for item in items})
        self.labels = {label: number for number, label in enumerate(self.classes)}
        groups = sorted({item.group for item in items if item.group is not None})
        self.groups: dict[str | None, int] = {None: NO_GROUP, **{group: number for number, group in enumerate(groups)}}
        self.drop_duplicates = drop_duplicates
        self.writers = {part: ShardWriter(folder, part, shard_bytes) for part in PARTS}
        self.digests = {part: hashlib.sha256() for part in PARTS}
        self.counts = {part: [0] * len(self.classes) for part in PARTS}
        self.test_names: dict[bytes, str] = {}
        self.duplicates: list[Duplicate] = []
        self.train_groups: dict[bytes, int] = {}
        self.copies = 0
        self.converted: Counter[str] = Counter()
        self.images = len(items)
        self.undecodable: list[str] = []
        self.sizes: Counter[tuple[int, int]] = Counter()

    def add(self, item: Item, answer: Decoded | Undecodable) -> None:
        """Take one image. After the first that stands in the way, the rest is looked at only to report on all of them."""
        if isinstance(answer, Undecodable):
            self.undecodable.append(f"{item.name}: {answer.why}")
            return
        height, width, _ = answer.pixels.shape
        self.sizes[height, width] += 1
        self.converted.update(answer.converted)
        if self.undecodable or len(self.sizes) > 1 or self._is_dropped(item, answer):
            return
        part, label, group = item.part or "train", self.labels[item.label], self.groups[item.group]
        self.writers[part].add(answer.pixels, label, int.from_bytes(answer.sha256[:8], "little", signed=True), group)
        self.digests[part].update(answer.sha256 + np.array([label, group], "<i8").tobytes())
        self.counts[part][label] += 1
        if part == "train":
            self._count_copy(answer.sha256, group)

    def _count_copy(self, sha256: bytes, group: int) -> None:
        if sha256 not in self.train_groups:
            self.train_groups[sha256] = group
        elif group == NO_GROUP or group != self.train_groups[sha256]:
            self.copies += 1

    def _is_dropped(self, item: Item, answer: Decoded) -> bool:
        if item.part == "test":
            self.test_names.setdefault(answer.sha256, readable(item.name))
            return False
        test = self.test_names.get(answer.sha256)
        if test is None:
            return False
        self.duplicates.append(Duplicate(train=readable(item.name), test=test, dropped=self.drop_duplicates))
        return self.drop_duplicates

    def check(self) -> None:
        """Refuse what was seen to stand in the way.

        Raises:
            UsageError: for images that do not decode, images of several sizes, or a class of which only copies were there.
        """
        if self.undecodable:
            raise UsageError(
                f"{len(self.undecodable):,} of {self.images:,} images cannot be decoded: {listed(self.undecodable)}.",
                "Remove or replace them and stage again.",
            )
        if len(self.sizes) > 1:
            raise UsageError(
                f"The images differ in size: {_range(self.sizes)}.",
                "Give --size N: the short side is scaled to N pixels and the centre square is cut out.",
            )
        gone = [name for name, n in zip(self.classes, self.counts["train"], strict=True) if n == 0]
        if gone:
            raise UsageError(
                f"Without copies of test images these classes have nothing to train on: {listed(gone)}.",
                "Leave out --drop-duplicates, or correct the data set.",
            )

    def manifest(self, **about: Any) -> Manifest:
        """Write what is left of the shards and return the manifest; ``about`` are the fields that the images do not tell."""
        (height, width), *_ = self.sizes
        content = [self.classes, height, width, *(self.digests[part].hexdigest() for part in PARTS)]
        return Manifest(
            fingerprint=hashlib.sha256(json.dumps(content).encode()).hexdigest()[:16],
            classes=tuple(self.classes),
            train_counts=tuple(self.counts["train"]),
            test_counts=tuple(self.counts["test"]),
            height=height,
            width=width,
            shards=tuple(shard for part in PARTS for shard in self.writers[part].close()),
            duplicates=tuple(self.duplicates),
            copies=self.copies,
            converted=dict(sorted(self.converted.items())),
            grouped=len(self.groups) > 1,
            **about,
        )


def _range(sizes: Counter[tuple[int, int]]) -> str:
    """The sizes that were seen, for a sentence: the commonest, and how small and large the short side gets.

    >>> _range(Counter({(20, 30): 5, (40, 25): 1}))
    '2 sizes, short sides from 20 to 25 pixels; the commonest is 30×20 (5 of 6 images)'
    """
    sides = [min(size) for size in sizes]
    (height, width), often = sizes.most_common(1)[0]
    return (
        f"{len(sizes):,} sizes, short sides from {min(sides)} to {max(sides)} pixels; "
        f"the commonest is {width}×{height} ({often:,} of {sizes.total():,} images)"
    )
