"""Sweeps and studies with real processes and real images: glyphs50, a few steps a learner, on this machine."""

import json
import os
import subprocess
import sys

import pytest
import yaml

pytestmark = pytest.mark.slow

QUICK = {"train.steps": 2, "train.batch_size": 8, "train.image_size": 16, "learners": [{"arch": "efficientnet_b0"}]}
WHERE = ("--dataset", "glyphs50", "--profile", "laptop", "--cluster", "local")


class Place:
    """A state directory with glyphs50 staged, and files of one's own."""

    def __init__(self, directory):
        kept = {name: value for name, value in os.environ.items() if not name.startswith("LTK8S_")}
        self.directory = directory
        self.environment = {**kept, "LTK8S_STATE_DIR": str(directory / "state"), "KUBECONFIG": str(directory / "none")}

    def write(self, name, fields):
        path = self.directory / f"{name}.yaml"
        path.write_text(yaml.safe_dump(fields))
        return str(path)

    def run(self, *arguments):
        command = [sys.executable, "-c", "from ltk8s.cli.app import main; main()", *arguments]
        return subprocess.run(command, env=self.environment, capture_output=True, text=True, timeout=280)

    def json(self, *arguments):
        done = self.run(*arguments, "--json")
        assert done.returncode == 0, done.stdout + done.stderr
        return json.loads(done.stdout)


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    made = Place(tmp_path_factory.mktemp("sweeps"))
    done = made.run("data", "stage", "glyphs50")
    assert done.returncode == 0, done.stderr
    return made


@pytest.fixture(scope="module")
def sweep(place):
    """A list over a training field and a fusion field, in two folds."""
    fields = {
        "kind": "sweep",
        "title": "Mine",
        "base": "stack-la",
        "set": QUICK,
        "select": {"folds": 2},
        "list": [{}, {"train.lr": 0.01}, {"fusion.prior_correction": True}],
    }
    return place.write("mine", fields)


@pytest.fixture(scope="module")
def submitted(place, sweep):
    refused = place.run("submit", "stack-la", "--ratio", "0.005", "--tuned-by", "mine", *WHERE)
    assert refused.returncode == 2
    assert "There is no run of a sweep 'mine'" in refused.stderr
    return place.run("submit", sweep, "--ratio", "0.005", *WHERE)


@pytest.fixture(scope="module")
def ranking(submitted, place, sweep):
    assert submitted.returncode == 0, submitted.stdout + submitted.stderr
    (found,) = place.json("submit", sweep, "--ratio", "0.005", *WHERE)["rankings"].values()
    return found


def test_a_sweep_goes_from_images_to_a_ranking(submitted):
    assert submitted.returncode == 0, submitted.stdout + submitted.stderr
    assert "3 points, 2 folds" in submitted.stdout
    assert "1 run: 4 learners" in submitted.stdout
    assert "5 created" in submitted.stdout
    assert "4,833 held-out images of 2 folds" in submitted.stdout
    assert "chosen" in submitted.stdout


def test_every_image_is_held_out_once_and_never_the_test_set(ranking, place):
    assert (ranking["selects"], ranking["folds"], ranking["n"], ranking["excluded"]) == ("oof", 2, 4833, [])
    assert [point["n"] for point in ranking["points"]] == [4833] * 3
    learners = place.directory / "state" / "store" / "learners"
    sizes = {json.loads(path.read_text())["metrics"]["n"] for path in learners.glob("*/result.json")}
    assert sizes <= {2416, 2417}


def test_points_that_differ_in_the_fusion_share_their_learners(ranking):
    base, faster, corrected = ranking["points"]
    assert base["members"] == corrected["members"]
    assert not set(base["members"]) & set(faster["members"])
    assert base["default"]
    assert base["balanced_accuracy"] == corrected["balanced_accuracy"]  # τ = 1 leaves no prior to correct


def test_submitting_again_does_nothing_and_shows_it_again(submitted, place, sweep):
    again = place.run("submit", sweep, "--ratio", "0.005", *WHERE)
    assert again.returncode == 0
    assert "All of it was done before." in again.stdout
    assert "held-out images" in again.stdout


def test_every_command_knows_the_ranking(ranking, place):
    (run,) = place.json("status")["runs"]
    assert (run["phase"], run["counts"]) == ("done", {"done": 5})
    job = place.json("status", "mine")["jobs"][-1]
    assert (job["kind"], job["phase"]) == ("ranking", "done")
    assert "4833 right" in place.run("logs", "ranking").stdout
    assert "Nothing holds up" in place.run("why", "mine").stdout
    assert place.json("gc", "--older-than", "0m", "--yes") == []
    assert place.run("report").returncode == 0


