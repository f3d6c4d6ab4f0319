"""Experiments as people write them: presets, profiles, overrides, and what is said of mistakes."""

import shutil
import subprocess
from pathlib import Path

import pytest

from ltk8s.errors import UsageError
from ltk8s.spec.experiment import Experiment
from ltk8s.spec.library import Library, with_override
from ltk8s.spec.resolve import resolve_sweep

LIBRARY = Library()


def read(name: str = "stack-wl", profile: str = "cpu", **overrides: object) -> Experiment:
    return LIBRARY.experiment(name, profile=profile, overrides={k.replace("__", "."): v for k, v in overrides.items()})[1]


def refusal(**overrides: object) -> str:
    with pytest.raises(UsageError) as caught:
        read(**overrides)
    return str(caught.value)


@pytest.mark.parametrize("profile", ["laptop", "cpu", "paper"])
@pytest.mark.parametrize("name", [name for name in LIBRARY.experiments() if LIBRARY.kind(name) == "experiment"])
def test_every_preset_is_valid_with_every_profile(name: str, profile: str) -> None:
    assert read(name, profile).title


def test_stacking_becomes_stack_wl_by_one_field() -> None:
    stacking, stack_wl = LIBRARY.read_experiment("stacking")[1], LIBRARY.read_experiment("stack-wl")[1]
    added = {"train": {"loss": {"name": "cross-entropy", "weights": "ens", "beta": 0.9999}}}
    assert {**stacking, **added, "title": stack_wl["title"]} == stack_wl
    assert read("stacking", train__loss__name="cross-entropy", train__loss__weights="ens").train == read("stack-wl").train


def test_a_profile_sets_scale_and_leaves_the_technique() -> None:
    laptop, paper = read("stack-wl", "laptop"), read("stack-wl", "paper")
    assert laptop.train.loss == paper.train.loss
    assert laptop.train.image_size != paper.train.image_size


def test_a_profile_that_sets_technique_is_refused(tmp_path: Path) -> None:
    (tmp_path / "profiles").mkdir()
    (tmp_path / "profiles" / "odd.yaml").write_text("train: {loss: {name: logit-adjustment}}")
    with pytest.raises(UsageError, match="loss belongs into the experiment"):
        Library(tmp_path).read_profile("odd")


def test_the_lite_family_stands_in_for_the_reports_networks() -> None:
    assert [learner.arch for learner in read("stacking", "cpu").learners] == [f"tf_efficientnet_lite{i}" for i in range(3)]
    assert read("baseline", "paper").learners[0].arch == "efficientnet_b0"
    assert LIBRARY.experiment("baseline", profile="paper", family="lite")[1].learners[0].arch == "tf_efficientnet_lite0"


def test_a_path_to_a_file_is_an_experiment_named_after_it(tmp_path: Path) -> None:
    (tmp_path / "mine.yaml").write_text("title: Mine\ndataset: {name: birds}\nlearners: [{arch: resnet50}]\n")
    name, experiment = LIBRARY.experiment(str(tmp_path / "mine.yaml"), profile="cpu")
    assert (name, experiment.dataset.name, experiment.dataset.ratio) == ("mine", "birds", "full")


def test_a_directory_of_ones_own_uses_the_profiles_that_come_along(tmp_path: Path) -> None:
    (tmp_path / "mine.yaml").write_text("title: Mine\ndataset: {name: birds}\nlearners: [{arch: resnet50}]\n")
    library = Library(tmp_path)
    assert library.experiments() == ["mine"]
    assert library.experiment("mine", profile="laptop")[1].train.image_size == 32


def test_steps_replace_epochs_and_epochs_replace_steps() -> None:
    assert (read(train__steps=5).train.steps, read(train__steps=5).train.epochs) == (5, None)
    assert with_override({"train": {"steps": 5}}, "train.epochs", 2) == {"train": {"epochs": 2}}


def test_a_number_may_be_written_as_yaml_reads_it() -> None:
    assert read(train__lr="1e-3").train.lr == 0.001


def test_a_list_is_entered_by_index() -> None:
    assert read(learners__1__arch="resnet50").learners[1].arch == "resnet50"
    assert "learners has no item '5': it has 3" in refusal(learners__5__arch="x")


def test_unknown_names_suggest_the_nearest() -> None:
    with pytest.raises(UsageError, match=r"no experiment 'stack-w'. Did you mean 'stack-wl'"):
        read("stack-w")
    with pytest.raises(UsageError, match=r"no profile 'cpus'. Did you mean 'cpu'"):
        read(profile="cpus")


