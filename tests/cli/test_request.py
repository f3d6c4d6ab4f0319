import pytest

from ltk8s.cli.request import parse_ratio, parse_setting, read_request
from ltk8s.errors import UsageError
from ltk8s.spec.library import Library


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


def read_settings(*settings, dataset=None, ratio=None):
    return read_request(["baseline"], ratio, None, None, None, dataset, settings)


def refusal_of(*settings, **options):
    with pytest.raises(UsageError) as caught:
        read_settings(*settings, **options)
    return str(caught.value)


@pytest.mark.parametrize(
    ("setting", "field"),
    [
        ("fusion.target_prior={0: 0.9, 1: 0.1}", {"0": 0.9, "1": 0.1}),
        ("fusion.target_prior={yes: .9, no: .1}", {"yes": 0.9, "no": 0.1}),
        ("fusion.target_prior={1.10: .9, ~: .1}", {"1.10": 0.9, "~": 0.1}),
        ("dataset.fingerprint=12345678", "12345678"),
        ("dataset.fingerprint=123e4567", "123e4567"),
        ("dataset.fingerprint=00012345", "00012345"),
        ("dataset.fingerprint=1_000", "1_000"),
        ("dataset.name=2024", "2024"),
        ("dataset.ratio=1e-2", 0.01),
        ("title=2024-01-01", "2024-01-01"),
        ("title=1:30", "1:30"),
        ("title='Run #2'", "Run #2"),
        ("train.augment.flip=no", False),
    ],
)
def test_a_value_is_what_was_written(setting, field):
    overrides = read_settings(setting).overrides
    _, found = Library().experiment("baseline", profile="cpu", overrides=overrides)
    for part in next(iter(overrides)).split("."):
        found = getattr(found, part)
    assert found == field


@pytest.mark.parametrize(
    ("setting", "said"),
    [
        ("fusion.target_prior={a: 1, a: 2}", "the key 'a' is twice in line 1"),
        ("title=Run #2", "a # begins a comment, so the rest would be lost. Quote the value."),
        ("title=[unclosed", "in what begins in line 1, column 1"),
        ("title=&a [*a]", "has an alias of what it is inside of"),
    ],
)
def test_a_value_that_would_lose_something_is_refused(setting, said):
    with pytest.raises(UsageError) as caught:
        parse_setting(setting)
    assert said in str(caught.value)


def test_a_field_is_set_once():
    assert "'train.lr' is given twice" in refusal_of("train.lr=1", "train.lr=2")
    assert "--set train.loss would replace what --set train.loss.tau sets" in refusal_of("train.loss.tau=1", "train.loss={}")
    assert "--set dataset would replace what --dataset sets" in refusal_of("dataset={name: b}", dataset="a")
    assert "--set dataset would replace what --ratio sets" in refusal_of("dataset={name: b}", ratio=["0.1"])
    assert list(read_settings("train.loss={name: focal}", "train.loss.gamma=1").overrides) == ["train.loss", "train.loss.gamma"]
