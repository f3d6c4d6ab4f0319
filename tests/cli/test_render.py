import json

import yaml

TINY = ("--dataset", "tiny", "--ratio", "0.1", "--profile", "laptop")


def render(ltk8s, *arguments):
    result = ltk8s("render", *arguments, *TINY)
    assert result.exit_code == 0, result.stderr
    return result.stdout


def test_yaml_has_every_job_of_the_run(ltk8s, store):
    jobs = list(yaml.safe_load_all(render(ltk8s, "stack-wl")))
    assert [job["metadata"]["labels"]["ltk8s.io/kind"] for job in jobs] == ["fusion", "learner", "learner", "learner"]


def test_json_is_a_list_that_kubectl_takes(ltk8s, store):
    document = json.loads(render(ltk8s, "baseline", "--json"))
    assert (document["apiVersion"], document["kind"], len(document["items"])) == ("v1", "List", 2)


def test_a_shared_job_is_printed_once_with_the_labels_of_both_runs(ltk8s, store):
    jobs = list(yaml.safe_load_all(render(ltk8s, "weighted-loss", "stack-wl")))
    (shared,) = [job for job in jobs if sum(label.startswith("run.ltk8s.io/") for label in job["metadata"]["labels"]) == 2]
    assert "lite0-ens" in shared["metadata"]["name"]
    assert len(jobs) == 5


def test_what_is_submitted_is_what_is_rendered(ltk8s, submitted, cluster):
    (record,) = submitted("baseline")
    rendered = yaml.safe_load_all(render(ltk8s, "baseline"))
    created = {job.name: job for job in cluster.list()}
    assert [created[job["metadata"]["name"]].spec == job["spec"] for job in rendered] == [True, True]
    assert record.run in next(iter(created.values())).runs


def test_nothing_is_created(ltk8s, store, cluster):
    before = [found.key for found in store.list("")]
    render(ltk8s, "baseline")
    assert cluster.list() == []
    assert [found.key for found in store.list("")] == before
