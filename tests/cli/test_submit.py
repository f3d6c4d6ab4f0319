"""What submit plans and says, short of running anything; test_for_real.py runs."""

import json

from ltk8s.store import layout

TINY = ("--dataset", "tiny", "--ratio", "0.1", "--profile", "laptop")


def dry_run(ltk8s, *arguments):
    return ltk8s("submit", *arguments, *TINY, "--dry-run")


def test_a_dry_run_says_what_would_become_of_each_id(ltk8s, store):
    shown = dry_run(ltk8s, "baseline").stdout
    assert "tiny-0-1-lite0-ce-s0-" in shown
    assert "fusion-tiny-0-1-1x-" in shown
    assert "2 created" in shown
    assert "Nothing was created" in shown


def test_a_dry_run_creates_nothing(ltk8s, store, cluster):
    before = [found.key for found in store.list("")]
    assert dry_run(ltk8s, "baseline", "stack-wl").exit_code == 0
    assert [found.key for found in store.list("")] == before
    assert cluster.list() == []


def test_it_says_how_many_learners_are_shared(ltk8s, store):
    shown = dry_run(ltk8s, "baseline", "stacking", "weighted-loss", "stack-wl").stdout
    assert "4 runs: 6 learners, 2 shared" in shown


def test_the_chosen_cluster_and_store_are_named(ltk8s, store):
    shown = dry_run(ltk8s, "baseline").stdout
    assert "Cluster: local (this machine)" in shown
    assert store.url in shown


def test_json_is_one_document_and_the_rest_is_on_standard_error(ltk8s, store):
    result = dry_run(ltk8s, "baseline", "--json")
    document = json.loads(result.stdout)
    assert [outcome["outcome"] for outcome in document["outcomes"]] == ["created", "created"]
    assert document["runs"][0]["experiment"] == "baseline"
    assert "Cluster: local" in result.stderr


def test_what_is_done_is_not_done_again(ltk8s, submitted, commit):
    (record,) = submitted("baseline")
    commit("learner", record.members[0].id)
    shown = dry_run(ltk8s, "baseline").stdout
    assert "1 done, 1 shared" in shown


def test_a_run_that_is_done_is_said_to_be_and_nothing_is_started(ltk8s, submitted, commit, cluster):
    (record,) = submitted("baseline")
    commit("learner", record.members[0].id)
    commit("fusion", record.fusion)
    jobs = [(job.name, job.phase) for job in cluster.list()]
    result = ltk8s("submit", "baseline", *TINY)
    assert "2 done" in result.stdout
    assert "All of it was done before." in result.stdout
    assert [(job.name, job.phase) for job in cluster.list()] == jobs


def test_the_same_run_twice_is_planned_once(ltk8s, store):
    assert "1 run: 1 learner\n" in dry_run(ltk8s, "baseline", "baseline", "--seed", "0").stdout


def test_one_run_for_each_ratio_and_seed(ltk8s, store):
    shown = ltk8s("submit", "baseline", *TINY, "--ratio", "full", "--seed", 0, "--seed", 1, "--dry-run").stdout
    assert "4 runs: 4 learners" in shown


def test_a_setting_reaches_the_task(ltk8s, store):
    plain, changed = (
        json.loads(ltk8s("render", "baseline", *TINY, *more, "--json").stdout) for more in ([], ["--set", "train.steps=5"])
    )
    task = json.loads({entry["name"]: entry["value"] for entry in worker(changed["items"][1])["env"]}["LTK8S_TASK"])
    assert task["train"]["steps"] == 5
    assert plain["items"][1]["metadata"]["name"] != changed["items"][1]["metadata"]["name"]


def worker(job):
    return job["spec"]["template"]["spec"]["containers"][0]


def test_notes_of_a_plan_are_shown(ltk8s, store):
    shown = ltk8s("submit", "weighted-loss", "--dataset", "tiny", "--ratio", "full", "--dry-run").stdout
    assert "Every class has the same number of images: the loss needs no weights or adjustment." in shown


def test_unstaged_weights_are_named_by_a_dry_run_and_not_staged(ltk8s, store):
    shown = ltk8s("submit", "baseline", *TINY, "--family", "efficientnet", "--dry-run").stdout
    assert "The weights of efficientnet_b0 would be staged first" in shown
    assert list(store.list(layout.weights("efficientnet_b0"))) == []


def test_the_default_profile_on_this_machine_is_cpu(ltk8s, store):
    document = json.loads(ltk8s("submit", "baseline", "--dataset", "tiny", "--ratio", "0.1", "--dry-run", "--json").stdout)
    assert document["runs"][0]["profile"] == "cpu"
