"""From images to a results table with real processes: staging, training, fusion, Ctrl-C, exit codes."""

import csv
import json
import os
import random
import re
import signal
import subprocess
import sys

import pytest
from PIL import Image

pytestmark = pytest.mark.slow

SUBMIT = ("submit", "baseline", "--dataset", "dots", "--profile", "laptop", "--ratio", "full", "--cluster", "local")
QUICK = ("--set", "train.steps=2", "--set", "train.batch_size=4")


class Place:
    """A state directory with a staged data set, and a way to call ltk8s there."""

    def __init__(self, directory):
        kept = {name: value for name, value in os.environ.items() if not name.startswith("LTK8S_")}
        self.directory = directory
        self.started = []
        self.environment = {**kept, "LTK8S_STATE_DIR": str(directory), "KUBECONFIG": str(directory / "none")}

    def start(self, *arguments, cwd=None):
        process = subprocess.Popen(
            [sys.executable, "-P", "-c", "from ltk8s.cli.app import main; main()", *arguments],
            cwd=cwd,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),  # which nohup and & take away
        )
        self.started.append(process)
        return process

    def run(self, *arguments, cwd=None):
        process = self.start(*arguments, cwd=cwd)
        out, err = process.communicate(timeout=240)
        return subprocess.CompletedProcess(arguments, process.returncode, out, err)


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """Two classes of flat colours, staged; nothing is trained yet."""
    made = Place(tmp_path_factory.mktemp("state"))
    images = tmp_path_factory.mktemp("images")
    random.seed(0)
    for part, count in (("train", 12), ("test", 6)):
        for name in ("red", "blue"):
            (images / part / name).mkdir(parents=True)
            for i in range(count):
                shade = random.randrange(100, 250)
                color = (shade, i, random.randrange(60)) if name == "red" else (i, random.randrange(60), shade)
                Image.new("RGB", (16, 16), color).save(images / part / name / f"{i:03}.png")
    done = made.run("data", "stage", "dots", "--from", str(images))
    assert done.returncode == 0, done.stderr
    yield made
    for process in made.started:
        if process.poll() is None:  # only where a test has failed
            process.terminate()
            process.wait(60)
        process.stdout.close()
        process.stderr.close()


@pytest.fixture(scope="module")
def submitted(place):
    """The first submit: it stages weights by itself, trains and fuses."""
    return place.run(*SUBMIT, *QUICK)


def test_submit_goes_from_images_to_a_table(submitted):
    assert submitted.returncode == 0, submitted.stderr
    assert "Staging the weights of tf_efficientnet_lite0." in submitted.stdout
    assert "2 created" in submitted.stdout
    assert "Baseline" in submitted.stdout.rpartition("2 created")[2]
    assert "/12" in submitted.stdout


def test_each_change_is_one_line(submitted):
    (learner,) = {line.split()[1] for line in submitted.stdout.splitlines() if "  running" in line and "lite0" in line}
    phases = [line.split()[2] for line in submitted.stdout.splitlines() if line[2:3] == ":" and learner in line]
    assert phases[0] == "pending"
    assert phases[-1] == "done"


def test_submitting_again_does_nothing(place, submitted):
    again = place.run(*SUBMIT, *QUICK)
    assert again.returncode == 0
    assert "2 done" in again.stdout
    assert "/12" in again.stdout


def test_json_is_one_document_with_the_study(place, submitted):
    done = place.run(*SUBMIT, *QUICK, "--json")
    assert json.loads(done.stdout)["study"]["rows"][0]["outcome"]["n"] == 12


def test_the_log_and_the_report_are_there_afterwards(place, submitted):
    (row,) = json.loads(place.run("report", "--json").stdout)["rows"]
    assert row["outcome"]["n"] == 12
    assert "members agree" in place.run("logs", row["fusion"]).stdout


@pytest.fixture(scope="module")
def model(place, submitted):
    """The ensemble of the first run, pulled."""
    (row,) = json.loads(place.run("report", "--json").stdout)["rows"]
    done = place.run("pull", row["run"], str(place.directory / "model"))
    assert done.returncode == 0, done.stderr
    assert "Pulled baseline-" in done.stdout
    return place.directory / "model"


def images(directory, *names):
    for name in names:
        Image.new("RGB", (40, 30), name).save(directory / f"{name}.png")
    return [str(directory / f"{name}.png") for name in names]


def test_predict_prints_csv(place, model, tmp_path):
    red, blue = images(tmp_path, "red", "blue")
    done = place.run("predict", str(model), red, blue)
    assert done.returncode == 0, done.stderr
    rows = list(csv.DictReader(done.stdout.splitlines()))
    assert [row["path"] for row in rows] == [red, blue]
    assert {rows[0]["top1"], rows[0]["top2"]} == {"red", "blue"}
    assert float(rows[0]["p1"]) + float(rows[0]["p2"]) == pytest.approx(1, abs=1e-5)


