from __future__ import annotations

from pathlib import Path

import pytest

from ltk8s.planning.estimate import CORE_SECONDS, Rates, rates, total, work
from ltk8s.planning.task import LearnerTask, canonical_json
from ltk8s.spec.train import Train
from ltk8s.store import Store, open_store
from ltk8s.store.commit import Attempt
from tests.cifar50 import weights


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return open_store(tmp_path.as_uri())


def learner(arch: str = "tf_efficientnet_lite0", seed: int = 0, **train: object) -> LearnerTask:
    fields = {
        "kind": "learner",
        "recipe": 1,
        "dataset": {"name": "cifar50", "fingerprint": "0123456789abcdef"},
        "arch": arch,
        "weights": weights(arch),
        "train": train,
        "seed": seed,
    }
    return LearnerTask.model_validate(fields)


def commit(store: Store, task: LearnerTask, seconds: float, device: str = "cpu", threads: int = 2) -> None:
    spent = {"seconds": seconds, "device": device, "threads": threads, "train_images": 1000}
    Attempt(store, canonical_json(task), "learner", task.id).commit({"n": 500}, spent)


def test_work_counts_every_pixel_trained_on_and_a_quarter_of_those_evaluated() -> None:
    train = Train(epochs=2, batch_size=100, image_size=20)
    assert work(train, images=250, evaluated=40) == 2 * 2 * 100 * (400 + 800) + 0.25 * 40 * (400 + 800)


def test_work_knows_growing_sizes_flips_and_small_sets() -> None:
    assert work(Train(steps=10, batch_size=64, image_size=(20, 40)), images=8, evaluated=0) == 10 * 8 * (1200 + 2400) / 2
    assert (
        work(Train(steps=1, batch_size=2, image_size=20, eval_flip=True), images=2, evaluated=4) == 2400 + 0.25 * 2 * 4 * 1200
    )


def test_an_empty_store_knows_the_lite_networks_on_a_cpu(store: Store) -> None:
    known = rates(store)
    assert known == Rates()
    task = learner(epochs=4, image_size=[64, 80, 96, 112], batch_size=64, eval_flip=True)
    seconds = known.seconds(task, images=6369, evaluated=5000)
    assert seconds == pytest.approx(187, rel=0.1)  # what the published learner took on two cores
    assert known.seconds(task, 6369, 5000, threads=1) == 2 * seconds
    assert known.seconds(task, 6369, gpu=True) is None
    assert known.seconds(learner("resnet50"), 6369) is None


def test_what_the_store_measured_is_what_it_expects(store: Store) -> None:
    for seed, seconds in enumerate((50.0, 100.0, 900.0)):
        commit(store, learner("resnet50", seed=seed), seconds)
    known = rates(store)
    assert known.seconds(learner("resnet50"), images=1000, evaluated=500) == pytest.approx(100)
    assert known.measured == {"resnet50": 3}
    assert known.cpu["tf_efficientnet_lite0"] == CORE_SECONDS["tf_efficientnet_lite0"]


def test_a_learner_that_mostly_started_says_nothing_where_something_is_known(store: Store) -> None:
    commit(store, learner(steps=5), 8.5)
    assert rates(store) == Rates()
    commit(store, learner("resnet50", steps=5), 8.5)
    assert rates(store).measured == {"resnet50": 1}
    commit(store, learner("resnet50"), 100.0)
    assert rates(store).seconds(learner("resnet50"), 1000, 500) == pytest.approx(100)


def test_a_gpu_is_measured_apart(store: Store) -> None:
    commit(store, learner(), 10.0, device="NVIDIA H100", threads=4)
    known = rates(store)
    assert known.seconds(learner(), 1000, 500, gpu=True, threads=16) == pytest.approx(10)
    assert known.cpu == CORE_SECONDS


def test_what_cannot_be_read_does_not_count(store: Store) -> None:
    commit(store, learner(), 100.0)
    Attempt(store, '{"made": "for a test"}', "learner", "odd").commit({"accuracy": 0.5}, {})
    store.put("learners/torn/result.json", b"{")
    store.put("learners/torn/task.json", canonical_json(learner()).encode())
    assert rates(store).measured == {"tf_efficientnet_lite0": 1}


def test_a_total_is_unknown_where_a_part_is() -> None:
    assert total([1.0, 2.0]) == 3.0
    assert total([1.0, None]) is None
