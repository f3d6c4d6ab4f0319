"""Writing a data set out as image folders, its long tail cut, in the way that staging reads it back."""

from __future__ import annotations

import csv
import shutil
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from pathlib import Path

import numpy as np

from ltk8s.data.dataset import Dataset, Part
from ltk8s.data.shards import NO_GROUP
from ltk8s.data.split import Indices, long_tail
from ltk8s.errors import UsageError, system_errors

TABLE = "images.csv"

INSTEAD = "choose another folder"


def export(
    dataset: Dataset,
    folder: Path,
    *,
    ratio: float | None = None,
    split_seed: int = 0,
    progress: Callable[[int], None] | None = None,
) -> int:
    """Write the training images that the split keeps, and all test images, as ``part/class/00000.png``.

    Staging the folder gives the same images in the same order: with ``ratio`` None, the same fingerprint. Where the data set
    has groups, ``images.csv`` beside the folders keeps them: stage that file.

    Args:
        dataset: with both of its parts.
        folder: does not exist yet, or is empty.
        ratio: the long tail's; None writes all images.
        split_seed: draws which images the tail keeps.
        progress: called with the number of images that were written since the last call.

    Returns:
        How many images were written.

    Raises:
        UsageError: if the folder holds something already.
        LtkError: if it cannot be written. Nothing of the images is left in it then.
    """
    with system_errors("write", folder, instead=INSTEAD):
        if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
            raise UsageError(f"{str(folder)!r} holds something already.", "Give a folder that is empty or does not exist.")
    train, test = dataset.part("train"), dataset.part("test")
    kept = long_tail(train.labels, len(dataset.manifest.classes), ratio, split_seed)
    with _whole(folder):
        rows = _write(train, kept, dataset.manifest.classes, folder, "train", progress)
        rows += _write(test, np.arange(len(test)), dataset.manifest.classes, folder, "test", progress)
        if dataset.manifest.grouped:
            with _writing(folder), (folder / TABLE).open("w", encoding="utf-8", newline="") as file:
                csv.writer(file).writerows([("path", "label", "split", "group"), *rows])
    return len(rows)


@contextmanager
def _whole(folder: Path) -> Iterator[None]:
    """Leave nothing behind where the block fails: half of a data set would be staged as a whole one."""
    try:
        yield
    except BaseException:
        for part in ("train", "test"):
            shutil.rmtree(folder / part, ignore_errors=True)
        with suppress(OSError):
            (folder / TABLE).unlink(missing_ok=True)
        raise


def _writing(folder: Path) -> AbstractContextManager[None]:
    return system_errors("write images into", folder, instead=INSTEAD)


def _write(
    part: Part, indices: Indices, classes: tuple[str, ...], folder: Path, name: str, progress: Callable[[int], None] | None
) -> list[tuple[str, str, str, str]]:
    from PIL import Image

    rows = []
    written = [0] * len(classes)
    for index in indices.tolist():
        label, group = int(part.labels[index]), int(part.groups[index])
        path = f"{name}/{classes[label]}/{written[label]:05d}.png"
        image = Image.fromarray(part.images[index])
        with _writing(folder):
            if written[label] == 0:
                (folder / path).parent.mkdir(parents=True)
            image.save(folder / path, compress_level=1)
        written[label] += 1
        rows.append((path, classes[label], name, "" if group == NO_GROUP else f"{group:09d}"))
        if progress is not None:
            progress(1)
    return rows