@pytest.mark.parametrize(
    ("overrides", "said"),
    [
        ({"train.los": 1}, "'train.los' is no field; did you mean 'loss'?"),
        ({"train.loss.tow": 1}, "'train.loss.tow' is no field; the fields there are beta, defer, gamma,"),
        ({"learners.0.arhc": "x"}, "'learners.0.arhc' is no field; did you mean 'arch'?"),
        ({"dataset.ratio": 3}, "'dataset.ratio' should be less than or equal to 1 or should be 'full', not 3."),
        ({"dataset.ratio": 0}, "'dataset.ratio' should be greater than 0"),
        ({"train.loss.weights": "enz"}, "'train.loss.weights' should be 'none', 'ins', 'isns' or 'ens', not 'enz'."),
        ({"sampling": {"rule": "bag"}}, "'sampling' has no 'rule' 'bag', only 'all', 'balanced', 'bags', 'class-aware'"),
        ({"sampling": {"rule": "balanced", "threshold": 0}}, "'sampling.threshold' should be greater than 0, not 0."),
        ({"train": {"epochs": 1, "steps": 2}}, "give the duration either in epochs or in steps"),
        ({"train.loss": {"weights": "ens"}}, "'train.loss' lacks its 'name'."),
        ({"train": 3}, "'train' should hold fields, not 3."),
        ({"train.lr": "fast"}, "'train.lr' should be a valid number"),
        ({"train.augment": {"scale": [0.9, 0.2]}}, "the two areas must be in order"),
        ({"fusion.target_prior": {"a": 0.5}}, "the probabilities must sum to 1, not 0.5"),
        (
            {"resources.memory": "lots"},
            "'resources.memory' is wrong: an amount of memory is whole Mi or Gi, as in 16Gi, not 'lots'",
        ),
    ],
)
def test_a_wrong_field_is_named_with_what_would_be_right(overrides: dict[str, object], said: str) -> None:
    with pytest.raises(UsageError) as caught:
        LIBRARY.experiment("stack-wl", profile="cpu", overrides=overrides)
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_file_that_is_no_yaml_is_named_with_its_line(tmp_path: Path) -> None:
    (tmp_path / "bad.yaml").write_text("title: [unclosed")
    with pytest.raises(UsageError, match=r"bad.yaml is not valid YAML.*line 1"):
        LIBRARY.read_experiment(str(tmp_path / "bad.yaml"))


class TestCommit:
    """The git commit of an experiment's file is part of where a number is from."""

    @pytest.fixture
    def git(self, tmp_path):
        def run(*arguments):
            identity = ("-c", "user.name=a", "-c", "user.email=a@b")
            return subprocess.run(
                ["git", "-C", tmp_path, *identity, *arguments], check=True, capture_output=True, text=True
            ).stdout.strip()

        run("init", "--quiet")
        return run

    def test_it_is_the_last_that_changed_the_file(self, git, tmp_path):
        (tmp_path / "mine.yaml").write_text("title: Mine\n")
        git("add", ".")
        git("commit", "--quiet", "--message=mine")
        made = git("rev-parse", "HEAD")
        (tmp_path / "other.yaml").write_text("title: Other\n")
        git("add", ".")
        git("commit", "--quiet", "--message=other")
        assert Library(tmp_path).commit("mine") == made

    def test_a_sweep_has_that_of_its_own_file(self, git, tmp_path):
        shutil.copytree(Library().directory, tmp_path, dirs_exist_ok=True)
        (tmp_path / "swept.yaml").write_text("{kind: sweep, title: Swept, base: baseline, list: [{}, {train.lr: 0.1}]}\n")
        git("add", ".")
        git("commit", "--quiet", "--message=swept")
        assert resolve_sweep(Library(tmp_path), "swept", profile="laptop").commit == git("rev-parse", "HEAD")

    def test_a_file_with_changes_has_none(self, git, tmp_path):
        (tmp_path / "mine.yaml").write_text("title: Mine\n")
        assert Library(tmp_path).commit("mine") == ""

    def test_outside_of_git_there_is_none(self, tmp_path):
        (tmp_path / "mine.yaml").write_text("title: Mine\n")
        assert Library(tmp_path).commit("mine") == ""


def test_a_profile_replaces_of_a_nested_field_only_what_it_sets(tmp_path: Path) -> None:
    shutil.copytree(Library().directory, tmp_path, dirs_exist_ok=True)
    (tmp_path / "digits.yaml").write_text(
        "{title: Digits, dataset: {name: digits}, learners: [{arch: efficientnet_b0}], train: {augment: {flip: false}}}\n"
    )
    for profile in ("laptop", "cpu"):
        _, experiment = Library(tmp_path).experiment("digits", profile=profile)
        assert experiment.train.augment.flip is False
    assert experiment.train.augment.crop == "resized"


def test_another_data_set_is_taken_whole_unless_a_ratio_is_given() -> None:
    """The preset's ratio would cut the rare classes of a set with a tail of its own, in the order of their names."""
    assert read("stack-wl", dataset__name="birds").dataset.ratio == "full"
    assert read("stack-wl", dataset__name="birds", dataset__ratio=0.1).dataset.ratio == 0.1
    assert read("stack-wl", dataset__name="cifar50").dataset.ratio == 0.02


