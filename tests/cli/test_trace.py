import json

from ltk8s.cluster.job import environment_of
from ltk8s.store import layout


def test_a_run_stands_for_its_fusion(ltk8s, submitted, commit):
    (record,) = submitted("stack-wl")
    commit("fusion", record.fusion)
    shown = ltk8s("trace", record.run).stdout
    assert shown.startswith(f"{record.fusion}\nfusion of {record.run}: dataset tiny")
    assert all(f"ltk8s trace {member.id}" in shown for member in record.members)


def test_a_learner_by_the_beginning_of_its_name(ltk8s, submitted):
    (record,) = submitted("baseline")
    (member,) = record.members
    (found,) = json.loads(ltk8s("trace", member.id[:-3], "--json").stdout)
    assert (found["id"], found["kind"], found["run"]) == (member.id, "learner", record.run)


def test_what_was_never_started_has_no_number(ltk8s, submitted):
    (record,) = submitted("baseline")
    shown = ltk8s("trace", record.run).stdout
    assert "Not committed: there is no number of it." in shown
    assert "There is none." in shown


def test_the_manifest_is_the_one_that_was_submitted(ltk8s, submitted, store, cluster):
    (record,) = submitted("baseline")
    id = record.members[0].id
    submitted_job = cluster.get(id).object
    task = environment_of(submitted_job)["LTK8S_TASK"]
    store.put(layout.task("learner", id), task.encode())  # as its first attempt does
    (found,) = json.loads(ltk8s("trace", id, "--json").stdout)
    assert found["task"] == json.loads(task)
    assert found["manifest"]["spec"]["template"] == submitted_job["spec"]["template"]
    assert "--- Job manifest (as rendered from the task)\n---\napiVersion: batch/v1" in ltk8s("trace", id).stdout


def test_the_log_of_what_was_committed(ltk8s, submitted, commit):
    (record,) = submitted("baseline")
    commit("learner", record.members[0].id)
    assert ltk8s("trace", record.members[0].id).stdout.rstrip().endswith(f"the log of {record.members[0].id}")


def test_an_unknown_name_gets_a_suggestion(ltk8s, submitted):
    submitted("stack-wl")
    result = ltk8s("trace", "stak-wl")
    assert result.exit_code == 2
    assert "Did you mean 'stack-wl'" in result.stderr