def test_the_winner_is_carried_into_an_experiment_of_the_same_setting(ranking, place):
    chosen = ranking["points"][ranking["chosen"]]
    settings = [f"{path}={json.dumps(value)}" for path, value in QUICK.items() if path not in chosen["settings"]]
    options = [part for setting in settings for part in ("--set", setting)]
    document = place.json("submit", "stack-la", "--ratio", "0.005", "--tuned-by", "mine", "--dry-run", *options, *WHERE)
    (run,) = document["runs"]
    assert any(note.startswith("Tuned by mine-") and chosen["label"] in note for note in run["notes"])
    elsewhere = place.run("submit", "stack-la", "--ratio", "0.01", "--tuned-by", "mine", "--dry-run", *options, *WHERE)
    assert elsewhere.returncode == 2
    assert "has not run on 'glyphs50' at ratio 0.01, split seed 0, profile 'laptop'" in elsewhere.stderr


@pytest.fixture(scope="module")
def study(place, ranking):
    """Baseline and a weighted loss with and without a tail, and what cannot be bagged."""
    parts = [
        {"name": "tail", "experiments": ["baseline", "weighted-loss"], "ratios": [0.005], "set": QUICK},
        {"name": "all", "experiments": ["baseline", "weighted-loss", "bagging-wl"], "ratios": ["full"], "set": QUICK},
    ]
    return place.write("all-of-it", {"kind": "study", "title": "All of it", "parts": parts})


def test_a_study_says_what_it_will_do_and_drops_what_is_beyond_the_budget(study, place):
    plan = place.json("submit", study, "--dry-run", *WHERE)
    assert [(cell["experiment"], cell["ratio"], cell["same_as"], cell["new_learners"]) for cell in plan["cells"]] == [
        ("baseline", "0.005", "", 1), ("weighted-loss", "0.005", "", 1),
        ("baseline", "full", "", 1), ("weighted-loss", "full", "baseline", 0), ("bagging-wl", "full", "", 0),
    ]  # fmt: skip
    assert "no majority class" in plan["cells"][4]["dropped"]
    first = plan["cells"][0]["seconds"]
    assert first > 0
    cut = place.json("submit", study, "--dry-run", "--budget", "0m", *WHERE)
    assert [cell["dropped"] for cell in cut["cells"]][:4] == ["beyond the budget"] * 4
    refused = place.run("submit", study, "--budget", "0m", *WHERE)
    assert refused.returncode == 2
    assert (
        "Nothing of the study fits into a budget of 0m: its first cell of known time, baseline at 0.005, takes about"
        in refused.stderr
    )
    said = place.run("submit", study, "--dry-run", *WHERE)
    assert "The same as baseline there, not run again: weighted-loss at full, seed 0" in said.stdout
    assert "3 runs, 3 learners (0 shared, 0 done already, 3 to train): about" in said.stdout


def test_a_study_runs_is_recorded_and_goes_on(study, place):
    document = place.json("submit", study, *WHERE)
    assert len(document["runs"]) == 3
    (path,) = (place.directory / "state" / "store" / "studies").glob("*.json")
    record = json.loads(path.read_text())
    cells = {(cell["experiment"], cell["ratio"]): cell for cell in record["cells"]}
    assert cells["weighted-loss", None]["same_as"] == "baseline"
    assert cells["weighted-loss", None]["run"] == cells["baseline", None]["run"] != ""
    assert "no majority class" in cells["bagging-wl", None]["dropped"]
    assert cells["bagging-wl", None]["title"] == "Bagging / WL"
    assert {cell["kind"] for cell in record["cells"]} == {"experiment"}
    again = place.run("submit", study, *WHERE)
    assert again.returncode == 0
    assert "3 runs, 3 learners (0 shared, 3 done already, 0 to train)." in again.stdout
    assert "All of it was done before." in again.stdout


@pytest.mark.parametrize("option", ["--ratio=0.1", "--seed=1", "--tuned-by=mine", "--set=seed=3"])
def test_what_a_study_decides_by_itself_cannot_be_given(study, place, option):
    refused = place.run("submit", study, option, "--dry-run", *WHERE)
    assert refused.returncode == 2
    assert "A study has ratios and seeds of its own" in refused.stderr
