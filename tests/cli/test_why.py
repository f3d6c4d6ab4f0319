"""What `ltk8s why` says while the store does not answer."""

import json

import pytest


@pytest.fixture
def away(tmp_path):
    """A store at an address where nothing listens."""
    (tmp_path / "ltk8s.yaml").write_text("store: {url: 's3://bucket', endpoint: 'http://127.0.0.1:9'}\n")
    keys = {"AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "b"}
    return {"cwd": tmp_path, **keys}


def test_the_store_is_said_to_be_away_and_what_the_cluster_knows_is_shown(process, submitted, away):
    (record,) = submitted("baseline")
    done = process("why", record.run, **away)
    assert done.returncode == 0
    assert "The store s3://bucket is away." in done.stdout
    assert "nothing that is saved is lost" in done.stdout
    assert "no `ltk8s submit` on this machine runs it any more" in done.stdout


def test_json_stays_one_document(process, submitted, away):
    (record,) = submitted("baseline")
    done = process("why", record.run, "--json", **away)
    assert {reason["id"] for reason in json.loads(done.stdout)} == {record.members[0].id, record.fusion}
    assert "is away" in done.stderr


def test_of_a_run_that_the_cluster_does_not_know_only_the_store_can_tell(process, submitted, away):
    submitted("baseline")
    done = process("why", "another", **away)
    assert done.returncode == 1
    assert "does not answer" in done.stderr


def test_status_shows_what_the_cluster_knows_while_the_store_is_away(process, submitted, away):
    (record,) = submitted("baseline")
    done = process("status", record.run, **away)
    assert done.returncode == 0, done.stderr
    assert "The store s3://bucket is away." in done.stdout
    assert record.members[0].id in done.stdout
    every = json.loads(process("status", "--json", **away).stdout)
    assert [run["run"] for run in every["runs"]] == [record.run]
    assert "does not answer" in every["without_store"]


def test_status_of_what_nobody_knows_is_the_stores_error(process, away):
    done = process("status", **away)
    assert done.returncode == 1
    assert "does not answer" in done.stderr
