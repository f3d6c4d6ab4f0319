"""Which sweep `--tuned-by` means. That it carries the winner on is tested on a real one."""

from __future__ import annotations

from pathlib import Path

import pytest

from ltk8s.cli.tuning import find_winner
from ltk8s.errors import UsageError
from ltk8s.spec.experiment import Experiment
from ltk8s.spec.library import Library
from ltk8s.store import Store, layout, open_store
from ltk8s.store.runs import RunRecord, write_run
from tests.cifar50 import DATASET


@pytest.fixture
def experiment() -> Experiment:
    return Library().experiment("baseline", profile="cpu", overrides={"dataset.ratio": "full"})[1]


@pytest.fixture
def store(tmp_path: Path) -> Store:
    store = open_store((tmp_path / "store").as_uri())
    store.put(layout.dataset_manifest(DATASET.name, DATASET.fingerprint), DATASET.model_dump_json().encode())
    return store


def sweep(store: Store, name: str, day: int = 1) -> str:
    record = RunRecord(
        kind="sweep",
        run=f"{name}-0000000{day}",
        experiment=name,
        title=name,
        profile="cpu",
        dataset=DATASET.name,
        fingerprint=DATASET.fingerprint,
        ratio=None,
        seed=0,
        split_seed=0,
        members=(),
        fusion=f"ranking-{name}-{day}",
        train_counts=DATASET.train_counts,
        spec={},
        image="",
        version="1",
        created=f"2026-01-{day:02}T00:00:00+00:00",
    )
    return write_run(store, record).run


def meant(store: Store, text: str, experiment: Experiment) -> str:
    """The run of the sweep that is meant, by the message that it is not complete."""
    with pytest.raises(UsageError, match=r"The sweep '.*' is not complete") as raised:
        find_winner(store, text, experiment, "cpu")
    return str(raised.value).split("'")[1]


def test_a_sweeps_name_means_its_newest_run_and_no_other_sweep(store: Store, experiment: Experiment) -> None:
    sweep(store, "rates", 1)
    newest = sweep(store, "rates", 2)
    sweep(store, "rates-fine", 3)
    assert meant(store, "rates", experiment) == newest


def test_the_beginning_of_a_run_means_it(store: Store, experiment: Experiment) -> None:
    first = sweep(store, "rates", 1)
    sweep(store, "rates", 2)
    assert meant(store, first, experiment) == first
    assert meant(store, "rat", experiment) == "rates-00000002"


def test_the_beginning_of_several_sweeps_is_refused(store: Store, experiment: Experiment) -> None:
    sweep(store, "rates", 1)
    sweep(store, "rates-fine", 2)
    with pytest.raises(UsageError, match=r"'rat' begins the names of runs of rates, rates-fine\. Write out the sweep's name"):
        find_winner(store, "rat", experiment, "cpu")
