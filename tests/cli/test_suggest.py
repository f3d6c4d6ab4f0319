import json

import pytest

from ltk8s.cli.suggest import ON_A_TAIL, enough_steps, suggestions
from ltk8s.planning.catalogue import find_manifest
from ltk8s.planning.estimate import CORE_SECONDS, work
from ltk8s.spec.library import Library


@pytest.fixture
def suggest(store):
    """What to try on ``tiny``, whose classes have 40 images each, cut to a tail."""

    def build(profile="cpu", counts=(40, 22, 12, 7, 4)):
        made = suggestions(store, find_manifest(store, "tiny"), counts, 0.1, profile)
        return {each.experiment: each for each in made.tries}

    return build


def test_a_network_that_is_needed_twice_costs_once(suggest):
    made = suggest()
    names = ("baseline", "post-hoc-la", "logit-adjustment", "weighted-loss", "stack-la", "stack-wl")
    assert [made[name].new for name in names] == [1, 0, 1, 1, 2, 2]


def test_a_time_is_that_of_training_and_of_evaluating_twice(suggest):
    _, baseline = Library().experiment("baseline", profile="cpu", overrides={"train.steps": 300})
    twice = work(baseline.train, 85, 50) + work(baseline.train, 85, 50) - work(baseline.train, 85, 0)
    assert suggest()["baseline"].seconds == pytest.approx(twice * CORE_SECONDS["tf_efficientnet_lite0"] / 2)


def test_what_is_done_takes_no_time(suggest, submitted, commit):
    (record,) = submitted("baseline", settings=["train.steps=300"])
    assert suggest("laptop")["baseline"].new == 1
    commit("learner", record.members[0].id)
    assert suggest("laptop")["baseline"].new == 0
    commit("fusion", record.fusion)
    assert suggest("laptop")["baseline"].seconds == 0


def test_on_a_gpu_that_was_never_measured_nobody_knows(suggest):
    assert suggest("paper")["baseline"].seconds is None


def test_without_a_tail_there_is_nothing_to_correct(suggest):
    assert list(suggest(counts=(40,) * 5)) == ["baseline", "stacking"]


def test_with_an_empty_class_there_is_nothing_to_try(suggest):
    assert suggest(counts=(40, 0)) == {}


def test_every_suggestion_is_a_preset_or_announced():
    assert set(ON_A_TAIL) - {"best"} <= set(Library().experiments())


def test_show_ends_with_the_command_for_all(ltk8s, store):
    shown = ltk8s("data", "show", "tiny", "--ratio", "0.1", "--cluster", "local").stdout
    assert "about 2 min  " in shown
    (command,) = [
        line
        for line in shown.splitlines()
        if line.startswith("ltk8s submit baseline post-hoc-la logit-adjustment weighted-loss stack-la ")
    ]
    assert command.endswith("stack-wl --dataset tiny --ratio 0.1 --set train.steps=300")
    assert "duplicates  none: no training image is in the test part too, pixel for pixel" in shown


def test_show_as_json_has_the_suggestions(ltk8s, store):
    shown = json.loads(ltk8s("data", "show", "tiny", "--ratio", "0.1", "--cluster", "local", "--json").stdout)
    assert shown["suggestions"][0]["experiment"] == "baseline"
    assert shown["suggestions"][0]["learners"] == 1
    assert shown["settings"] == {"train.steps": 300}


@pytest.mark.parametrize(("images", "settings"), [(463, {"train.steps": 300}), (2432, {}), (2431, {"train.steps": 300})])
def test_few_images_are_trained_on_for_more_epochs(images, settings):
    assert enough_steps(Library(), "cpu", images) == settings
