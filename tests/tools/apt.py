"""Debian's packages, installed where a test needs what is not there."""

from __future__ import annotations

import os
import shutil
import subprocess

WAIT = ("-o", "DPkg::Lock::Timeout=600")  # another suite may be installing
QUIET = {"DEBIAN_FRONTEND": "noninteractive"}


def can_install() -> bool:
    return os.geteuid() == 0 and shutil.which("apt-get") is not None


def install(*packages: str) -> None:
    """
    Raises:
        RuntimeError: with apt's last words, where it fails.
    """
    for command in (["update", "-qq"], ["install", "-y", "-qq", "--no-install-recommends", *packages]):
        line = ["apt-get", *WAIT, *command]
        done = subprocess.run(line, env={**os.environ, **QUIET}, capture_output=True, text=True, check=False)
        if done.returncode:
            raise RuntimeError(f"apt-get {command[0]} failed for {' '.join(packages)}: {done.stderr.strip()[-500:]}")
