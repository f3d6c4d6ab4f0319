"""How much memory this process may use: the machine's, or less where a container limits it."""

from __future__ import annotations

import os
from pathlib import Path

_LIMITS = (Path("/sys/fs/cgroup/memory.max"), Path("/sys/fs/cgroup/memory/memory.limit_in_bytes"))


def memory_limit(limits: tuple[Path, ...] = _LIMITS) -> int:
    """Return bytes: the least of the machine's memory and of what the control group allows."""
    found = [os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")]
    for path in limits:
        text = path.read_text().strip() if path.is_file() else "max"
        if text.isdigit():
            found.append(int(text))
    return min(found)
