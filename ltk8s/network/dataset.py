"""A task's data set: fetched from the store where needed, verified, loaded."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

from ltk8s.data.dataset import Dataset, load_dataset
from ltk8s.data.manifest import MANIFEST, Manifest
from ltk8s.errors import NotFound, TaskError
from ltk8s.planning.task import DatasetRef
from ltk8s.store import layout
from ltk8s.store.base import Store
from ltk8s.store.folder import local_folder


def open_dataset(store: Store, reference: DatasetRef, parts: Sequence[Literal["train", "test"]]) -> Dataset:
    """Load some parts of a data set; the shards of others are neither fetched nor read.

    Raises:
        TaskError: if the data set is not there or is corrupt.
    """
    try:
        manifest = Manifest.model_validate_json(store.get(layout.dataset_manifest(reference.name, reference.fingerprint)))
        names = [MANIFEST, *(shard.file for shard in manifest.shards if shard.part in parts)]
        folder = local_folder(store, layout.dataset(reference.name, reference.fingerprint), names, cache_directory())
    except NotFound as error:
        raise TaskError(f"The data set {reference.name!r} is not whole: {error.what}", "Stage it again and resubmit.") from None
    except ValueError:
        raise TaskError(f"The manifest of {reference.name!r} cannot be read.", "Stage it again and resubmit.") from None
    return load_dataset(folder, parts)


def cache_directory() -> Path:
    """Where fetched data sets are kept for the next task on this machine: LTK8S_CACHE, or under the temporary directory."""
    return Path(os.environ.get("LTK8S_CACHE") or Path(tempfile.gettempdir()) / "ltk8s")
