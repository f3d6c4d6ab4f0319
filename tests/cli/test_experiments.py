import json

import yaml


def test_lists_presets_and_profiles(ltk8s):
    shown = ltk8s("experiments").stdout
    assert "Stacking / WL" in shown
    assert "laptop" in shown


def test_list_as_json(ltk8s):
    catalogue = json.loads(ltk8s("experiments", "--json").stdout)
    assert {"baseline", "stack-wl", "stack-la"} <= {row["name"] for row in catalogue["experiments"]}
    assert [row["name"] for row in catalogue["profiles"]] == ["cpu", "laptop", "paper"]


def test_prints_an_experiment_as_it_would_be_submitted(ltk8s):
    fields = yaml.safe_load(ltk8s("experiments", "baseline", "--profile", "laptop").stdout)
    assert fields["learners"] == [{"arch": "tf_efficientnet_lite0"}]
    assert fields["train"]["image_size"] == 32


def test_what_is_printed_can_be_submitted_again(ltk8s, tmp_path):
    text = ltk8s("experiments", "stack-wl", "--full").stdout
    (tmp_path / "mine.yaml").write_text(text)
    again = ltk8s("experiments", tmp_path / "mine.yaml", "--full").stdout
    assert yaml.safe_load(again) == yaml.safe_load(text)


def test_reads_a_directory_of_ones_own(ltk8s, tmp_path):
    (tmp_path / "mine.yaml").write_text("title: Mine\ndataset: {name: birds}\nlearners: [{arch: resnet50}]\n")
    assert "birds" in ltk8s("experiments", "--jobs", tmp_path).stdout


def test_an_unknown_experiment_suggests_the_nearest(ltk8s):
    result = ltk8s("experiments", "stack-w")
    assert result.exit_code == 2
    assert "There is no experiment 'stack-w'. Did you mean 'stack-wl'?" in result.stderr


def test_an_unknown_profile_suggests_the_nearest(ltk8s):
    result = ltk8s("experiments", "baseline", "--profile", "lapto")
    assert result.exit_code == 2
    assert "There is no profile 'lapto'. Did you mean 'laptop'?" in result.stderr
