from __future__ import annotations

import base64
import hashlib
import io
import json
from collections.abc import Callable

import numpy as np
import pytest
from PIL import Image
from safetensors.numpy import save

from ltk8s.report import collect
from ltk8s.report.curves import POINTS, thinned
from ltk8s.store import Store, layout
from ltk8s.store.answers import read_answers
from ltk8s.store.commit import read_result
from ltk8s.store.runs import RunRecord
from ltk8s.store.studies import StudyCell, StudyRecord, write_study

MakeRun = Callable[..., RunRecord]
MakeLearner = Callable[..., None]

HEADER = "step,epoch,size,lr,loss,accuracy,images"


def test_a_curve_is_named_by_its_learners_own_loss(store: Store, make_run: MakeRun, make_learner: MakeLearner) -> None:
    run = make_run("stack-wl", (90, 60, 40))
    task = {"fold": {"of": 3}, "train": {"loss": {"name": "cross-entropy", "weights": "ens"}}}
    make_learner(run.members[0].id, task, f"{HEADER}\n3,0.5,64,0.1,2.0,0.25,192\n6,1.0,64,0.1,1.0,0.5,192\n")
    (curve,) = collect(store, [run]).curves
    assert (curve.loss_name, curve.label, curve.fold) == ("ens", "lite0 ens", 0)
    assert (curve.steps, curve.loss, curve.accuracy) == ((3, 6), (2.0, 1.0), (0.25, 0.5))
    assert curve.experiments == ("stack-wl",)
    assert curve.plain_loss == ()


def test_an_unweighted_loss_is_shown_where_it_was_recorded(store: Store, make_run: MakeRun, make_learner: MakeLearner) -> None:
    run = make_run("baseline", (90, 60, 40))
    make_learner(run.members[0].id, curve=f"{HEADER},plain_loss\n3,0.5,64,0.1,2.0,0.25,192,1.5\n")
    assert collect(store, [run]).curves[0].plain_loss == (1.5,)


def test_a_learner_of_two_experiments_has_one_curve(store: Store, make_run: MakeRun, make_learner: MakeLearner) -> None:
    base = make_run("baseline", (90, 50, 10))
    stack = make_run("stacking", (90, 60, 40), members=base.members)
    make_learner(base.members[0].id, curve=f"{HEADER}\n3,0.5,64,0.1,2.0,0.25,192\n")
    (curve,) = collect(store, [base, stack]).curves
    assert curve.experiments == ("baseline", "stacking")


def test_a_curve_that_is_not_what_was_committed_is_left_out_with_a_warning(
    store: Store, make_run: MakeRun, make_learner: MakeLearner, caplog: pytest.LogCaptureFixture
) -> None:
    runs = [make_run("baseline", (90, 50, 10)), make_run("stacking", (90, 60, 10))]
    for run in runs:
        make_learner(run.members[0].id, curve=f"{HEADER}\n20,1,32,0.1,0.5,0.4,640\n")
    result = read_result(store, "learner", runs[0].members[0].id)
    assert result is not None
    key = result.key("curve.csv")
    store.put(key, f"{HEADER}\n20,1,32".encode())
    assert [curve.id for curve in collect(store).curves] == [runs[1].members[0].id]
    assert f"{key!r} is corrupt" in caplog.text


def test_a_long_curve_is_thinned_by_images() -> None:
    points = [{"step": str(i), "epoch": "0", "loss": str(i % 2), "accuracy": "1", "images": str(1 + i % 2)} for i in range(400)]
    short = thinned(points)
    assert len(short) <= POINTS
    assert short[-1]["step"] == "399"
    assert short[0]["loss"] == pytest.approx(2 / 4)  # three points: 0 of one image, 1 of two, 0 of one


