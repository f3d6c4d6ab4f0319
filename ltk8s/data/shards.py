"""The file format of a staged data set: safetensors shards that are written once and mapped, never decoded."""

from __future__ import annotations

import errno
import hashlib
import json
import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from ltk8s.data.manifest import Shard
from ltk8s.errors import system_errors

Part = Literal["train", "test"]

SHARD_BYTES = 256_000_000
"""No shard is larger (a single image apart): a lost connection costs one of them, not the data set."""

NO_GROUP = -1

INSTEAD = "set LTK8S_STATE_DIR to another disk"
"""What to do where a data set cannot be written while it is staged."""

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
        from safetensors import SafetensorError
        from safetensors.numpy import save_file

        images, labels, keys, groups = zip(*self._rows, strict=True)
        path = self.folder / f"{self.part}-{len(self.shards):05d}.safetensors"
        columns = {"images": np.stack(images)}
        columns |= {
            name: np.array(values, np.int64) for name, values in (("labels", labels), ("keys", keys), ("groups", groups))
        }
        with system_errors("write the staged images into", self.folder.parent, instead=INSTEAD):
            try:
                save_file(columns, path)
            except SafetensorError as error:
                raise _of_the_system(error) from error
            size, sha256 = path.stat().st_size, file_sha256(path)
        self.shards.append(Shard(file=path.name, part=self.part, images=len(images), bytes=size, sha256=sha256))
        self._rows = []


def _of_the_system(error: Exception) -> OSError:
    """The error of the system that safetensors names by its number alone: ``I/O error: … (os error 28)``."""
    found = re.search(r"os error (\d+)", str(error))
    return OSError(int(found[1]), os.strerror(int(found[1]))) if found else OSError(errno.EIO, str(error))


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
    whole = np.memmap(path, np.uint8, mode="r", offset=8 + length)  # once: each map holds a file open
    return ShardArrays(**{name: _column(whole, header[name]) for name in _COLUMNS})


def _column(whole: NDArray[np.uint8], entry: dict[str, Any]) -> Any:
    begin, end = entry["data_offsets"]
    return whole[begin:end].view(np.uint8 if entry["dtype"] == "U8" else "<i8").reshape(entry["shape"])


def file_sha256(path: Path) -> str:
    """SHA-256 of a file, hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
