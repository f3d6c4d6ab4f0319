"""The file format of a staged data set: safetensors shards that are written once and mapped, never decoded."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from ltk8s.data.manifest import Shard

Part = Literal["train", "test"]

SHARD_BYTES = 256_000_000
"""No shard is larger (a single image apart): a lost connection costs one of them, not the data set."""

NO_GROUP = -1

_COLUMNS = {"images": "U8", "labels": "I64", "keys": "I64", "groups": "I64"}


@dataclass(frozen=True)
class ShardArrays:
    """N images of one part: uint8 N×H×W×3, and int64 N each of class, key and group (``NO_GROUP`` for none)."""

    images: NDArray[np.uint8]
    labels: NDArray[np.int64]
    keys: NDArray[np.int64]
    groups: NDArray[np.int64]


class ShardWriter:
    """Writes one part of a data set, image by image, as shards of at most ``limit`` bytes in ``folder``."""

    def __init__(self, folder: Path, part: Part, limit: int = SHARD_BYTES) -> None:
        self.folder = folder
        self.part: Part = part
        self.limit = limit
        self.shards: list[Shard] = []
        self._rows: list[tuple[NDArray[np.uint8], int, int, int]] = []

    def add(self, image: NDArray[np.uint8], label: int, key: int, group: int) -> None:
        """Append one uint8 H×W×3 image."""
        self._rows.append((image, label, key, group))
        if (len(self._rows) + 1) * (image.nbytes + 24) + 4096 > self.limit:
            self._flush()

    def close(self) -> list[Shard]:
        """Write what is left and return all shards in order."""
        if self._rows:
            self._flush()
        return self.shards

    def _flush(self) -> None:
        from safetensors.numpy import save_file

        images, labels, keys, groups = zip(*self._rows, strict=True)
        path = self.folder / f"{self.part}-{len(self.shards):05d}.safetensors"
        columns = {"images": np.stack(images)}
        columns |= {
            name: np.array(values, np.int64) for name, values in (("labels", labels), ("keys", keys), ("groups", groups))
        }
        save_file(columns, path)
        self.shards.append(
            Shard(file=path.name, part=self.part, images=len(images), bytes=path.stat().st_size, sha256=file_sha256(path))
        )
        self._rows = []


def map_shard(path: Path) -> ShardArrays:
    """Map a shard into memory: nothing is read until it is looked at.

    Raises:
        ValueError: if the file is not a shard. (The caller knows which data set to name.)
    """
    with path.open("rb") as file:
        length = int.from_bytes(file.read(8), "little")
        if not 0 < length < path.stat().st_size:
            raise ValueError("it is no safetensors file")
        header = json.loads(file.read(length))
    if {name: header.get(name, {}).get("dtype") for name in _COLUMNS} != _COLUMNS:
        raise ValueError(f"it does not hold {', '.join(_COLUMNS)}")
    return ShardArrays(**{name: _map(path, header[name], 8 + length) for name in _COLUMNS})


def _map(path: Path, entry: dict[str, Any], start: int) -> Any:
    dtype = np.uint8 if entry["dtype"] == "U8" else "<i8"
    return np.memmap(path, dtype, mode="r", offset=start + entry["data_offsets"][0], shape=tuple(entry["shape"]))


def file_sha256(path: Path) -> str:
    """SHA-256 of a file, hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
