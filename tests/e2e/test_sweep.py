"""A sweep on the cluster: learners of every point and fold, a ranking that the controller releases, and its winner."""

import pytest

from tests.e2e.client import TINY, eventually, is_complete, job_of

SWEEP = """\
kind: sweep
title: Two rates
base: baseline
select: {folds: 2}
list: [{}, {train.lr: 0.0005}, {fusion.logit_adjustment: 1}]
"""
FEW = (*TINY, "--ratio", "0.1", "--set", "train.steps=20")


@pytest.fixture(scope="module")
def submitted(client, glyphs):
    """A client has submitted and is gone. Points that differ in the fusion only share their learners."""
    (client.directory / "rates.yaml").write_text(SWEEP)
    submitted = client.submit("rates.yaml", *FEW)
    assert len(submitted.learners) == 4
    return submitted


def test_the_ranking_is_held_and_asks_for_no_more_than_it_needs(cluster, submitted):
    job = job_of(cluster, submitted.fusion)
    (container,) = job["spec"]["template"]["spec"]["containers"]
    assert job["metadata"]["labels"]["ltk8s.io/kind"] == "ranking"
    assert container["resources"]["requests"]["cpu"] == "1"


def test_the_winner_is_refused_while_the_sweep_is_incomplete(client, submitted):
    refused = client.run("submit", "baseline", *FEW, "--tuned-by", "rates", "--dry-run")
    assert refused.returncode == 2
    assert submitted.run in refused.stderr


def test_the_controller_releases_the_ranking_and_its_winner_is_carried_on(cluster, client, submitted):
    eventually(lambda: is_complete(cluster, submitted.fusion), 600, "the ranking's end")
    (sweep,) = client.json("report", submitted.run)["sweeps"]
    ranking = sweep["ranking"]
    assert [point["n"] for point in ranking["points"]] == [ranking["n"]] * 3
    chosen = ranking["points"][ranking["chosen"]]
    (run,) = client.json("submit", "baseline", *FEW, "--tuned-by", "rates", "--dry-run")["runs"]
    assert any(submitted.run in note and chosen["label"] in note for note in run["notes"])
    assert f"ranking of {submitted.run}" in client.ok("trace", submitted.fusion)
