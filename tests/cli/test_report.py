import json


def test_without_runs(ltk8s, store):
    assert ltk8s("report").stdout.strip() == "There are no runs."


def test_an_unfinished_run_says_what_is_missing(ltk8s, submitted):
    (record,) = submitted("stack-wl")
    shown = ltk8s("report").stdout
    assert record.run in shown
    assert "0 of 3 learners" in shown


def test_only_the_runs_that_are_named(ltk8s, submitted):
    baseline, _ = submitted("baseline", "stack-wl")
    rows = json.loads(ltk8s("report", "baseline", "--json").stdout)["rows"]
    assert [row["run"] for row in rows] == [baseline.run]


def test_files_are_written_and_named(ltk8s, submitted, tmp_path):
    submitted("baseline")
    shown = ltk8s("report", "--to", tmp_path / "out").stdout
    written = sorted(path.name for path in (tmp_path / "out").iterdir())
    assert written == ["figures", "index.html", "results.csv", "results.json", "results.md", "results.tex"]
    assert all(name in shown for name in written if name != "figures")


def test_a_directory_that_cannot_be_written_is_named(ltk8s, submitted, tmp_path):
    submitted("baseline")
    (tmp_path / "file").write_text("")
    result = ltk8s("report", "--to", tmp_path / "file")
    assert result.exit_code == 2
    assert f"Cannot write the report into {tmp_path / 'file'}: not a directory." in result.stderr
