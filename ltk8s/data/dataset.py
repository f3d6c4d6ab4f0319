"""A staged data set as arrays: what a learner and a fusion read.

Images stay uint8. A part that is larger than half the memory stays on disk, mapped; it is then indexed like an array, and
only what an index asks for is read.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ltk8s.data.manifest import MANIFEST, Manifest
from ltk8s.data.memory import memory_limit
from ltk8s.data.shards import Part as PartName
from ltk8s.data.shards import ShardArrays, file_sha256, map_shard
from ltk8s.errors import StoreError, TaskError, system_error


class MappedImages:
    """The images of several mapped shards as one array: shape, length, and indices as numpy takes them on the first axis.

    >>> images = MappedImages([np.zeros((2, 8, 8, 3), np.uint8), np.ones((3, 8, 8, 3), np.uint8)])
    >>> images.shape, images[[1, 4]].mean(axis=(1, 2, 3)).tolist(), images[1:3].shape
    ((5, 8, 8, 3), [0.0, 1.0], (2, 8, 8, 3))
    """

    dtype = np.dtype(np.uint8)

    def __init__(self, shards: Sequence[NDArray[np.uint8]]) -> None:
        self._shards = list(shards)
        self._starts = np.cumsum([0, *(len(shard) for shard in shards)])
        self.shape = (int(self._starts[-1]), *self._shards[0].shape[1:])

    def __len__(self) -> int:
        return int(self.shape[0])

    def __getitem__(self, index: Any) -> NDArray[np.uint8]:
        """Read the images at ``index`` into memory: H×W×3 for one number, otherwise N×H×W×3."""
        rows = np.arange(len(self))[index]
        images = np.empty((rows.size, *self.shape[1:]), np.uint8)
        flat = rows.reshape(-1)
        shard_of = np.searchsorted(self._starts, flat, side="right") - 1
        for shard in np.unique(shard_of):
            here = shard_of == shard
            images[here] = self._shards[shard][flat[here] - self._starts[shard]]
        return images.reshape(*rows.shape, *self.shape[1:])

    def __array__(self, dtype: object = None, copy: bool | None = None) -> NDArray[np.uint8]:
        return self[:]


Images = NDArray[np.uint8] | MappedImages
"""uint8 N×H×W×3, in memory or mapped. Index it with an integer array and you have an array in memory either way."""


@dataclass(frozen=True)
class Part:
    """One part of a data set, N images in order of class.

    ``keys`` are the first 8 bytes of the SHA-256 of an image's pixels: they say which image a prediction belongs to.
    ``groups`` number the images that must not be separated; −1 is no group.
    """

    images: Images
    labels: NDArray[np.int64]
    keys: NDArray[np.int64]
    groups: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.labels)


@dataclass(frozen=True)
class Dataset:
    """The parts of a data set that were loaded."""

    manifest: Manifest
    parts: dict[PartName, Part]

    def part(self, name: PartName) -> Part:
        """Return a part. A KeyError means that it was not asked of ``load_dataset``: a fold never holds the test set."""
        return self.parts[name]


def load_dataset(folder: Path, parts: Sequence[PartName] = ("train", "test"), *, memory: int | None = None) -> Dataset:
    """Load a data set from a folder of shards and verify it.

    Args:
        folder: holds ``manifest.json`` and the shards that it names.
        parts: which parts to load; the others' shards need not be there.
        memory: bytes that this process may use; by default what the machine or the container has.

    Raises:
        TaskError: if a file is missing, is not what the manifest says, or the manifest does not parse; it names the file.
        StoreError: if the system does not let it be read: the same file may be read later, or elsewhere.
    """
    manifest = read_manifest(folder / MANIFEST)
    limit = memory_limit() if memory is None else memory
    return Dataset(manifest, {name: _load_part(folder, manifest, name, limit) for name in parts})


def read_manifest(path: Path) -> Manifest:
    """Read a data set's manifest.

    Raises:
        TaskError: if it is missing or does not parse.
        StoreError: if the system does not let it be read.
    """
    try:
        return Manifest.model_validate_json(path.read_bytes())
    except FileNotFoundError:
        raise TaskError(f"The data set has no {path}.", _STAGE_AGAIN) from None
    except OSError as error:
        raise system_error(error, "read", path, instead="copy the store to another disk", kind=StoreError) from error
    except ValueError as error:
        raise TaskError(f"{path} is no manifest of a data set: {str(error).splitlines()[0]}.", _STAGE_AGAIN) from None


_STAGE_AGAIN = "Stage the data set again: `ltk8s data stage NAME --from … --force`."


def _load_part(folder: Path, manifest: Manifest, name: PartName, memory: int) -> Part:
    shards = [shard for shard in manifest.shards if shard.part == name]
    if not shards:
        raise TaskError(f"The data set {manifest.name!r} has no {name} part.", _STAGE_AGAIN)
    arrays = [_verified(folder / shard.file, shard.sha256) for shard in shards]
    labels = np.concatenate([shard.labels for shard in arrays])
    counts = manifest.train_counts if name == "train" else manifest.test_counts
    if np.bincount(labels, minlength=len(counts)).tolist() != list(counts):
        raise TaskError(f"The {name} part of {manifest.name!r} does not have the class counts of its manifest.", _STAGE_AGAIN)
    images = [shard.images for shard in arrays]
    fits = sum(shard.nbytes for shard in images) <= memory / 2
    return Part(
        images=np.concatenate(images) if fits else MappedImages(images),
        labels=labels,
        keys=np.concatenate([shard.keys for shard in arrays]),
        groups=np.concatenate([shard.groups for shard in arrays]),
    )


def _verified(path: Path, sha256: str) -> ShardArrays:
    try:
        if file_sha256(path) != sha256:
            raise TaskError(f"The shard {path} is corrupt: its SHA-256 is not the manifest's.", _STAGE_AGAIN)
        return map_shard(path)
    except FileNotFoundError:
        raise TaskError(f"The data set has no shard {path}.", _STAGE_AGAIN) from None
    except OSError as error:
        raise system_error(error, "read", path, instead="copy the store to another disk", kind=StoreError) from error
    except ValueError as error:
        raise TaskError(f"The shard {path} cannot be read: {error}.", _STAGE_AGAIN) from None
