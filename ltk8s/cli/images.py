"""Which image files a person means."""

from __future__ import annotations

import glob
from collections.abc import Sequence
from pathlib import Path

from ltk8s.data.sources.base import is_hidden, is_image
from ltk8s.data.sources.folder import walk
from ltk8s.errors import UsageError


def expand(images: Sequence[str]) -> list[str]:
    """The files that are meant, each once: files as they are, all images below a folder, and those that a pattern finds.

    Raises:
        UsageError: if there is none for one of them.
    """
    return list(dict.fromkeys(path for text in images for path in _files(text)))


def _files(text: str) -> list[str]:
    path = Path(text)
    if path.is_dir():
        files, _ = walk(path)
        found = [str(path / name) for name in files if is_image(name) and not is_hidden(name)]
        if not found:
            raise UsageError(f"There is no image below {text!r}.", "Name files, or a folder that has some.")
        return found
    if path.exists():
        return [text]
    found = [name for name in sorted(glob.glob(text, recursive=True)) if is_image(name) and Path(name).is_file()]
    if not found:
        raise UsageError(f"There is no image {text!r}.", "Name files, folders, or a pattern in quotes.")
    return found
