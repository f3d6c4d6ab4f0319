from ltk8s.cli.labels import job_labels
from ltk8s.store.runs import Member, RunRecord


def record(experiment, archs, *, ratio=0.02, seed=0, first=0):
    return RunRecord(
        run=f"{experiment}-12345678",
        experiment=experiment,
        title=experiment,
        profile="laptop",
        dataset="tiny",
        fingerprint="f",
        ratio=ratio,
        seed=seed,
        split_seed=0,
        members=tuple(Member(id=f"id-{first + i}", arch=arch, seed=0) for i, arch in enumerate(archs)),
        fusion=f"fusion-{experiment}-{ratio}-{seed}",
        train_counts=(3, 2, 1),
        spec={},
        image="",
        version="0",
        created="2026-01-01",
    )


def test_experiment_and_network():
    labels = job_labels([record("stacking", ["tf_efficientnet_lite0", "efficientnet_b1"])])
    assert list(labels.values()) == ["stacking lite0", "stacking b1", "stacking fusion"]


def test_members_of_the_same_network_are_numbered():
    labels = job_labels([record("bagging-wl", ["efficientnet_b0"] * 3)])
    assert list(labels.values()) == ["bagging-wl b0 #1", "bagging-wl b0 #2", "bagging-wl b0 #3", "bagging-wl fusion"]


def test_ratio_and_seed_appear_where_they_differ():
    labels = job_labels([record("baseline", ["resnet50"], ratio=0.1), record("baseline", ["resnet50"], ratio=None, first=9)])
    assert labels["id-0"] == "baseline 0.1 resnet50"
    assert labels["id-9"] == "baseline full resnet50"
    assert job_labels([record("a", ["r"]), record("a", ["r"], seed=3, first=9)])["id-9"] == "a s3 r"


def test_a_shared_learner_goes_by_its_first_run():
    labels = job_labels([record("baseline", ["efficientnet_b0"]), record("stacking", ["efficientnet_b0", "efficientnet_b1"])])
    assert labels["id-0"] == "baseline b0"
