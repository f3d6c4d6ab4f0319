"""Folders in the store: putting one there whole, and having one at hand as files."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from ltk8s.errors import NotFound
from ltk8s.store.base import Store
from ltk8s.store.files import FileStore


def upload_folder(store: Store, folder: Path, prefix: str, *, last: str, on_bytes: Callable[[int], None] | None = None) -> None:
    """Put every file of ``folder`` under ``prefix`` (which ends in ``/``).

    Args:
        last: the file that says what the others are. It is put last, so that a reader who sees it finds all of them.
        on_bytes: called with the size of each file when it is there.
    """
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    for path in sorted(files, key=lambda path: path.relative_to(folder).as_posix() == last):
        store.upload(prefix + path.relative_to(folder).as_posix(), path)
        if on_bytes:
            on_bytes(path.stat().st_size)


def local_folder(store: Store, prefix: str, names: Sequence[str], cache: Path) -> Path:
    """Return a directory that holds the objects ``names`` of ``prefix`` as files.

    Where the store is a directory it is that very one, and nothing is copied; otherwise it is ``cache/prefix``, into which
    what is missing is downloaded. Content is not verified here.

    Raises:
        NotFound: if one of them is not in the store.
    """
    if isinstance(store, FileStore):
        for name in names:
            if not store.exists(prefix + name):
                raise NotFound(prefix + name, store.url)
        return store.path(prefix)
    folder = cache / prefix
    for name in names:
        if not (folder / name).is_file():
            store.download(prefix + name, folder / name)
    return folder
