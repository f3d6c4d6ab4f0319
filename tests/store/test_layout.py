"""Keys are the contract with everything that ever read or wrote a store: they do not change."""

from hypothesis import given
from hypothesis import strategies as st

from ltk8s.store import layout
from ltk8s.store.keys import check_key, check_prefix

names = st.from_regex(r"[a-z0-9]([a-z0-9_-]{0,20}[a-z0-9])?", fullmatch=True)
kinds = st.sampled_from(["learner", "fusion"])


def test_the_keys():
    assert layout.dataset_manifest("cifar50", "0123") == "datasets/cifar50/0123/manifest.json"
    assert layout.weights("resnet50", "abcd") == "weights/resnet50/abcd.safetensors"
    assert layout.weights_card("resnet50", "abcd") == "weights/resnet50/abcd.json"
    assert layout.run("stack-wl-1") == "runs/stack-wl-1.json"
    assert layout.task("learner", "id") == "learners/id/task.json"
    assert layout.result("fusion", "id") == "fusions/id/result.json"
    assert layout.bad_result("learner", "id") == "learners/id/result.bad.json"
    assert layout.progress("learner", "id") == "learners/id/progress.json"
    assert layout.resume("id") == "learners/id/resume"
    assert layout.attempt("learner", "id", "a1", "curve.csv") == "learners/id/attempts/a1/curve.csv"


@given(kinds, names, names)
def test_all_that_belongs_to_a_task_is_below_its_home(kind, id, attempt):
    home = layout.home(kind, id)
    keys = [layout.task(kind, id), layout.result(kind, id), layout.bad_result(kind, id), layout.progress(kind, id)]
    keys.append(layout.attempt(kind, id, attempt, "log.txt"))
    assert all(check_key(key).startswith(home) for key in keys)
    assert len(set(keys)) == 5
    assert check_prefix(home).startswith(layout.home(kind))


@given(names, names)
def test_no_name_is_a_prefix_of_anothers_home(one, other):
    assert (layout.home("learner", other).startswith(layout.home("learner", one))) == (one == other)


@given(names)
def test_a_runs_name_is_read_from_its_key(run):
    assert layout.run_name(layout.run(run)) == run
