import json


def test_without_runs_it_says_how_to_make_one(ltk8s, store):
    assert "`ltk8s submit baseline` makes one" in ltk8s("status").stdout


def test_one_line_for_each_run(ltk8s, submitted):
    records = submitted("baseline", "stack-wl")
    shown = ltk8s("status").stdout
    assert all(record.run in shown for record in records)
    assert "3 pending, 1 waiting" in shown


def test_one_line_for_each_job_of_a_run(ltk8s, submitted, commit):
    (record,) = submitted("stack-wl")
    commit("learner", record.members[0].id, accuracy=0.625)
    lines = {line.split()[0]: line for line in ltk8s("status", "stack-wl").stdout.splitlines() if line}
    assert "done" in lines[record.members[0].id]
    assert "0.6250" in lines[record.members[0].id]
    assert "pending" in lines[record.members[1].id]
    assert "waiting" in lines[record.fusion]


def test_json_is_one_document(ltk8s, submitted):
    (record,) = submitted("baseline")
    assert json.loads(ltk8s("status", "--json").stdout)["runs"][0]["run"] == record.run
    jobs = json.loads(ltk8s("status", record.run, "--json").stdout)["jobs"]
    assert [job["phase"] for job in jobs] == ["pending", "waiting"]


def test_the_beginning_of_a_name_is_enough(ltk8s, submitted):
    (record,) = submitted("baseline")
    assert record.run in ltk8s("status", record.run[:10]).stdout


def test_an_unknown_run_suggests_the_nearest(ltk8s, submitted):
    submitted("stack-wl")
    result = ltk8s("status", "stack-w1")
    assert result.exit_code == 2
    assert "Did you mean 'stack-wl'?" in result.stderr


def test_an_ambiguous_name_names_the_runs(ltk8s, submitted):
    one, other = submitted("stack-wl", "stacking")
    result = ltk8s("status", "stack")
    assert result.exit_code == 2
    assert one.run in result.stderr
    assert other.run in result.stderr
