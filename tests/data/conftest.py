"""Small real images in folders, archives and tables."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from ltk8s.data.dataset import Dataset, load_dataset
from ltk8s.data.manifest import Manifest
from ltk8s.data.stage import stage


@pytest.fixture
def folder(tmp_path: Path) -> Callable[[Mapping[str, int]], Path]:
    """Write random 8×8 images below a folder: from ``{"train/cat": 3}`` to three PNG files there, all different."""
    root = tmp_path / "images"
    random = np.random.default_rng(0)

    def write(counts: Mapping[str, int]) -> Path:
        for name, count in counts.items():
            (root / name).mkdir(parents=True, exist_ok=True)
            for number in range(count):
                pixels = random.integers(0, 256, (8, 8, 3), dtype=np.uint8)
                Image.fromarray(pixels).save(root / name / f"{number:04d}.png")
        return root

    return write


@pytest.fixture
def staged(tmp_path: Path) -> Callable[..., Manifest]:
    """Stage a source into ``tmp_path/staged``."""

    def run(source: object, name: str = "toy", **options: object) -> Manifest:
        return stage(name, source, tmp_path / "staged", **options)

    return run


@pytest.fixture
def loaded(staged: Callable[..., Manifest], tmp_path: Path) -> Callable[..., Dataset]:
    """Stage a source and load what came of it."""

    def run(source: object, **options: object) -> Dataset:
        staged(source, **options)
        return load_dataset(tmp_path / "staged")

    return run


@pytest.fixture
def as_nobody() -> Callable[[Path, Mapping[str, int]], AbstractContextManager[None]]:
    """Take rights from places below a folder, and be someone who is bound by them: root may read everything."""

    @contextmanager
    def bound(root: Path, rights: Mapping[str, int]) -> Iterator[None]:
        before = os.geteuid()
        above = [parent for parent in root.parents if before == 0 and parent.stat().st_mode & 0o005 != 0o005]
        kept = {path: path.stat().st_mode for path in (*above, *(root / name for name in rights))}
        for parent in above:
            parent.chmod(0o755)
        for name, mode in rights.items():
            (root / name).chmod(mode)
        if before == 0:
            os.seteuid(65534)
        try:
            yield
        finally:
            os.seteuid(before)
            for path, mode in kept.items():
                path.chmod(mode)

    return bound
