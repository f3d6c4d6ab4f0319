"""A task's data set: fetched from the store where needed, verified, loaded."""

from __future__ import annotations

import logging
import os
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

from ltk8s.data.dataset import Dataset, load_dataset
from ltk8s.data.manifest import MANIFEST, Manifest
from ltk8s.data.shards import file_sha256
from ltk8s.errors import NotFound, StoreError, TaskError, system_errors
from ltk8s.planning.task import DatasetRef
from ltk8s.store import layout
from ltk8s.store.base import Store
from ltk8s.store.folder import local_folder

log = logging.getLogger(__name__)


def open_dataset(
    store: Store, reference: DatasetRef, parts: Sequence[Literal["train", "test"]], *, cache: Path | None = None
) -> Dataset:
    """Load some parts of a data set; the shards of others are neither fetched nor read.

    Args:
        cache: where what is fetched is kept, by default ``cache_directory()``. What is damaged there is fetched anew.

    Raises:
        TaskError: if the data set is not there or is corrupt in the store.
    """
    cache = cache or cache_directory()
    place = layout.dataset(reference.name, reference.fingerprint)
    try:
        known = store.get(layout.dataset_manifest(reference.name, reference.fingerprint))
        manifest = Manifest.model_validate_json(known)
        names = [MANIFEST, *(shard.file for shard in manifest.shards if shard.part in parts)]
        try:
            return load_dataset(local_folder(store, place, names, cache), parts)
        except TaskError:
            if not _remove_damaged(cache / place, manifest, known):
                raise
            return load_dataset(local_folder(store, place, names, cache), parts)
    except NotFound as error:
        raise TaskError(f"The data set {reference.name!r} is not whole: {error.what}", "Stage it again and resubmit.") from None
    except ValueError:
        raise TaskError(f"The manifest of {reference.name!r} cannot be read.", "Stage it again and resubmit.") from None


def _remove_damaged(folder: Path, manifest: Manifest, known: bytes) -> bool:
    """Remove the files of a cached data set that are not what the store's manifest says; whether there were any.

    Raises:
        StoreError: if they cannot be read or removed.
    """
    with system_errors("mend the copy of a data set in", folder, instead="set LTK8S_CACHE to another place", kind=StoreError):
        return _remove(folder, manifest, known)


def _remove(folder: Path, manifest: Manifest, known: bytes) -> bool:
    shards = [(folder / shard.file, shard.sha256) for shard in manifest.shards]
    damaged = [path for path, sha256 in shards if path.is_file() and file_sha256(path) != sha256]
    copy = folder / MANIFEST
    if copy.is_file() and copy.read_bytes() != known:
        damaged.append(copy)
    for path in damaged:
        log.warning("%s is damaged: it is fetched anew.", path)
        path.unlink(missing_ok=True)
    return bool(damaged)


def cache_directory() -> Path:
    """Where fetched data sets are kept for the next task on this machine: LTK8S_CACHE, or under the temporary directory."""
    return Path(os.environ.get("LTK8S_CACHE") or Path(tempfile.gettempdir()) / "ltk8s")
