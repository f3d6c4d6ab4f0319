import pytest

from ltk8s.errors import StoreError, UsageError
from ltk8s.store import layout, open_store
from ltk8s.store.runs import Member, RunRecord, delete_run, find_run, read_runs, write_run


@pytest.fixture
def store(tmp_path):
    return open_store((tmp_path / "store").as_uri())


def record(run, *, experiment="baseline", day=1, fusion="fusion-1", title="Baseline"):
    return RunRecord(
        run=run,
        experiment=experiment,
        title=title,
        profile="cpu",
        dataset="glyphs50",
        fingerprint="0123",
        ratio=0.02,
        seed=0,
        split_seed=0,
        members=(Member(id="net-1", arch="net", seed=0),),
        fusion=fusion,
        train_counts=(500, 10),
        spec={"title": title},
        image="ltk8s/worker",
        version="1",
        created=f"2026-01-{day:02}T00:00:00+00:00",
    )


def test_records_are_read_oldest_first(store):
    for run, day in (("a-1", 3), ("b-1", 1), ("c-1", 2)):
        write_run(store, record(run, day=day))
    assert [found.run for found in read_runs(store)] == ["b-1", "c-1", "a-1"]


def test_a_record_is_read_as_it_was_written(store):
    written = write_run(store, record("a-1"))
    assert read_runs(store) == [written]


def test_submitting_a_run_again_keeps_its_first_record(store):
    first = write_run(store, record("a-1", day=1))
    assert write_run(store, record("a-1", day=2)) == first
    assert read_runs(store) == [first]


def test_another_run_of_the_same_name_is_an_error(store):
    write_run(store, record("a-1", fusion="fusion-1"))
    with pytest.raises(StoreError, match=r"Another run .* has the name 'a-1'\. Delete it with `ltk8s delete a-1`"):
        write_run(store, record("a-1", fusion="fusion-2"))


def test_a_damaged_record_is_left_out_with_a_warning_and_written_anew(store, caplog):
    store.put(layout.run("a-1"), b"{")
    write_run(store, record("b-1"))
    assert [found.run for found in read_runs(store)] == ["b-1"]
    assert "'runs/a-1.json' is no record of a run" in caplog.text
    write_run(store, record("a-1"))
    assert [found.run for found in read_runs(store)] == ["a-1", "b-1"]


def test_a_run_is_found_by_its_name_and_by_a_beginning_of_it(store):
    for run in ("stack-wl-1a", "stack-wl-1ab", "stacking-2c"):
        write_run(store, record(run, experiment=run.rpartition("-")[0]))
    assert find_run(store, "stack-wl-1a").run == "stack-wl-1a"
    assert find_run(store, "stacki").run == "stacking-2c"


def test_an_experiment_stands_for_its_newest_run(store):
    for run, day, experiment in (("stack-1", 1, "stack"), ("stack-2", 2, "stack"), ("stack-wl-1", 3, "stack-wl")):
        write_run(store, record(run, day=day, experiment=experiment))
    assert find_run(store, "stack").run == "stack-2"


def test_an_experiment_whose_name_is_not_in_its_runs_name_is_found_too(store):
    write_run(store, record("my-tail-1", experiment="My_Tail"))
    assert find_run(store, "My_Tail").run == "my-tail-1"


def test_an_ambiguous_beginning_names_the_runs(store):
    for run, experiment in (("stack-wl-1", "stack-wl"), ("stacking-1", "stacking")):
        write_run(store, record(run, experiment=experiment))
    with pytest.raises(UsageError, match=r"Several runs start with 'stack': stack-wl-1, stacking-1\. Give more"):
        find_run(store, "stack")


@pytest.mark.parametrize(("text", "near"), [("baselin-12345678", "baseline-12345678"), ("baselnie", "baseline")])
def test_a_run_that_is_not_there_suggests_the_nearest(store, text, near):
    write_run(store, record("baseline-12345678"))
    with pytest.raises(UsageError, match=rf"no run '{text}' .*Did you mean '{near}'\?"):
        find_run(store, text)


def test_a_run_of_an_empty_store_is_not_there(store):
    with pytest.raises(UsageError, match="There is no run 'baseline'"):
        find_run(store, "baseline")


def test_a_run_can_be_forgotten(store):
    write_run(store, record("a-1"))
    delete_run(store, "a-1")
    assert read_runs(store) == []


def test_finding_a_run_by_name_reads_no_other(store, counting):
    for n in range(20):
        write_run(store, record(f"run-{n:02}"))
    counting.calls.clear()
    find_run(counting, "run-07")
    assert counting.calls == {"list": 1, "get": 1}
