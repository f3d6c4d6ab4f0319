"""Writing a file of this machine so that its name never stands for half of it."""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from ltk8s.errors import StoreError


@contextmanager
def written_aside(path: Path) -> Iterator[BinaryIO]:
    """Open a file that gets the name ``path`` when the block ends, and is removed if the block fails.

    Raises:
        StoreError: if it cannot be written there.
    """
    part = path.with_name(f".{path.name}.{uuid.uuid4().hex}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with part.open("xb") as opened:
            yield opened
        os.replace(part, path)
    except OSError as error:
        raise StoreError(
            f"{path} cannot be written: {(error.strerror or str(error)).lower()}.",
            "Make room there, or choose another directory.",
        ) from error
    finally:
        part.unlink(missing_ok=True)
