"""Which program made a result, and what memory its process took. Without torch."""

from __future__ import annotations

import os
import platform
import resource
from typing import Any

import ltk8s
from ltk8s.planning.task import RECIPE


def program() -> dict[str, Any]:
    """Versions as JSON values; ``revision`` and ``image`` are None where not told."""
    return {
        "version": ltk8s.__version__,
        "revision": os.environ.get("LTK8S_REVISION") or None,
        "recipe": RECIPE,
        "image": os.environ.get("LTK8S_IMAGE") or None,
        "python": platform.python_version(),
    }


def process_peak_bytes() -> int:
    """The most memory that this process had at once so far."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