def test_bags_and_thresholds_are_in_images(store: Store, make_run: MakeRun, make_learner: MakeLearner) -> None:
    archs = ("tf_efficientnet_lite0",) * 2
    bagged = make_run("bagging-wl", (90, 60, 40), archs=archs, spec={"sampling": {"rule": "bags", "threshold": 0.24}})
    balanced = make_run("artificial-balancing", (90, 60, 40), spec={"sampling": {"rule": "balanced", "threshold": 0.6}})
    for index, member in enumerate(bagged.members):
        task = {"sampling": {"rule": "bag", "index": index, "of": 2} if index else {"rule": "bag", "of": 2}}
        make_learner(member.id, task, class_counts=[250, 50, 5])
    (split,) = collect(store, [bagged, balanced]).splits
    assert split.counts == (500, 50, 5)
    assert (split.bag_threshold, split.balanced_to) == (120, 300)
    assert split.bags == ((250, 50, 5), (250, 50, 5))


def test_each_profile_has_a_split_of_its_own(store: Store, make_run: MakeRun) -> None:
    balanced = make_run(
        "artificial-balancing", (90, 60, 40), profile="laptop", spec={"sampling": {"rule": "balanced", "threshold": 0.6}}
    )
    splits = collect(store, [make_run("baseline", (90, 60, 40)), balanced]).splits
    assert [(split.profile, split.balanced_to) for split in splits] == [("cpu", None), ("laptop", 300)]


