"""Where images come from: folders, archives, a table, CIFAR-100, and the built-in glyphs."""

from __future__ import annotations

from pathlib import Path

from ltk8s.data.sources.base import Item, Listing, Source
from ltk8s.errors import UsageError, system_errors

__all__ = ["BUILT_IN", "Item", "Listing", "Source", "open_source"]

BUILT_IN = ("cifar50", "cifar100", "glyphs50")
"""Data sets that can be staged by their name alone."""


def open_source(name: str, place: str | Path | None = None, *, per_class: int | None = None) -> Source:
    """Open the images for a data set called ``name``.

    Args:
        name: the data set's name; without a place it must be a built-in one.
        place: a directory, a zip or tar archive, a CSV file, CIFAR-100's archive or folder, or the name of a built-in.
        per_class: of the glyphs, this many training images a class.

    Raises:
        UsageError: if there is nothing at that place, or nothing that can be read as images.
    """
    wanted = name if place is None else str(place)
    if wanted == "glyphs50":
        from ltk8s.data.sources.glyphs import TRAIN_PER_CLASS, GlyphSource

        return GlyphSource(TRAIN_PER_CLASS if per_class is None else per_class)
    if per_class is not None:
        raise UsageError(
            "--per-class sets the size of the built-in glyphs50 only.", "Leave it out; `--ratio` cuts a long tail."
        )
    if wanted in ("cifar50", "cifar100"):
        from ltk8s.data.sources.cifar import CifarSource

        return CifarSource(classes=int(wanted.removeprefix("cifar")))
    if place is None:
        raise UsageError(
            f"Where are the images of {name!r}? Only {', '.join(BUILT_IN)} can be staged by name.",
            "Give --from a folder, a zip or tar archive, or a CSV file.",
        )
    if str(place).startswith("file://"):
        raise UsageError(f"{str(place)!r} is an address.", "Give --from the path alone.")
    if "://" in str(place):
        raise UsageError(
            f"{str(place)!r} is an address, and images are staged from this machine.",
            "Copy them to a folder here first, with `aws s3 sync` for example, and give that folder to --from.",
        )
    with system_errors("read", place, kind=UsageError):
        return _open_path(name, Path(place).expanduser())


def _open_path(name: str, path: Path) -> Source:
    from ltk8s.data.sources.archive import TAR_SUFFIXES, TarSource, ZipSource
    from ltk8s.data.sources.cifar import FOLDER, CifarSource, is_cifar
    from ltk8s.data.sources.folder import FolderSource
    from ltk8s.data.sources.table import TableSource

    for cifar in (path, path / FOLDER):
        if is_cifar(cifar):
            return CifarSource(cifar, classes=50 if name == "cifar50" else 100)
    if path.is_dir():
        return FolderSource(path)
    if not path.is_file():
        raise UsageError(f"There is nothing at {str(path)!r}.", "Give --from a folder, a zip or tar archive, or a CSV file.")
    lower = path.name.lower()
    if lower.endswith(".zip"):
        return ZipSource(path)
    if lower.endswith(TAR_SUFFIXES):
        return TarSource(path)
    if lower.endswith(".csv"):
        return TableSource(path)
    raise UsageError(f"{path.name!r} is neither a folder nor a .zip, .tar, .tar.gz or .csv file.", "Give --from one of these.")
