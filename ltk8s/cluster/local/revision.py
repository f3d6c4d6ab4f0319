"""Which commit this program runs from: what an image is told when it is built."""

from __future__ import annotations

import subprocess
from pathlib import Path

import ltk8s

CHECKOUT = Path(ltk8s.__file__).parents[1]


def revision(checkout: Path = CHECKOUT) -> str:
    """The full hash of the checkout's commit, with ``-dirty`` where files of it were changed since.

    Empty where the program is not run from a git checkout of its own, or git is not there.
    """
    if not (checkout / ".git").exists():
        return ""
    command = ["git", "-C", str(checkout), "describe", "--always", "--dirty", "--abbrev=40", "--exclude=*"]
    try:
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return ""
