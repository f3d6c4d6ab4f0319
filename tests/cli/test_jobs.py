"""why, logs, watch, cancel, delete, gc: on Jobs that were created and wait."""

import json

import pytest

from ltk8s.cluster.local.cluster import LocalCluster
from ltk8s.errors import ClusterError
from ltk8s.store import layout
from ltk8s.store.commit import Attempt


class TestWhy:
    def test_names_what_a_fusion_waits_for(self, ltk8s, submitted):
        (record,) = submitted("stack-wl")
        (line,) = [line for line in ltk8s("why", "stack-wl").stdout.splitlines() if record.fusion in line]
        assert "it waits for 3 of 3 learners: 3 pending" in line

    def test_of_one_job(self, ltk8s, submitted):
        (record,) = submitted("stack-wl")
        reasons = json.loads(ltk8s("why", record.fusion, "--json").stdout)
        assert [reason["id"] for reason in reasons] == [record.fusion]

    def test_nothing_holds_up_a_run_that_is_done(self, ltk8s, submitted, commit):
        (record,) = submitted("baseline")
        commit("learner", record.members[0].id)
        commit("fusion", record.fusion)
        assert ltk8s("why", "baseline").stdout == "Nothing holds up baseline.\n"

    def test_an_unknown_name_is_a_usage_error(self, ltk8s, submitted):
        submitted("baseline")
        result = ltk8s("why", "nothing-like-it")
        assert result.exit_code == 2
        assert "There is no run 'nothing-like-it'" in result.stderr


class TestLogs:
    def test_the_stored_log_where_no_pod_is_left(self, ltk8s, submitted, commit):
        (record,) = submitted("baseline")
        commit("learner", record.members[0].id)
        assert ltk8s("logs", record.members[0].id).stdout == f"the log of {record.members[0].id}\n"

    def test_the_newest_failed_attempt_where_nothing_is_committed(self, ltk8s, submitted, store):
        (record,) = submitted("baseline")
        for name, text in (("a1", "first"), ("a2", "second")):
            Attempt(store, "{}", "fusion", record.fusion, name).put_unlisted("log.txt", text.encode())
        assert ltk8s("logs", record.fusion).stdout == "second\n"

    def test_the_beginning_of_a_name_is_enough(self, ltk8s, submitted, commit):
        (record,) = submitted("baseline")
        commit("fusion", record.fusion)
        assert "the log of" in ltk8s("logs", "fusion-tiny").stdout

    def test_as_json_a_line_is_an_object(self, ltk8s, submitted, commit):
        (record,) = submitted("baseline")
        commit("fusion", record.fusion)
        (line,) = ltk8s("logs", record.fusion, "--json").stdout.splitlines()
        assert json.loads(line) == {"job": record.fusion, "line": f"the log of {record.fusion}"}

    def test_a_log_that_breaks_off_is_not_continued_by_an_older_one(self, ltk8s, submitted, store, monkeypatch):
        (record,) = submitted("baseline")
        Attempt(store, "{}", "fusion", record.fusion, "a1").put_unlisted("log.txt", b"of an older attempt")

        def break_off(self, name, *, follow=False):
            yield "one line"
            raise ClusterError("The connection broke.")

        monkeypatch.setattr(LocalCluster, "logs", break_off)
        result = ltk8s("logs", record.fusion, "--follow")
        assert result.exit_code == 1
        assert result.stdout == "one line\n"
        assert "The connection broke." in result.stderr

    def test_without_any_log_it_says_so(self, ltk8s, submitted):
        (record,) = submitted("baseline")
        result = ltk8s("logs", record.fusion)
        assert result.exit_code == 1
        assert "has no log" in result.stderr

    def test_an_unknown_job_suggests_the_nearest(self, ltk8s, submitted):
        (record,) = submitted("baseline")
        result = ltk8s("logs", f"x{record.fusion}")
        assert result.exit_code == 2
        assert f"Did you mean '{record.fusion}'?" in result.stderr


class TestWatch:
    def test_a_finished_run_ends_at_once(self, ltk8s, submitted, commit):
        (record,) = submitted("baseline")
        commit("learner", record.members[0].id)
        commit("fusion", record.fusion, accuracy=0.75)
        result = ltk8s("watch", "baseline")
        assert result.exit_code == 0
        assert f"{record.fusion}  done (accuracy 0.7500)" in result.stdout

    def test_where_nobody_runs_the_jobs_it_says_so(self, ltk8s, submitted):
        submitted("baseline")
        result = ltk8s("watch", "baseline")
        assert result.exit_code == 1
        assert "no `ltk8s submit` on this machine runs it any more; submit again to go on" in result.stdout

    def test_json_is_how_it_ended(self, ltk8s, submitted, commit):
        (record,) = submitted("baseline")
        commit("learner", record.members[0].id)
        commit("fusion", record.fusion)
        result = ltk8s("watch", "baseline", "--json")
        assert [job["phase"] for job in json.loads(result.stdout)["jobs"]] == ["done", "done"]
        assert "done" in result.stderr