def test_another_data_set_has_another_fingerprint(tmp_path: Path) -> None:
    (tmp_path / "mine.yaml").write_text(
        "title: Mine\ndataset: {name: birds, fingerprint: abcd, ratio: 0.5, split_seed: 3}\nlearners: [{arch: resnet50}]\n"
    )
    _, own = LIBRARY.experiment(str(tmp_path / "mine.yaml"), profile="cpu", overrides={"dataset.name": "birds"})
    assert (own.dataset.fingerprint, own.dataset.ratio) == ("abcd", 0.5)
    _, other = LIBRARY.experiment(str(tmp_path / "mine.yaml"), profile="cpu", overrides={"dataset.name": "cars"})
    assert (other.dataset.fingerprint, other.dataset.ratio, other.dataset.split_seed) == (None, "full", 3)


OWN = "title: Own\ndataset: {name: birds}\nlearners: [{arch: resnet50}]\n"


@pytest.mark.parametrize("file", ["exp.yaml", "exp.YAML", "exp.yml", "exp.YML", "exp"])
def test_a_file_is_found_however_its_suffix_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, file: str) -> None:
    monkeypatch.chdir(tmp_path)
    Path(file).write_text(OWN)
    for path in {f"./{file}", "./exp", str(tmp_path / file)}:
        assert LIBRARY.experiment(path, profile="cpu")[0] == "exp"
    if file != "exp":
        assert Library(tmp_path).experiments() == ["exp"]
        assert Library(tmp_path).experiment("exp", profile="cpu")[1].title == "Own"


def test_a_key_twice_is_refused_in_experiments_and_profiles(tmp_path: Path) -> None:
    (tmp_path / "exp.yaml").write_text(f"{OWN}train: {{lr: 1}}\ntrain: {{epochs: 5}}\n")
    with pytest.raises(UsageError, match="the key 'train' is in lines 4 and 5"):
        LIBRARY.experiment(str(tmp_path / "exp.yaml"), profile="cpu")
    (tmp_path / "profiles").mkdir()
    (tmp_path / "profiles" / "odd.yaml").write_text("train: {lr: 1, lr: 2}")
    with pytest.raises(UsageError, match="the key 'lr' is twice in line 1"):
        Library(tmp_path).read_profile("odd")


def test_words_are_what_is_written(tmp_path: Path) -> None:
    (tmp_path / "exp.yaml").write_text(
        "title: 1.10\ndataset: {name: no, fingerprint: 00012, ratio: 1e-2}\nlearners: [{arch: 0x1f}]\n"
        "train: {augment: {flip: no}}\nfusion: {target_prior: {0: .5, no: .25, ~: .25}}\n"
    )
    _, found = LIBRARY.experiment(str(tmp_path / "exp.yaml"), profile="cpu")
    dataset = found.dataset
    assert (found.title, dataset.name, dataset.fingerprint, dataset.ratio) == ("1.10", "no", "00012", 0.01)
    assert (found.learners[0].arch, found.train.augment.flip) == ("0x1f", False)
    assert found.fusion.target_prior == {"0": 0.5, "no": 0.25, "~": 0.25}
    _, same = LIBRARY.experiment(str(tmp_path / "exp.yaml"), profile="cpu", overrides={"dataset.name": "no"})
    assert same == found


def test_a_data_set_whose_name_is_a_number_keeps_its_ratio(tmp_path: Path) -> None:
    (tmp_path / "exp.yaml").write_text("title: T\ndataset: {name: 2024, ratio: 0.5}\nlearners: [{arch: resnet50}]\n")
    _, found = LIBRARY.experiment(str(tmp_path / "exp.yaml"), profile="cpu", overrides={"dataset.name": "2024"})
    assert (found.dataset.name, found.dataset.ratio) == ("2024", 0.5)


@pytest.mark.parametrize(("value", "said"), [("true", "write 'true' in quotes"), ("null", "has no value; quote 'null'")])
def test_what_is_not_a_word_says_how_to_make_it_one(tmp_path: Path, value: str, said: str) -> None:
    (tmp_path / "exp.yaml").write_text(f"title: {value}\ndataset: {{name: birds}}\nlearners: [{{arch: resnet50}}]\n")
    with pytest.raises(UsageError, match=said):
        LIBRARY.experiment(str(tmp_path / "exp.yaml"), profile="cpu")


def test_a_name_that_is_not_one_shows_one_that_is() -> None:
    said = refusal(dataset__name="Möwen_2024!")
    assert "a name has lower-case letters, digits and dashes, at most 40: mowen-2024, not 'Möwen_2024!'" in said


def test_a_file_that_cannot_be_read_says_why(tmp_path: Path) -> None:
    (tmp_path / "exp.yaml").mkdir()
    with pytest.raises(UsageError, match=r"Cannot read .*exp.yaml: is a directory"):
        LIBRARY.read_experiment(str(tmp_path / "exp.yaml"))
    with pytest.raises(UsageError, match="file name too long"):
        LIBRARY.read_experiment(f"{'x' * 300}.yaml")
