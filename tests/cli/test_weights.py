import json


def test_lists_what_is_staged(ltk8s, store):
    assert "tf_efficientnet_lite0" in ltk8s("weights", "list").stdout
    assert len(json.loads(ltk8s("weights", "list", "--json").stdout)) == 3


def test_an_empty_store_says_what_to_do(ltk8s):
    assert "`ltk8s submit` stages what it needs" in ltk8s("weights", "list").stdout


def test_a_file_is_of_one_network(ltk8s, tmp_path):
    result = ltk8s("weights", "stage", "resnet50", "resnet34", "--file", tmp_path / "w.pth")
    assert result.exit_code == 2
    assert "--file holds one network, and 2 are named." in result.stderr


def test_a_file_that_is_not_there_is_named(ltk8s, tmp_path):
    result = ltk8s("weights", "stage", "resnet50", "--file", tmp_path / "w.pth")
    assert result.exit_code == 2
    assert f"There is no file '{tmp_path / 'w.pth'}'." in result.stderr


def test_a_store_that_is_away_is_said_at_once(ltk8s):
    away = {"AWS_ACCESS_KEY_ID": "x", "AWS_SECRET_ACCESS_KEY": "x"}
    result = ltk8s("weights", "stage", "tf_efficientnet_lite0", "--store", "s3://bucket?endpoint=http://127.0.0.1:1", **away)
    assert result.exit_code == 1
    assert "does not answer: connection refused" in result.stderr