def stage_test_images(store: Store, keys: list[int]) -> None:
    images = np.zeros((len(keys), 8, 8, 3), dtype=np.uint8)
    images[:, :, :, 0] = (np.arange(len(keys)) % 256)[:, None, None]
    data = save({"images": images, "keys": np.array(keys), "labels": np.zeros(len(keys), dtype=np.int64)})
    folder = layout.dataset("cifar50", "0123456789abcdef")
    shard = {"file": "test-00000.safetensors", "part": "test", "bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()}
    store.put(f"{folder}test-00000.safetensors", data)
    store.put(f"{folder}manifest.json", json.dumps({"shards": [shard]}).encode())


def test_the_gallery_shows_mistakes_on_rare_classes(store: Store, make_run: MakeRun) -> None:
    stage_test_images(store, list(range(300)))
    make_run("baseline", (90, 50, 10))
    stack = make_run("stack-wl", (88, 60, 98))
    (gallery,) = collect(store, [stack]).galleries
    assert (gallery.run, gallery.wrong, gallery.n) == (stack.run, 2, 100)
    assert [mistake.key for mistake in gallery.mistakes] == [298, 299]
    first = gallery.mistakes[0]
    assert (first.label, first.predicted, first.baseline, first.images) == ("2", "0", "0", 5)
    picture = Image.open(io.BytesIO(base64.b64decode(first.image)))
    assert picture.getpixel((0, 0)) == (298 % 256, 0, 0)


def test_of_one_class_only_a_few_mistakes_are_shown(store: Store, make_run: MakeRun) -> None:
    stage_test_images(store, list(range(300)))
    (gallery,) = collect(store, [make_run("baseline", (90, 50, 10))]).galleries
    assert gallery.wrong == 90
    assert len(gallery.mistakes) == 3


def test_without_the_images_there_is_no_gallery(store: Store, make_run: MakeRun) -> None:
    assert collect(store, [make_run("baseline", (90, 50, 10))]).galleries == ()


def test_confidence_is_the_softmax_of_what_is_predicted(store: Store, make_run: MakeRun) -> None:
    result = read_result(store, "fusion", make_run("baseline", (90, 50, 10)).fusion)
    assert result is not None
    assert read_answers(store, result).confidence == pytest.approx(np.full(300, np.exp(3) / (np.exp(3) + 2)))


def study_of(run: RunRecord, *cells: StudyCell) -> StudyRecord:
    return StudyRecord(
        name="study",
        profile="cpu",
        dataset=run.dataset,
        fingerprint=run.fingerprint,
        cells=cells,
        created="2026-01-01T00:00:00+00:00",
    )


def planned(experiment: str, run: str, **changes: object) -> StudyCell:
    fields = {"experiment": experiment, "title": experiment.capitalize(), "ratio": 0.02, "seed": 0, "split_seed": 0, "run": run}
    return StudyCell.model_validate({**fields, **changes})


def test_cells_of_a_study_without_a_result_say_why(store: Store, make_run: MakeRun) -> None:
    base = make_run("baseline", (90, 50, 10))
    begun = make_run("stacking")
    cells = [
        planned("baseline", base.run),
        planned("stacking", begun.run),
        planned("best", "best-00000000", dropped="beyond the budget"),
        planned("stack-la", "stack-la-00000000"),
    ]
    write_study(store, study_of(base, *cells))
    study = collect(store)
    assert [(each.experiment, each.why) for each in study.not_run] == [
        ("stacking", "0 of 1 learners are committed, the fusion is not"),
        ("best", "beyond the budget"),
        ("stack-la", "not submitted"),
    ]
    assert study.name == "study"


def test_a_cell_of_two_studies_is_listed_once(store: Store, make_run: MakeRun) -> None:
    base = make_run("baseline", (90, 50, 10))
    study = study_of(base, planned("best", "best-00000000", dropped="beyond the budget"))
    write_study(store, study)
    write_study(store, study.model_copy(update={"name": "my-study", "created": "2026-01-02T00:00:00+00:00"}))
    assert [each.run for each in collect(store).not_run] == ["best-00000000"]


def test_a_study_is_called_by_its_title(store: Store, make_run: MakeRun) -> None:
    write_study(store, study_of(make_run("baseline", (90, 50, 10))).model_copy(update={"title": "Every technique"}))
    assert collect(store).name == "Every technique"


def test_a_column_that_is_another_one_shows_which(store: Store, make_run: MakeRun) -> None:
    base = make_run("baseline", (90, 50, 10), ratio=None)
    write_study(store, study_of(base, planned("weighted-loss", base.run, ratio=None, same_as="baseline")))
    study = collect(store)
    assert [(cell.experiment, cell.same_as, cell.accuracy) for cell in study.cells] == [
        ("baseline", "", 0.5),
        ("weighted-loss", "baseline", 0.5),
    ]
    assert study.not_run == ()


def test_runs_that_were_asked_for_by_name_bring_no_study_along(store: Store, make_run: MakeRun) -> None:
    base = make_run("baseline", (90, 50, 10))
    write_study(store, study_of(base, planned("best", "")))
    assert collect(store, [base]).not_run == ()


def test_a_sweep_is_its_ranking_with_its_cost(store: Store, make_sweep: Callable[..., RunRecord]) -> None:
    points = [("32", {"train.batch_size": 32}, 0.6, 0.01), ("64", {}, 0.595, 0.01)]
    run = make_sweep("hp-sweep", points)
    study = collect(store, [run])
    (sweep,) = study.sweeps
    assert sweep.ranking is not None
    assert sweep.ranking.points[sweep.ranking.chosen or 0].label == "64"  # the default, within one standard error
    assert (sweep.learners, sweep.device_hours) == (2, 1.0)
    assert study.rows == ()
    assert [(cost.what, cost.learners, cost.device_hours) for cost in study.costs] == [
        ("Hp sweep", 2, 1.0),
        ("all runs of the table", 0, 0.0),
        ("everything", 2, 1.0),
    ]
    assert study.origins[0].command == f"ltk8s trace {run.run}"


def test_an_unfinished_sweep_says_how_far_it_is(store: Store, make_run: MakeRun) -> None:
    (sweep,) = collect(store, [make_run("hp-sweep", kind="sweep")]).sweeps
    assert sweep.ranking is None
    assert sweep.unfinished == "0 of 1 learners are committed, the ranking is not"


def test_shared_learners_cost_once(store: Store, make_run: MakeRun, make_learner: MakeLearner) -> None:
    base = make_run("baseline", (90, 50, 10))
    make_learner(base.members[0].id, seconds=3600.0)
    stack = make_run("stacking", (90, 60, 40), members=base.members)
    (cost,) = collect(store, [base, stack]).costs
    assert (cost.learners, cost.device_hours) == (1, 1.0)


def test_every_number_has_an_origin(store: Store, make_run: MakeRun) -> None:
    base, open_run = make_run("baseline", (90, 50, 10)), make_run("stacking")
    (origin,) = collect(store, [base, open_run]).origins
    assert origin.number == "Baseline on cifar50, ratio 0.02, seed 0, profile cpu: 150 of 300 right"
    assert (origin.run, origin.id, origin.command) == (base.run, base.fusion, f"ltk8s trace {base.run}")
    assert origin.submitted == base.created
