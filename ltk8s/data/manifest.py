"""What is known of a staged data set without opening its images: enough to plan every experiment on it."""

from __future__ import annotations

from typing import Literal

from ltk8s.spec.base import Spec

MANIFEST = "manifest.json"
"""Its file's name in the data set's folder; written last, so that what has one is whole."""


class Shard(Spec):
    """One file of the data set's folder: ``images`` uint8 N×H×W×3; ``labels``, ``keys`` and ``groups`` int64 N."""

    file: str
    part: Literal["train", "test"]
    images: int
    bytes: int
    sha256: str


class Duplicate(Spec):
    """A training image whose pixels equal a test image's."""

    train: str
    test: str
    dropped: bool = False


class Manifest(Spec):
    """A staged data set. ``fingerprint`` is the SHA-256 (first 16 hex) over classes, size, images, labels and groups in order.

    ``request`` identifies the source and the options that made it, so that staging the same again is known at once.
    ``test_fraction`` and ``test_seed`` are set where the test part was drawn. ``converted`` counts images by what was done
    to them; ``ignored`` counts files that were no images of a class, ``left_out`` has them by kind; ``copies`` counts training
    images that equal an earlier one and are not in one group with it (None: not counted by the version that staged it).
    """

    name: str
    fingerprint: str
    classes: tuple[str, ...]
    train_counts: tuple[int, ...]
    test_counts: tuple[int, ...]
    height: int
    width: int
    shards: tuple[Shard, ...]
    duplicates: tuple[Duplicate, ...] = ()
    copies: int | None = None
    converted: dict[str, int] = {}
    ignored: int = 0
    left_out: dict[str, int] = {}
    grouped: bool = False
    test_fraction: float | None = None
    test_seed: int | None = None
    request: str = ""
    source: str
    created: str
    version: str

    @property
    def bytes(self) -> int:
        """The size of all shards."""
        return sum(shard.bytes for shard in self.shards)
