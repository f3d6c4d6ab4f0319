"""CIFAR-100 as torchvision and its authors keep it: pickled batches, read without running what they might hold.

Krizhevsky 2009, "Learning Multiple Layers of Features from Tiny Images". For research use.
"""

from __future__ import annotations

import hashlib
import http.client
import io
import pickle
import shutil
import tarfile
import tempfile
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from ltk8s.data.shards import file_sha256
from ltk8s.data.sources.archive import BROKEN, INSTEAD, reading, unreadable
from ltk8s.data.sources.base import Item, Listing, Pixels
from ltk8s.errors import LtkError, UsageError, system_error
from ltk8s.written import open_to_write

URL = "https://www.cs.toronto.edu/~kriz/cifar-100-python.tar.gz"
MD5 = "eb9058c3a382ffc7106e4002c42a8d85"
FOLDER = "cifar-100-python"
FILES = ("meta", "train", "test")
SIDE = 32


class CifarSource:
    """The first ``classes`` of CIFAR-100 in label order, which is alphabetical: from its archive, its folder or the network."""

    def __init__(self, path: Path | None = None, classes: int = 100, *, url: str = URL, md5: str = MD5) -> None:
        self.path = path
        self.classes = classes
        self.url = url
        self.md5 = md5
        self.title = f"CIFAR-100 ({classes} classes)"

    def identity(self) -> str:
        if self.path is None:
            return f"cifar-100:{self.classes}:{self.md5}"
        digest = file_sha256(self.path) if self.path.is_file() else ",".join(file_sha256(self.path / name) for name in FILES)
        return f"cifar-100:{self.classes}:{digest}"

    def listing(self) -> Listing:
        try:
            with self._batches() as batches:
                names = [str(name) for name in batches["meta"]["fine_label_names"]]
                pixels: dict[str, Pixels] = {}
                items = [
                    *self._part("train", batches["train"], names, pixels),
                    *self._part("test", batches["test"], names, pixels),
                ]
        except (pickle.UnpicklingError, EOFError, KeyError, ValueError, IndexError, AttributeError, TypeError) as error:
            raise UsageError(f"The CIFAR-100 files cannot be read: {error}.", f"Fetch {URL} anew.") from None
        return Listing(tuple(items), pixels.__getitem__, sum(image.nbytes for image in pixels.values()), parallel=False)

    def _part(self, part: Any, batch: dict[str, Any], names: list[str], pixels: dict[str, Pixels]) -> Iterator[Item]:
        """Items named as image folders would name them, so that either way of staging gives the same data set."""
        images = np.asarray(batch["data"], np.uint8).reshape(-1, 3, SIDE, SIDE).transpose(0, 2, 3, 1)
        seen = [0] * len(names)
        for image, label in zip(images, batch["fine_labels"], strict=True):
            if label < self.classes:
                name = f"{part}/{names[label]}/{seen[label]:04d}.png"
                seen[label] += 1
                pixels[name] = np.ascontiguousarray(image)
                yield Item(name, names[label], part)

    @contextmanager
    def _batches(self) -> Iterator[dict[str, Any]]:
        if self.path is not None and self.path.is_dir():
            yield {name: _unpickle((self.path / name).read_bytes()) for name in FILES}
        elif self.path is not None:
            yield _unpack(self.path)
        else:
            with tempfile.TemporaryDirectory() as folder:
                yield _unpack(download(self.url, self.md5, Path(folder)))


def download(url: str, md5: str, folder: Path) -> Path:
    """Fetch the archive and compare its MD5 with the one that its authors publish.

    Raises:
        UsageError: if it cannot be fetched or is another file.
    """
    path = folder / "cifar-100-python.tar.gz"

    def full(error: OSError) -> LtkError:
        return system_error(error, "fetch CIFAR-100 into", folder.parent, instead=INSTEAD, kind=UsageError)

    try:
        with urllib.request.urlopen(url, timeout=60) as answer, open_to_write(path, full) as file:
            shutil.copyfileobj(answer, file)
    except (urllib.error.URLError, OSError, http.client.HTTPException) as error:
        reason = getattr(error, "reason", error)
        raise UsageError(
            f"CIFAR-100 cannot be fetched from {url}: {reason}.", "Fetch it elsewhere and give --from FILE."
        ) from None
    with path.open("rb") as file:
        found = hashlib.file_digest(file, "md5").hexdigest()
    if found != md5:
        raise UsageError(f"{url} gave another file than CIFAR-100 (MD5 {found}, not {md5}).", "Try again, or give --from FILE.")
    return path


def is_cifar(path: Path) -> bool:
    """Whether a path is CIFAR-100's archive or folder."""
    return (path.name == "cifar-100-python.tar.gz" and path.is_file()) or (
        path.is_dir() and all((path / name).is_file() for name in FILES)
    )


def _unpack(path: Path) -> dict[str, Any]:
    try:
        with reading(path), tarfile.open(path) as archive:
            return {name: _unpickle(_member(archive, f"{FOLDER}/{name}")) for name in FILES}
    except BROKEN as error:
        raise unreadable(path, error) from None


def _member(archive: tarfile.TarFile, name: str) -> bytes:
    file = archive.extractfile(name)
    if file is None:
        raise KeyError(name)
    return file.read()


class _ArraysOnly(pickle.Unpickler):
    """Builds dictionaries, lists, text, numbers and numpy arrays; a pickle that asks for anything else is refused."""

    def find_class(self, module: str, name: str) -> Any:
        from _codecs import encode

        allowed = {
            ("numpy", "ndarray"): np.ndarray,
            ("numpy", "dtype"): np.dtype,
            ("numpy.core.multiarray", "_reconstruct"): np._core.multiarray._reconstruct,  # type: ignore[attr-defined]
            ("numpy._core.multiarray", "_reconstruct"): np._core.multiarray._reconstruct,  # type: ignore[attr-defined]
            ("_codecs", "encode"): encode,
        }
        if (module, name) not in allowed:
            raise pickle.UnpicklingError(f"they ask for {module}.{name}, which is no array")
        return allowed[module, name]


def _unpickle(data: bytes) -> dict[str, Any]:
    return dict(_ArraysOnly(io.BytesIO(data), encoding="latin1").load())
