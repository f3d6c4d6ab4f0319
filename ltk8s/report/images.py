"""A few of a data set's test images as small PNGs, read from its shards in the store."""

from __future__ import annotations

import base64
import hashlib
import io
import json
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from ltk8s.errors import NotFound
from ltk8s.store import layout
from ltk8s.store.base import Store

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

LARGEST = 256_000_000
"""Of a test part with more bytes than this no image is fetched: a gallery is not worth minutes of download."""

SIDE = 64
"""Images are shown no larger than this many pixels."""


def images_by_key(store: Store, dataset: str, fingerprint: str, keys: Iterable[int]) -> dict[int, str]:
    """Return the test images with these keys as base64 PNGs; those that cannot be had (too large, removed) are left out."""
    wanted = set(keys)
    found: dict[int, str] = {}
    for shard in _test_shards(store, dataset, fingerprint):
        if wanted <= found.keys():
            break
        tensors = _read(store, f"{layout.dataset(dataset, fingerprint)}{shard['file']}", shard["sha256"])
        for i, key in enumerate(tensors["keys"].tolist() if tensors else ()):
            if key in wanted and key not in found:
                found[key] = _png(tensors["images"][i])
    return found


def _test_shards(store: Store, dataset: str, fingerprint: str) -> list[dict[str, Any]]:
    try:
        manifest = json.loads(store.get(layout.dataset_manifest(dataset, fingerprint)))
    except (NotFound, ValueError):
        return []
    shards = [shard for shard in manifest.get("shards", ()) if shard["part"] == "test"]
    return shards if sum(shard["bytes"] for shard in shards) <= LARGEST else []


def _read(store: Store, key: str, sha256: str) -> dict[str, NDArray[Any]]:
    """A shard's tensors; none where it is not there or not what the manifest says."""
    from safetensors.numpy import load

    try:
        data = store.get(key)
    except NotFound:
        return {}
    return load(data) if hashlib.sha256(data).hexdigest() == sha256 else {}


def _png(image: NDArray[np.uint8]) -> str:
    """One uint8 H×W×3 image."""
    from PIL import Image

    picture = Image.fromarray(image)
    picture.thumbnail((SIDE, SIDE))
    file = io.BytesIO()
    picture.save(file, "PNG", optimize=True)
    return base64.b64encode(file.getvalue()).decode()
