import pytest

from ltk8s.cli.request import parse_ratio, parse_setting, read_request
from ltk8s.errors import UsageError


def request(*, ratio=None, seed=None, split_seed=None, family=None, dataset=None, settings=None):
    return read_request(["baseline", "stack-wl"], ratio, seed, split_seed, family, dataset, settings)


def test_one_variant_for_each_experiment_ratio_and_seed():
    variants = list(request(ratio=["0.02", "full"], seed=[0, 1, 2]).variants())
    assert len(variants) == 12
    assert variants[0] == ("baseline", {"dataset.ratio": 0.02, "seed": 0})
    assert variants[-1] == ("stack-wl", {"dataset.ratio": "full", "seed": 2})


def test_without_options_an_experiment_stays_as_written():
    assert list(request().variants()) == [("baseline", {}), ("stack-wl", {})]


def test_options_become_fields():
    (_, overrides), _ = request(split_seed=3, dataset="mine", settings=["train.steps=5"]).variants()
    assert overrides == {"dataset.split_seed": 3, "dataset.name": "mine", "train.steps": 5}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("a=5", 5),
        ("a=0.5", 0.5),
        ("a=true", True),
        ("a=none", "none"),
        ("a=null", None),
        ("a=[1, 2]", [1, 2]),
        ("a=b=c", "b=c"),
    ],
)
def test_a_setting_is_yaml(text, value):
    assert parse_setting(text) == ("a", value)


@pytest.mark.parametrize("text", ["train.steps", "=5", "train.steps=", ""])
def test_a_malformed_setting_says_how_to_write_it(text):
    with pytest.raises(UsageError, match=r"--set train\.steps=50"):
        parse_setting(text)


def test_a_setting_that_is_no_yaml_is_named():
    with pytest.raises(UsageError, match=r"'\{name: x' of --set train\.loss is not valid YAML"):
        parse_setting("train.loss={name: x")


@pytest.mark.parametrize(
    "twice",
    [
        {"settings": ["train.lr=1", "train.lr=2"]},
        {"ratio": ["0.1"], "settings": ["dataset.ratio=0.2"]},
        {"seed": [1], "settings": ["seed=2"]},
        {"dataset": "a", "settings": ["dataset.name=b"]},
        {"split_seed": 1, "settings": ["dataset.split_seed=2"]},
    ],
)
def test_a_field_given_twice_is_refused(twice):
    with pytest.raises(UsageError, match="is given twice"):
        request(**twice)


def test_two_durations_are_refused():
    with pytest.raises(UsageError, match=r"Both train\.epochs and train\.steps"):
        request(settings=["train.epochs=1", "train.steps=5"])


@pytest.mark.parametrize("text", ["0", "-0.1", "1.5", "nan", "many"])
def test_a_ratio_outside_its_range_is_refused(text):
    with pytest.raises(UsageError, match=rf"The ratio '{text}' is not in \(0, 1\]"):
        parse_ratio(text)


def test_an_unknown_family_suggests_the_nearest():
    with pytest.raises(UsageError, match="Did you mean 'lite'"):
        request(family="light")
