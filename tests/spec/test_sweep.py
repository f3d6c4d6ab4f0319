"""Sweeps and studies as a person writes them: which points and cells they are, and what is refused."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from ltk8s.errors import UsageError
from ltk8s.spec.base import parse
from ltk8s.spec.library import Library
from ltk8s.spec.resolve import ResolvedSweep, resolve_sweep
from ltk8s.spec.study import Study
from ltk8s.spec.sweep import Sweep, label

BASIC = {"kind": "sweep", "title": "t", "base": "baseline"}


def sweep(**fields: Any) -> Sweep:
    return parse(Sweep, {**BASIC, **fields}, "The sweep")


def resolve(tmp_path: Path, fields: dict[str, Any], **options: Any) -> ResolvedSweep:
    path = tmp_path / "mine.yaml"
    path.write_text(yaml.safe_dump({**BASIC, **fields}, sort_keys=False))
    return resolve_sweep(Library(), str(path), **{"profile": "cpu", **options})


def refusal(tmp_path: Path, fields: dict[str, Any], **options: Any) -> str:
    with pytest.raises(UsageError) as caught:
        resolve(tmp_path, fields, **options)
    return str(caught.value)


def test_a_grid_is_every_combination_the_last_field_fastest() -> None:
    points = sweep(grid={"train.lr": [0.1, 0.2], "train.batch_size": [8, 16]}).points()
    assert [tuple(settings.values()) for _, settings in points] == [(0.1, 8), (0.1, 16), (0.2, 8), (0.2, 16)]


def test_a_listed_point_may_have_a_label_which_is_no_setting() -> None:
    points = sweep(list=[{}, {"label": "fast", "train.lr": 0.1}]).points()
    assert points == [("default", {}), ("fast", {"train.lr": 0.1})]


def test_random_points_are_the_base_and_a_seeds_draws_whatever_the_machine() -> None:
    over = {"train.lr": {"log_uniform": [1e-4, 1e-2]}, "train.warmup": {"uniform": [0.0, 0.5]},
            "train.batch_size": {"uniform": [8, 64]}, "train.loss.tau": [0.5, 1, 2]}  # fmt: skip
    drawn = [settings for _, settings in sweep(random={"n": 3, "seed": 1, "over": over}).points()]
    assert drawn[0] == {}
    assert drawn[1:] == [
        {"train.lr": 0.0001857, "train.warmup": 0.4237, "train.batch_size": 51, "train.loss.tau": 0.5},
        {"train.lr": 0.0009792, "train.warmup": 0.2247, "train.batch_size": 45, "train.loss.tau": 2},
        {"train.lr": 0.0001541, "train.warmup": 0.01417, "train.batch_size": 55, "train.loss.tau": 1},
    ]


def test_random_points_are_spread_over_the_whole_range() -> None:
    over = {"a": {"uniform": [1, 3]}, "b": {"log_uniform": [1e-4, 1.0]}}
    drawn = [settings for _, settings in sweep(random={"n": 200, "over": over}).points()][1:]
    assert {settings["a"] for settings in drawn} == {1, 2, 3}
    below = sum(settings["b"] < 1e-2 for settings in drawn)
    assert 70 < below < 130
    assert all(1e-4 <= settings["b"] <= 1 for settings in drawn)


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"train.loss": {"name": "logit-adjustment", "tau": 1.5}}, "loss logit-adjustment tau 1.5"),
        ({"train.image_size": [64, 96]}, "image_size 64-96"),
        ({"train.eval_flip": True}, "eval_flip true"),
        ({"a.size": 1, "b.size": 2}, "a.size 1, b.size 2"),
        ({"learners.0.arch": "resnet50"}, "resnet50"),
    ],
)
def test_a_point_is_called_by_what_it_changes(settings: dict[str, Any], words: str) -> None:
    assert label(settings) == words


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({}, "give the points in one way"),
        ({"grid": {"a": [1]}, "list": [{}]}, "give the points in one way"),
        ({"list": []}, "'list' tuple should have at least 1 item"),
        ({"grid": {"a": list(range(300))}}, "300 points are more than 256"),
        ({"list": [{}, {"label": [3]}]}, "a point's label must be a word"),
        ({"list": [{}], "select": {"folds": 1}}, "greater than or equal to 2"),
        ({"list": [{}], "selct": "none"}, "'selct' is no field; did you mean 'select'?"),
    ],
)
def test_what_is_no_sweep_is_refused(fields: dict[str, Any], said: str) -> None:
    with pytest.raises(UsageError) as caught:
        sweep(**fields)
    assert said in str(caught.value)


def test_point_over_command_line_over_set_over_profile_over_base(tmp_path: Path) -> None:
    fields = {"set": {"train.lr": 0.5, "train.warmup": 0.3}, "list": [{}, {"train.batch_size": 8}]}
    resolved = resolve(tmp_path, fields, overrides={"train.warmup": 0.2, "dataset.ratio": 0.1})
    base, changed = (each.experiment for each in resolved.points)
    assert (base.train.lr, base.train.warmup, base.train.batch_size, base.dataset.ratio) == (0.5, 0.2, 64, 0.1)
    assert (changed.train.batch_size, changed.train.lr) == (8, 0.5)
    assert base == resolved.base
    assert base.title == "t"


def test_a_number_written_as_a_string_is_kept_as_a_number(tmp_path: Path) -> None:
    fields = {"base": "stack-la", "grid": {"train.lr": ["1e-3", 0.002], "learners.0.arch": ["resnet50"], "train.loss.tau": [1]}}
    settings = [point.settings for point in resolve(tmp_path, fields).points]
    assert settings == [{"train.lr": lr, "learners.0.arch": "resnet50", "train.loss.tau": 1} for lr in (0.001, 0.002)]


def test_a_setting_that_a_later_one_would_replace_is_refused(tmp_path: Path) -> None:
    point = {"train.loss.tau": 1, "train.loss": {"name": "cross-entropy"}}
    said = "'train.loss' would replace 'train.loss.tau' before it: write the whole first"
    for fields in ({"list": [{}, point]}, {"list": [{}], "set": point}):
        assert said in refusal(tmp_path, {"base": "stack-la", **fields})


def test_a_point_is_called_what_is_written(tmp_path: Path) -> None:
    (tmp_path / "swept.yaml").write_text(
        "{kind: sweep, title: 1.10, base: baseline, list: [{label: no}, {label: 010, seed: 1}]}"
    )
    found = resolve_sweep(Library(), str(tmp_path / "swept.yaml"), profile="laptop")
    assert (found.sweep.title, [point.label for point in found.points]) == ("1.10", ["no", "010"])


def test_a_switch_of_a_point_is_true_or_false_however_it_is_written(tmp_path: Path) -> None:
    (tmp_path / "swept.yaml").write_text(
        "{kind: sweep, title: T, base: baseline, list: [{train.augment.flip: no}, {train.augment: {flip: yes}}]}"
    )
    points = resolve_sweep(Library(), str(tmp_path / "swept.yaml"), profile="laptop").points
    assert [point.label for point in points] == ["flip false", "augment flip True"]
    assert [point.settings for point in points] == [{"train.augment.flip": False}, {"train.augment": {"flip": True}}]


def test_what_all_points_must_share_cannot_be_swept(tmp_path: Path) -> None:
    assert "could not be compared" in refusal(tmp_path, {"grid": {"dataset.ratio": [0.1, 0.2]}})


@pytest.mark.parametrize("given", ["train.loss", "train.loss.tau"])
def test_the_command_line_cannot_set_what_is_swept(tmp_path: Path, given: str) -> None:
    fields = {"base": "stack-la", "grid": {"train.loss.tau": [1, 2]}}
    assert f"Leave out --set {given}." in refusal(tmp_path, fields, overrides={given: 1})


def test_a_wrong_field_of_a_point_is_named(tmp_path: Path) -> None:
    assert "'train.lrr' is no field; did you mean 'lr'?" in refusal(tmp_path, {"list": [{"train.lrr": 1}]})


def test_a_base_may_be_a_file_beside_the_sweep(tmp_path: Path) -> None:
    Library().read_experiment("baseline")
    (tmp_path / "own.yaml").write_text((Library().directory / "baseline.yaml").read_text())
    assert resolve(tmp_path, {"base": "own.yaml", "list": [{}]}).base.learners[0].arch == "tf_efficientnet_lite0"


def test_a_sweep_of_sweeps_is_refused(tmp_path: Path) -> None:
    assert "'hp-sweep' is a sweep, not an experiment." in refusal(tmp_path, {"base": "hp-sweep", "list": [{}]})


def test_networks_go_by_their_name_in_the_family(tmp_path: Path) -> None:
    fields = {"grid": {"learners.0.arch": ["efficientnet_b1", "resnet50"]}}
    assert [point.label for point in resolve(tmp_path, fields).points] == ["tf_efficientnet_lite1", "resnet50"]
    assert [point.label for point in resolve(tmp_path, fields, profile="paper").points] == ["efficientnet_b1", "resnet50"]


def test_points_without_weights_are_left_out_and_named(tmp_path: Path) -> None:
    fields = {"grid": {"learners.0.arch": ["efficientnet_b0", "efficientnet_b1", "resnet50"]}}
    left = resolve(tmp_path, fields).without(["resnet50"])
    assert [point.label for point in left.points] == ["tf_efficientnet_lite0", "tf_efficientnet_lite1"]
    assert left.notes == ("Left out, since the weights are not at hand: resnet50.",)
    with pytest.raises(UsageError, match="has 1 of 2 points whose weights are at hand"):
        left.without(["tf_efficientnet_lite1"])


@pytest.mark.parametrize("name", [name for name in Library().names() if Library().kind(name) == "sweep"])
@pytest.mark.parametrize("profile", ["laptop", "cpu", "paper"])
def test_each_preset_sweep_is_valid_at_every_scale(name: str, profile: str) -> None:
    assert len(resolve_sweep(Library(), name, profile=profile).points) > 1


def test_a_kind_that_there_is_not_is_refused(tmp_path: Path) -> None:
    (tmp_path / "odd.yaml").write_text("kind: sweeep\ntitle: x\n")
    with pytest.raises(UsageError, match="is of the kind 'sweeep'"):
        Library().kind(str(tmp_path / "odd.yaml"))


# Studies.


def test_a_studys_cells_come_part_by_part_ratio_by_ratio_seed_by_seed() -> None:
    first = {"name": "a", "experiments": ["x", "y"], "ratios": [0.1, "full"], "seeds": [0, 1]}
    second = {"name": "b", "experiments": ["z"], "ratios": [0.2], "set": {"train.epochs": 2}}
    study = parse(Study, {"kind": "study", "title": "t", "parts": [first, second]}, "The study")
    cells = [(cell.part, cell.ratio, cell.seed, cell.experiment) for cell in study.cells()]
    assert cells == [
        ("a", 0.1, 0, "x"), ("a", 0.1, 0, "y"), ("a", 0.1, 1, "x"), ("a", 0.1, 1, "y"),
        ("a", "full", 0, "x"), ("a", "full", 0, "y"), ("a", "full", 1, "x"), ("a", "full", 1, "y"),
        ("b", 0.2, 0, "z"),
    ]  # fmt: skip
    overrides = [cell.overrides for cell in study.cells()]
    assert overrides[3] == {"dataset.ratio": 0.1, "seed": 1, "dataset.split_seed": 1}
    assert overrides[-1]["train.epochs"] == 2


def test_the_preset_study_is_valid_and_starts_with_the_first_comparison() -> None:
    study = parse(Study, Library().read_experiment("study")[1], "The study")
    first = list(study.cells())[:4]
    assert [(cell.experiment, cell.ratio, cell.seed) for cell in first] == [
        (name, 0.02, 0) for name in ("baseline", "stack-wl", "stack-la", "best")
    ]
    known = set(Library().names())
    assert {cell.experiment for cell in study.cells()} <= known


def test_the_data_set_that_a_sweep_has_anyway_keeps_its_ratio() -> None:
    resolved = resolve_sweep(Library(), "arch-sweep", profile="cpu", overrides={"dataset.name": "cifar50"})
    assert {point.experiment.dataset.ratio for point in resolved.points} == {"full"}


def test_another_data_set_has_neither_the_ratio_nor_the_fingerprint_that_a_sweep_sets(tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    fields = "{dataset.name: birds, dataset.ratio: 0.1, dataset.fingerprint: abcd}"
    path.write_text(f"kind: sweep\ntitle: Mine\nbase: baseline\nset: {fields}\ngrid: {{train.lr: [0.1, 0.2]}}\n")
    datasets = [
        resolve_sweep(Library(), str(path), profile="cpu", overrides=overrides).base.dataset
        for overrides in (
            {},
            {"dataset.name": "birds"},
            {"dataset.name": "cars"},
            {"dataset.name": "cars", "dataset.ratio": 0.5},
        )
    ]
    assert [(each.name, each.ratio, each.fingerprint) for each in datasets] == [
        ("birds", 0.1, "abcd"), ("birds", 0.1, "abcd"), ("cars", "full", None), ("cars", 0.5, None),
    ]  # fmt: skip