def test_predict_runs_nothing_that_lies_beside_the_photos(place, model, tmp_path):
    images(tmp_path, "red")
    (tmp_path / "numpy.py").write_text("raise SystemExit('a module of the working directory')")
    done = place.run("predict", str(model), ".", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert len(done.stdout.splitlines()) == 2


def test_predict_goes_on_after_a_broken_file_and_says_so(place, model, tmp_path):
    images(tmp_path, "blue")
    (tmp_path / "torn.png").write_bytes(b"\x89PNG")
    done = place.run("predict", str(model), str(tmp_path), "--to", str(tmp_path / "out.csv"))
    assert done.returncode == 1
    assert f"Left out: {tmp_path / 'torn.png'} cannot be decoded" in done.stderr
    assert "1 of 2 files could not be read or decoded." in done.stderr
    assert done.stdout == ""
    (row,) = csv.DictReader((tmp_path / "out.csv").read_text().splitlines())
    assert row["path"] == str(tmp_path / "blue.png")


@pytest.mark.parametrize("how", [[], ["--to", "out.csv"], ["--json"]])
def test_predict_takes_a_name_that_is_no_utf8(place, model, tmp_path, how):
    (red,) = images(tmp_path, "red")
    os.rename(red, tmp_path / os.fsdecode(b"r\xe9d.png"))
    how = [str(tmp_path / word) if word == "out.csv" else word for word in how]
    done = place.run("predict", str(model), str(tmp_path), *how)
    assert done.returncode == 0, done.stderr
    text = (tmp_path / "out.csv").read_text("utf-8") if "--to" in how else done.stdout
    paths = [one["path"] for one in (json.loads(text)["images"] if "--json" in how else csv.DictReader(text.splitlines()))]
    assert paths == [str(tmp_path / "r\\xe9d.png")]


def test_predict_as_json(place, model, tmp_path):
    (red,) = images(tmp_path, "red")
    done = place.run("predict", str(model), red, "--json")
    document = json.loads(done.stdout)
    assert document["classes"] == ["blue", "red"]
    assert [one["path"] for one in document["images"]] == [red]
    assert document["failed"] == []


def test_predict_with_a_damaged_network_is_one_sentence(place, model, tmp_path):
    (red,) = images(tmp_path, "red")
    (file,) = (model / "members").iterdir()
    intact = file.read_bytes()
    file.write_bytes(intact[:-1])
    done = place.run("predict", str(model), red, "--to", str(tmp_path / "out.csv"))
    file.write_bytes(intact)
    assert done.returncode == 1
    assert f"Error: {file} is damaged" in done.stderr
    assert not (tmp_path / "out.csv").exists()


def running(place, *command):
    """A submit whose learner runs, and would for hours; and the name of its run."""
    process = place.start(*command)
    seen = until_running(process)
    assert "  running" in seen, f"submit left with {process.wait()}: {seen}{process.stderr.read()}"
    return process, re.search(r"baseline-[0-9a-f]{8}", seen).group()


def until_running(process):
    """What it prints, up to the first line that says that a Job runs; all of it where none does."""
    seen = ""
    for line in iter(process.stdout.readline, ""):
        seen += line
        if "  running" in line:
            break
    return seen


def test_ctrl_c_is_130_and_says_how_to_go_on(place, submitted):
    command = (*SUBMIT, "--set", "train.steps=100000", "--plain")
    process, run = running(place, *command)
    process.send_signal(signal.SIGINT)
    out, _ = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "Stopping: learners save and leave." in out
    assert f"ltk8s {' '.join(command)}" in out
    assert "pending" in place.run("status", run).stdout


def test_ctrl_c_on_watch_only_detaches(place, submitted):
    process, run = running(place, *SUBMIT, "--set", "train.steps=200000")
    watching = place.start("watch", run)
    seen = until_running(watching)
    assert "  running" in seen, f"watch left with {watching.wait()}: {seen}{watching.stderr.read()}"
    watching.send_signal(signal.SIGINT)
    out, _ = watching.communicate(timeout=30)
    assert watching.returncode == 130
    assert "Detached: nothing was stopped." in out
    assert process.poll() is None
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=60)


def test_a_job_that_fails_is_exit_1_and_names_the_reason(place, submitted):
    (shard,) = (place.directory / "store" / "datasets").glob("*/*/train-*.safetensors")
    intact = shard.read_bytes()
    shard.write_bytes(intact[:-1] + bytes([intact[-1] ^ 1]))
    try:
        done = place.run(*SUBMIT, *QUICK, "--set", "train.lr=0.01")
    finally:
        shard.write_bytes(intact)
    assert done.returncode == 1
    assert shard.name in done.stdout
    assert "blocked" in done.stdout


def test_a_result_that_went_bad_is_exit_1_and_names_the_object(place, submitted):
    (answers,) = (place.directory / "store" / "fusions").glob("*/attempts/*/answers.safetensors")
    intact = answers.read_bytes()
    answers.write_bytes(intact[:-1] + bytes([intact[-1] ^ 1]))
    done = place.run(*SUBMIT, *QUICK)
    assert done.returncode == 1
    assert "answers.safetensors" in done.stdout
    assert "submit again" in done.stdout
