"""Where images come from: folders, archives, a table, CIFAR-100, and the built-in glyphs."""

from __future__ import annotations

import re
from pathlib import Path

from ltk8s.data.sources.base import Item, Listing, Source, readable
from ltk8s.data.sources.kinds import ARCHIVES
from ltk8s.errors import UsageError, system_errors

__all__ = ["BUILT_IN", "Item", "Listing", "Source", "open_source"]

BUILT_IN = ("cifar50", "cifar100", "glyphs50")
"""Data sets that can be staged by their name alone."""


def open_source(
    name: str, place: str | Path | None = None, *, per_class: int | None = None, encoding: str | None = None
) -> Source:
    """Open the images for a data set called ``name``.

    Args:
        name: the data set's name; without a place it must be a built-in one.
        place: a directory, a zip or tar archive, a CSV file, CIFAR-100's archive or folder, or the name of a built-in.
        per_class: of the glyphs, this many training images a class.
        encoding: of a zip or tar archive, the code page of names that are not marked as UTF-8.

    Raises:
        UsageError: if there is nothing at that place, or nothing that can be read as images; or if an option does not fit it.

    >>> open_source("birds", "birds.zip", encoding="cp932")  # doctest: +SKIP
    """
    source = _open(name, place, per_class, encoding)
    if encoding is not None and not hasattr(source, "encoding"):
        raise UsageError("--encoding is for the names in zip and tar archives only.", "Leave it out.")
    return source


def _open(name: str, place: str | Path | None, per_class: int | None, encoding: str | None) -> Source:
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
    path = Path(place).expanduser()
    with system_errors("read", repr(readable(path.name)), instead="copy it elsewhere", kind=UsageError):
        return _open_path(name, path, encoding)


def _open_path(name: str, path: Path, encoding: str | None) -> Source:
    from ltk8s.data.sources.archive import TAR_SUFFIXES, TarSource, ZipSource
    from ltk8s.data.sources.cifar import FOLDER, CifarSource, is_cifar
    from ltk8s.data.sources.folder import FolderSource
    from ltk8s.data.sources.members import check_encoding
    from ltk8s.data.sources.table import TableSource

    for cifar in (path, path / FOLDER):
        if is_cifar(cifar):
            return CifarSource(cifar, classes=50 if name == "cifar50" else 100)
    if path.is_dir():
        return FolderSource(path)
    if not path.is_file():
        raise UsageError(f"There is nothing at {str(path)!r}.", "Give --from a folder, a zip or tar archive, or a CSV file.")
    lower = path.name.lower()
    if lower.endswith(".csv"):
        return TableSource(path)
    path.open("rb").close()
    if encoding is not None:
        check_encoding(encoding)
    if lower.endswith(".zip"):
        return ZipSource(path, encoding)
    if lower.endswith(TAR_SUFFIXES):
        return TarSource(path, encoding)
    raise _not_read(path)


def _not_read(path: Path) -> UsageError:
    """What to say of a file that is not a source of images."""
    lower = path.name.lower()
    if re.search(r"\.(zip|7z|tar(\.\w+)?|tgz)\.(\d{2,}|[a-z]{2})$|\.z\d\d$|\.part\d+\.rar$", lower):
        return UsageError(f"{path.name!r} is a piece of a split archive.", "Unpack it and give the folder.")
    if lower.endswith(ARCHIVES):
        return UsageError(f"{path.name!r} is an archive of a kind that is not read here.", "Unpack it and give the folder.")
    return UsageError(
        f"{path.name!r} is neither a folder nor a .zip, .tar, .tar.gz, .tar.bz2, .tar.xz or .csv file.",
        "Give --from one of these.",
    )