class TestCancel:
    def test_what_another_run_needs_stays(self, ltk8s, submitted, cluster):
        single, stack = submitted("weighted-loss", "stack-wl")
        shown = ltk8s("cancel", stack.run).stdout
        (kept,) = [line for line in shown.splitlines() if "kept" in line]
        assert single.run in kept
        assert {job.name for job in cluster.list()} == {single.members[0].id, single.fusion}

    def test_a_run_without_jobs(self, ltk8s, submitted):
        (record,) = submitted("baseline")
        ltk8s("cancel", "baseline")
        assert ltk8s("cancel", "baseline").stdout == f"No Job of {record.run} was under way.\n"

    def test_several_runs_are_named(self, ltk8s, submitted, cluster):
        one, two, three = [*submitted("baseline"), *submitted("baseline", seed=1), *submitted("baseline", seed=2)]
        result = ltk8s("cancel", one.run, two.run, "--json")
        document = json.loads(result.stdout)
        assert (document["run"], document["runs"]) == (None, [one.run, two.run])
        assert {job.name for job in cluster.list()} == {id for _, id in three.parts}

    def test_an_experiment_of_several_runs_under_way_is_shown_first(self, ltk8s, submitted, cluster):
        one, two = [*submitted("baseline"), *submitted("baseline", seed=1)]
        result = ltk8s("cancel", "baseline")
        assert result.exit_code == 1
        assert one.run in result.stdout
        assert two.run in result.stdout
        assert "--yes" in result.stderr
        assert len(cluster.list()) == 4
        assert ltk8s("cancel", "baseline", "--yes").exit_code == 0
        assert cluster.list() == []

    def test_an_experiment_of_which_one_run_is_under_way_means_that_one(self, ltk8s, submitted, cluster):
        one, two = [*submitted("baseline"), *submitted("baseline", seed=1)]
        ltk8s("cancel", two.run)
        assert json.loads(ltk8s("cancel", "baseline", "--json").stdout)["run"] == one.run
        assert cluster.list() == []

    def test_all_is_what_is_under_way_and_is_shown_first(self, ltk8s, submitted, cluster):
        records = [*submitted("baseline"), *submitted("weighted-loss")]
        ltk8s("cancel", records[0].run)
        submitted("stack-wl")
        asked = ltk8s("cancel", "--all")
        assert asked.exit_code == 1
        assert records[0].run not in asked.stdout
        assert len(ltk8s("cancel", "--all", "--yes", "--json").stdout) > 0
        assert cluster.list() == []
        assert ltk8s("cancel", "--all").stdout == "No Job of any run was under way.\n"

    def test_what_means_nothing_is_an_error(self, ltk8s, submitted):
        submitted("baseline")
        assert ltk8s("cancel").exit_code == 2
        assert ltk8s("cancel", "baseline", "--all").exit_code == 2


class TestDelete:
    def test_the_record_goes_and_the_learners_stay(self, ltk8s, submitted, commit, store):
        (record,) = submitted("baseline")
        commit("learner", record.members[0].id)
        assert f"Forgot {record.run}" in ltk8s("delete", "baseline").stdout
        assert not store.exists(layout.run(record.run))
        assert store.exists(layout.result("learner", record.members[0].id))


class TestGc:
    @pytest.fixture
    def forgotten(self, ltk8s, submitted, commit):
        (record,) = submitted("baseline")
        commit("learner", record.members[0].id)
        ltk8s("delete", "baseline")
        return record.members[0].id

    def test_shows_first_and_asks(self, ltk8s, forgotten, store):
        result = ltk8s("gc", "--older-than", "0m")
        assert result.exit_code == 1
        assert forgotten in result.stdout
        assert "--yes" in result.stderr
        assert store.exists(layout.result("learner", forgotten))

    def test_removes_with_yes(self, ltk8s, forgotten, store):
        assert "Removed 1 item." in ltk8s("gc", "--older-than", "0m", "--yes").stdout
        assert list(store.list(layout.home("learner", forgotten))) == []

    def test_what_is_young_or_named_stays(self, ltk8s, forgotten):
        assert "Nothing to remove" in ltk8s("gc").stdout

    def test_json_lists_what_was_removed(self, ltk8s, forgotten):
        assert [item["id"] for item in json.loads(ltk8s("gc", "--older-than", "0m", "--yes", "--json").stdout)] == [forgotten]

    @pytest.mark.parametrize("age", ["7", "d", "1 day", "-1d"])
    def test_a_malformed_age_says_how_to_write_it(self, ltk8s, store, age):
        result = ltk8s("gc", f"--older-than={age}")
        assert result.exit_code == 2
        assert "Write it as 30m, 12h, 7d or 2w." in result.stderr
