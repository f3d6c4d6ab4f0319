"""The command line, called in this process (quick) or as a real one (exit codes, signals, what it loads)."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from ltk8s.cli.app import app
from ltk8s.cli.planning import make_plans, read_experiments
from ltk8s.cli.request import read_request
from ltk8s.cluster.local.cluster import LocalCluster
from ltk8s.cluster.submit import submit as create
from ltk8s.data.manifest import Manifest
from ltk8s.spec.library import Library
from ltk8s.spec.settings import Settings
from ltk8s.store import Store, layout, open_store
from ltk8s.store.commit import Attempt
from ltk8s.store.layout import Kind
from ltk8s.store.runs import RunRecord, find_run
from ltk8s.store.weights import WeightsCard, put_weights

Call = Callable[..., Result]
Spawn = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """An environment of its own: an empty state directory, no kubeconfig, none of this machine's settings."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("LTK8S_", "AWS_"))}
    return {**kept, "LTK8S_STATE_DIR": str(tmp_path / "state"), "KUBECONFIG": str(tmp_path / "no-kubeconfig")}


@pytest.fixture
def ltk8s(environment: dict[str, str]) -> Call:
    """Call a command in this process; the result has exit_code, stdout and stderr."""
    hidden = {name: None for name in os.environ if name not in environment}

    def call(*arguments: object, **more: str) -> Result:
        return CliRunner().invoke(app, [str(argument) for argument in arguments], env={**hidden, **environment, **more})

    return call


@pytest.fixture
def process(environment: dict[str, str]) -> Spawn:
    """Run a command as a real process and wait for it."""

    def run(*arguments: object, cwd: Path | None = None, **more: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-c", "from ltk8s.cli.app import main; main()", *map(str, arguments)],
            env={**environment, **more},
            cwd=cwd,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    return run


@pytest.fixture
def store(environment: dict[str, str]) -> Store:
    """The default store of the state directory, with a data set ``tiny`` and the weights of the lite networks, as far as
    planning looks at them: there are no images.
    """
    opened = open_store((Path(environment["LTK8S_STATE_DIR"]) / "store").as_uri())
    stage_manifest(opened, "tiny")
    for number, arch in enumerate(("tf_efficientnet_lite0", "tf_efficientnet_lite1", "tf_efficientnet_lite2")):
        stage_card(opened, arch, f"weights {number}".encode())
    return opened


def stage_manifest(
    store: Store, name: str, counts: tuple[int, ...] = (40, 40, 40, 40, 40), fingerprint: str = "f" * 16
) -> None:
    manifest = Manifest(
        name=name,
        fingerprint=fingerprint,
        classes=tuple(f"class{i}" for i in range(len(counts))),
        train_counts=counts,
        test_counts=tuple(10 for _ in counts),
        height=16,
        width=16,
        shards=(),
        source="test",
        created="2026-01-01T00:00:00+00:00",
        version="0",
    )
    store.put(layout.dataset_manifest(name, fingerprint), manifest.model_dump_json().encode())


def stage_card(store: Store, arch: str, data: bytes) -> None:
    card = WeightsCard(
        arch=arch,
        sha256=hashlib.sha256(data).hexdigest(),
        mean=(0.5, 0.5, 0.5),
        std=(0.5, 0.5, 0.5),
        interpolation="bicubic",
        parameters=1,
        source="test",
        licence="none",
        created="2026-01-01T00:00:00+00:00",
    )
    put_weights(store, card, data)


@pytest.fixture
def cluster(environment: dict[str, str]) -> LocalCluster:
    """The local cluster of the state directory, in the default namespace."""
    return LocalCluster(Path(environment["LTK8S_STATE_DIR"]), "ltk8s")


@pytest.fixture
def submitted(environment: dict[str, str], store: Store, cluster: LocalCluster) -> Callable[..., list[RunRecord]]:
    """Submit presets on ``tiny``, as ``ltk8s submit`` does but for running them: their Jobs wait."""

    def build(*experiments: str, seed: int = 0, settings: Sequence[str] | None = None) -> list[RunRecord]:
        request = read_request(experiments, ["0.1"], [seed], None, None, "tiny", settings)
        plans = make_plans(read_experiments(request, Library(), "laptop"), store, "laptop")
        create(plans, store, cluster, Settings(state_dir=Path(environment["LTK8S_STATE_DIR"]), store=store.url))
        return [find_run(store, plan.run) for plan in plans]

    return build


@pytest.fixture
def commit(store: Store) -> Callable[..., None]:
    """Commit a result as a worker would, with a log."""

    def build(kind: Kind, id: str, accuracy: float = 0.5) -> None:
        attempt = Attempt(store, '{"made": "for a test"}', kind, id)
        attempt.put("log.txt", f"the log of {id}".encode())
        attempt.commit({"accuracy": accuracy}, {})

    return build
