"""What a pod runs: each exit code, with real processes and a real store."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time

import pytest
import torch

from ltk8s.planning.task import RECIPE, DatasetRef, FusionTask, canonical_json
from ltk8s.store import layout, open_store
from ltk8s.store.commit import read_artifact, read_result, verify
from ltk8s.store.progress import read_progress


def attempts(store, task):
    """The names of the attempts at a task, oldest first."""
    prefix = layout.attempt(task.kind, task.id, "").rstrip("/") + "/"
    return sorted({found.key.removeprefix(prefix).split("/")[0] for found in store.list(prefix)})


def of_last_attempt(store, task, name):
    return store.get(layout.attempt(task.kind, task.id, attempts(store, task)[-1], name)).decode()


def failure(store, task):
    """What the last attempt says of its end."""
    return json.loads(of_last_attempt(store, task, "failure.json"))


def flip_a_byte(store, key):
    data = bytearray(store.get(key))
    data[len(data) // 2] ^= 1
    store.put(key, bytes(data))


def test_0_committed_by_the_module_as_a_job_runs_it(store, make_task):
    task = make_task()
    environ = {"LTK8S_TASK": canonical_json(task), "LTK8S_STORE": store.address, "LTK8S_THREADS": "1", "LTK8S_TASK_ID": task.id}
    done = subprocess.run(
        [sys.executable, "-m", "ltk8s.worker"], env={**os.environ, **environ}, capture_output=True, check=False
    )
    assert done.returncode == 0, done.stderr
    verify(store, read_result(store, "learner", task.id))
    assert b"Step 15 of 15" in done.stderr


def test_0_what_it_commits_names_threads_and_image(store, make_task, workers):
    assert workers.run(store, make_task(), LTK8S_IMAGE="registry.example/worker:1") == 0
    provenance = read_result(store, "learner", make_task().id).provenance
    assert (provenance["threads"], provenance["image"]) == (1, "registry.example/worker:1")


def test_0_the_log_is_an_artifact(store, make_task, workers):
    assert workers.run(store, make_task()) == 0
    log = read_artifact(store, read_result(store, "learner", make_task().id), "log.txt").decode()
    assert "Attempt" in log
    assert "42 images in 3 classes, 15 steps of 8." in log


def test_0_progress_ends_with_done(store, make_task, workers):
    assert workers.run(store, make_task()) == 0
    progress = read_progress(store, "learner", make_task().id)
    assert (progress.phase, progress.step, progress.steps, progress.epoch) == ("done", 15, 15, 3.0)


def test_0_found_committed(store, make_task, workers):
    task = make_task()
    assert workers.run(store, task) == 0
    store.put(layout.resume(task.id), b"left by a worker that was killed after its commit")
    assert workers.run(store, task) == 0
    assert len(attempts(store, task)) == 1
    assert not store.exists(layout.resume(task.id))


def test_0_a_commit_with_a_flipped_byte_is_set_aside_and_made_anew(store, make_task, workers):
    task = make_task()
    assert workers.run(store, task) == 0
    bad = read_result(store, "learner", task.id)
    flip_a_byte(store, bad.key("checkpoint.safetensors"))
    assert workers.run(store, task) == 0
    good = read_result(store, "learner", task.id)
    verify(store, good)
    assert good.artifacts["checkpoint.safetensors"] == bad.artifacts["checkpoint.safetensors"]
    assert "checkpoint.safetensors" in json.loads(store.get(layout.bad_result("learner", task.id)))["why"]
    assert "The commit is set aside" in read_artifact(store, good, "log.txt").decode()


def test_0_a_flipped_byte_in_the_result_itself_is_noticed(store, make_task, workers):
    task = make_task()
    assert workers.run(store, task) == 0
    flip_a_byte(store, layout.result("learner", task.id))
    assert workers.run(store, task) == 0
    verify(store, read_result(store, "learner", task.id))
    assert store.exists(layout.bad_result("learner", task.id))


def test_0_for_both_of_two_workers_on_one_learner(store, make_task, workers):
    task = make_task({"epochs": 20})
    both = [workers.start(store, task), workers.start(store, task)]
    assert [workers.end(process) for process in both] == [0, 0]
    verify(store, read_result(store, "learner", task.id))
    assert len(attempts(store, task)) == 2


def test_0_with_data_weights_and_result_on_s3(minio, make_task, workers, stage, staged_folder, initial_weights, tmp_path):
    task, store = make_task(), open_store(minio.address())
    stage(store, staged_folder, initial_weights)
    assert workers.run(store, task, LTK8S_CACHE=str(tmp_path)) == 0
    verify(store, read_result(store, "learner", task.id))
    shards = list(tmp_path.rglob("*.safetensors"))
    assert len(shards) == 2
    for damaged in (*shards, *tmp_path.rglob("manifest.json")):  # by a disk, or a machine that went down
        damaged.write_bytes(damaged.read_bytes()[:-7])
    assert workers.run(store, make_task(seed=1), LTK8S_CACHE=str(tmp_path)) == 0


@pytest.mark.parametrize(
    ("environ", "says"),
    [
        ({"LTK8S_TASK": "{"}, "The task is not valid"),
        ({"LTK8S_TASK": ""}, "LTK8S_TASK is not set."),
        ({"LTK8S_STORE": ""}, "LTK8S_STORE is not set."),
        ({"LTK8S_STORE": "ftp://somewhere"}, "ftp://somewhere"),
        ({"LTK8S_TASK_ID": "another"}, "not 'another'"),
    ],
)
def test_65_an_environment_that_makes_no_sense(store, make_task, workers, environ, says):
    assert workers.run(store, make_task(), **environ) == 65
    assert says in workers.said()


def test_65_a_task_of_another_recipe(store, make_task, workers):
    assert workers.run(store, make_task(recipe=RECIPE + 1)) == 65
    assert f"this worker follows recipe {RECIPE}" in workers.said()


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU here")
def test_1_a_gpu_was_asked_for_and_there_is_none(store, make_task, workers):
    assert workers.run(store, make_task(), LTK8S_GPUS="1") == 1
    assert "asked for a GPU" in failure(store, make_task())["what"]


def test_65_a_number_of_threads_that_is_none(store, make_task, workers):
    assert workers.run(store, make_task(), LTK8S_THREADS="many") == 65
    assert failure(store, make_task())["what"] == "LTK8S_THREADS is 'many', not a number of threads."


def test_65_a_data_set_that_is_not_there(store, make_task, workers):
    task = make_task(dataset=DatasetRef(name="blues", fingerprint="0123456789abcdef"))
    assert workers.run(store, task) == 65
    assert "'blues' is not whole" in failure(store, task)["what"]


def test_65_a_shard_with_a_flipped_byte(store, make_task, workers):
    flip_a_byte(store, f"{layout.dataset('greys', '0123456789abcdef')}train-00000.safetensors")
    assert workers.run(store, make_task()) == 65
    assert "train-00000.safetensors is corrupt" in failure(store, make_task())["what"]


def test_65_weights_that_are_not_staged(store, make_task, workers):
    task = make_task()
    store.delete(layout.weights(task.arch, task.weights.sha256))
    assert workers.run(store, task) == 65
    assert "ltk8s weights stage test_efficientnet" in failure(store, task)["do"]


def test_65_weights_with_a_flipped_byte(store, make_task, workers):
    task = make_task()
    flip_a_byte(store, layout.weights(task.arch, task.weights.sha256))
    assert workers.run(store, task) == 65
    assert task.weights.sha256 in failure(store, task)["what"]


def test_65_a_loss_that_is_not_finite(store, make_task, workers):
    task = make_task({"lr": 1e30, "warmup": 0})
    assert workers.run(store, task) == 65
    assert failure(store, task)["exit"] == 65
    assert "The loss is not finite at step" in of_last_attempt(store, task, "log.txt")
    assert not store.exists(layout.resume(task.id))


def test_65_another_task_under_the_same_id(store, make_task, workers):
    store.put(layout.task("learner", make_task().id), canonical_json(make_task(seed=1)).encode())
    assert workers.run(store, make_task()) == 65
    assert "another task under the id" in workers.said()


def test_66_a_fusion_without_its_members(store, make_task, workers):
    learner = make_task()
    task = FusionTask(kind="fusion", recipe=RECIPE, dataset=learner.dataset, members=(learner.id,), rule="mean-probability")
    assert workers.run(store, task) == 66
    assert learner.id in failure(store, task)["what"]


def test_1_a_store_that_cannot_be_written(make_task, workers, tmp_path):
    (tmp_path / "file").write_text("in the way")
    assert workers.run(open_store((tmp_path / "file" / "store").as_uri()), make_task()) == 1
    assert "Traceback" not in workers.said()


def test_1_what_nobody_foresaw_is_stored_with_its_traceback(store, make_task, workers):
    assert workers.run(store, make_task(), LTK8S_THREADS="9" * 30) == 1
    assert "set_num_threads" in failure(store, make_task())["traceback"]


def test_no_secret_reaches_the_log_or_the_failure(store, make_task, workers):
    task = make_task()
    secret = {"AWS_SECRET_ACCESS_KEY": "many-words-that-nobody-knows"}
    assert workers.run(store, task, LTK8S_THREADS="many-words-that-nobody-knows", **secret) == 65
    stored = of_last_attempt(store, task, "failure.json") + of_last_attempt(store, task, "log.txt") + workers.said()
    assert "LTK8S_THREADS is '***'" in stored
    assert "nobody-knows" not in stored


def test_143_while_it_imports(store, make_task):
    environ = {"LTK8S_TASK": canonical_json(make_task()), "LTK8S_STORE": store.address}
    process = subprocess.Popen([sys.executable, "-m", "ltk8s.worker"], env={**os.environ, **environ}, stderr=subprocess.PIPE)
    assert b"Attempt" in process.stderr.readline()
    asked = time.monotonic()
    process.terminate()
    assert process.wait(30) == 143
    process.stderr.close()
    assert time.monotonic() - asked < 5
    assert failure(store, make_task())["error"] == "Stopped"


def test_143_while_it_trains_keeps_the_state(store, make_task, workers):
    task = make_task({"epochs": 100_000})
    process = workers.start(store, task)
    workers.until(process, lambda: store.exists(layout.resume(task.id)))
    asked = time.monotonic()
    process.terminate()
    assert workers.end(process) == 143
    assert time.monotonic() - asked < 5
    assert "Stopped by SIGTERM." in of_last_attempt(store, task, "log.txt")


def test_143_while_it_evaluates(store, make_task, workers):
    task = make_task({"epochs": 1, "eval_size": 1024})
    process = workers.start(store, task)
    workers.until(process, lambda: store.exists(layout.resume(task.id)))
    asked = time.monotonic()
    process.terminate()
    assert workers.end(process) == 143
    assert time.monotonic() - asked < 5
    assert not store.exists(layout.result("learner", task.id))


def test_143_while_the_store_hangs_in_an_upload(own_minio, make_task, workers, stage, staged_folder, initial_weights):
    task = make_task({"epochs": 1, "eval_size": 512})
    store = open_store(own_minio.address())
    stage(store, staged_folder, initial_weights)
    process = workers.start(store, task)
    workers.until(process, lambda: store.exists(layout.resume(task.id)))
    os.kill(own_minio.process.pid, signal.SIGSTOP)
    workers.until(process, lambda: "images right" in workers.said())
    asked = time.monotonic()
    process.terminate()
    assert workers.end(process) == 143
    assert time.monotonic() - asked < 5
