"""A data set of three classes as files, small enough to be drawn anew for each session."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ltk8s.data.dataset import MANIFEST
from ltk8s.data.manifest import Duplicate, Manifest
from ltk8s.data.shards import ShardWriter

CLASSES = ("cat", "dog", "eel")
SIDE = 16


def write_dataset(
    folder: Path,
    name: str,
    train_counts: tuple[int, ...],
    test_per_class: int,
    draw: Callable[[int, int], NDArray[np.uint8]],
    duplicates: tuple[Duplicate, ...] = (),
) -> Path:
    """Write shards and manifest into a folder and return it.

    ``draw`` makes the image (SIDE × SIDE × 3) of a label and its number within class and part, the training part first.
    """
    test_counts = (test_per_class,) * len(CLASSES)
    shards = []
    for part, counts in (("train", train_counts), ("test", test_counts)):
        writer = ShardWriter(folder, part)
        for label, n in enumerate(counts):
            for i in range(n):
                image = draw(label, i)
                key = int.from_bytes(hashlib.sha256(image.tobytes()).digest()[:8], "little", signed=True)
                writer.add(image, label, key, -1)
        shards += writer.close()
    manifest = Manifest(
        name=name,
        fingerprint="0123456789abcdef",
        classes=CLASSES,
        train_counts=train_counts,
        test_counts=test_counts,
        height=SIDE,
        width=SIDE,
        shards=tuple(shards),
        duplicates=duplicates,
        source="test",
        created="2026-01-01T00:00:00+00:00",
        version="0.1.0",
    )
    (folder / MANIFEST).write_text(manifest.model_dump_json())
    return folder
