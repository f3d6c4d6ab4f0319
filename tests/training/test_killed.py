"""A learner that is stopped, anywhere and anyhow, and started again ends with the same bits. Real processes."""

from __future__ import annotations

import random
import time

import pytest

from ltk8s.errors import NotFound
from ltk8s.planning.task import TaskBalanced
from ltk8s.store import layout, open_store
from ltk8s.store.commit import read_result
from ltk8s.training.resume import unpack

TRAIN = {"epochs": 12, "eval_size": 64}
STEPS = 60
SAME = ("checkpoint.safetensors", "predictions.safetensors", "curve.csv")


@pytest.fixture(scope="module")
def task(make_task):
    return make_task(TRAIN)


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory, stage, staged_folder, initial_weights, workers, task):
    """The hashes of what the learner commits when nobody stops it."""
    store = open_store(tmp_path_factory.mktemp("undisturbed").as_uri())
    stage(store, staged_folder, initial_weights)
    assert workers.run(store, task) == 0
    return hashes(store, task)


def hashes(store, task):
    result = read_result(store, "learner", task.id)
    return {name: result.artifacts[name].sha256 for name in SAME}


def kept_step(store, task):
    """After how many steps the state in the store was kept, 0 where there is none."""
    try:
        return unpack(store.get(layout.resume(task.id)))["step"]
    except NotFound:
        return 0


def writes(store):
    """Whether a file is half written."""
    return any((store.directory / ".parts").iterdir())


def uploads(store, task, name):
    return any(found.key.endswith(name) for found in store.list(layout.attempt("learner", task.id, "").rstrip("/")))


MOMENTS = {
    "before the first state": lambda store, task: store.exists(layout.task("learner", task.id)),
    "when the first state is there": lambda store, task: kept_step(store, task) > 0,
    "in the middle": lambda store, task: kept_step(store, task) >= STEPS // 2,
    "while a state is written": lambda store, task: store.exists(layout.resume(task.id)) and writes(store),
    "while it evaluates": lambda store, task: kept_step(store, task) == STEPS,
    "while it uploads": lambda store, task: uploads(store, task, "checkpoint.safetensors"),
}


def kill_when(happens, store, task, workers):
    """Start a worker and kill it at a moment; start anew where it was faster than this process could look."""
    while True:
        process = workers.start(store, task)
        workers.reaches(process, happens)
        process.kill()
        workers.end(process)
        if not store.exists(layout.result("learner", task.id)):
            return
        store.delete(layout.result("learner", task.id))


@pytest.mark.slow
@pytest.mark.parametrize("moment", MOMENTS)
def test_killed(store, task, workers, undisturbed, moment):
    kill_when(lambda: MOMENTS[moment](store, task), store, task, workers)
    assert workers.run(store, task) == 0
    assert hashes(store, task) == undisturbed


@pytest.mark.slow
@pytest.mark.parametrize("how", ["kill", "terminate"])
def test_stopped_again_and_again_at_random(store, task, workers, undisturbed, how):
    for _ in range(4):
        process = workers.start(store, task)
        workers.until(process, lambda: workers.said() != "")
        time.sleep(random.uniform(0, 1.2))
        getattr(process, how)()
        assert workers.end(process) in {-9 if how == "kill" else 143, 0}
    assert workers.run(store, task) == 0
    assert hashes(store, task) == undisturbed


def test_sigterm_keeps_the_step_that_it_interrupts(store, make_task, workers):
    task = make_task({"epochs": 1}, sampling=TaskBalanced(rule="balanced", threshold=8000))
    process = workers.start(store, task)
    workers.until(process, lambda: "3000 steps of 8" in workers.said())
    time.sleep(1)
    process.terminate()
    assert workers.end(process) == 143
    assert 0 < kept_step(store, task) < 3000
