"""A driver as a process, which a test may signal and kill."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from ltk8s.store.base import Store

DRIVER = """
import sys
from pathlib import Path
from ltk8s.cluster.local.cluster import LocalCluster
from ltk8s.cluster.local.driver import drive
from ltk8s.cluster.local.machine import Machine
from ltk8s.store import open_store
cluster = LocalCluster(Path({state!r}), "test", machine=Machine(cpus=2, memory=2**33))
sys.exit(0 if drive(["run-1"], cluster, open_store({store!r}), backoff=0.01, interval=0.01) else 130)
"""


@pytest.fixture
def driver_process(tmp_path: Path, store: Store) -> Iterator[Callable[[], subprocess.Popen[bytes]]]:
    """Drive in a process of its own."""
    started: list[subprocess.Popen[bytes]] = []

    def start() -> subprocess.Popen[bytes]:
        code = DRIVER.format(state=str(tmp_path), store=store.address)
        started.append(subprocess.Popen([sys.executable, "-c", code]))
        return started[-1]

    yield start
    for process in started:
        process.kill()
        process.wait()
