"""A real store with runs in it, made without training: predictions are written down, then committed as a fusion would."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from ltk8s.metrics import summarise
from ltk8s.metrics.selection import Point, Ranking, choose
from ltk8s.spec.ranking import Difference
from ltk8s.store import Store, layout, open_store
from ltk8s.store.answers import Answers
from ltk8s.store.commit import Attempt
from ltk8s.store.runs import Member, RunRecord, write_run

TRAIN_COUNTS = (500, 50, 5)
LABELS = np.repeat(np.arange(3, dtype=np.int64), 100)

MakeRun = Callable[..., RunRecord]
MakeSweep = Callable[..., RunRecord]


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return open_store((tmp_path / "store").as_uri())


@pytest.fixture
def make_run(store: Store) -> MakeRun:
    """Write a run's record and, where ``correct`` is given, its fusion's result.

    ``correct`` says how many of each class's images are right: the first ones are.
    """

    def make(experiment: str, correct: tuple[int, int, int] | None = None, **changes: Any) -> RunRecord:
        labels = changes.pop("labels", LABELS)
        keys = changes.pop("keys", np.arange(len(labels), dtype=np.int64))
        seconds = changes.pop("seconds", 100.0)
        archs = changes.pop("archs", ("tf_efficientnet_lite0",))
        name = changes.pop("run", f"{experiment}-0000000{len(list(store.list('runs/')))}")
        fields = {
            "run": name,
            "experiment": experiment,
            "title": experiment.replace("-", " ").capitalize(),
            "profile": "cpu",
            "dataset": "cifar50",
            "fingerprint": "0123456789abcdef",
            "ratio": 0.02,
            "seed": 0,
            "split_seed": 0,
            "members": tuple(Member(id=f"{name}-m{i}", arch=arch, seed=0) for i, arch in enumerate(archs)),
            "fusion": f"fusion-{name}",
            "train_counts": TRAIN_COUNTS,
            "spec": {},
            "image": "ltk8s/worker:latest",
            "version": "0.1.0",
            "created": "2026-01-01T00:00:00+00:00",
        }
        record = write_run(store, RunRecord.model_validate({**fields, **changes}))
        if correct is not None:
            right = np.concatenate([np.arange(n) < hits for n, hits in zip(np.bincount(labels), correct, strict=True)])
            commit(store, record, right, labels, keys, seconds)
        return record

    return make


@pytest.fixture
def make_sweep(store: Store, make_run: MakeRun) -> MakeSweep:
    """Write a sweep's record and its ranking: ``points`` are label, settings, balanced accuracy and standard error.

    ``against_best`` has the p of some points' differences from the best, by label.
    """

    def make(
        name: str,
        points: Sequence[tuple[str, dict[str, Any], float, float]],
        against_best: Mapping[str, float] | None = None,
        **changes: Any,
    ) -> RunRecord:
        record = make_run(name, kind="sweep", archs=("tf_efficientnet_lite0",) * len(points), **changes)
        made = [
            Point(
                label=label,
                settings=settings,
                default=not settings,
                members=(member.id,),
                networks=(member.arch,),
                n=100,
                correct=round(100 * score),
                accuracy=score,
                balanced_accuracy=score,
                standard_error=error,
                groups={},
                per_class={"correct": [], "n": []},
                parameters=4_000_000,
                device_seconds=50.0,
                compute=1.0,
                against_best=_against_best(score - max(each[2] for each in points), (against_best or {}).get(label)),
            )
            for (label, settings, score, error), member in zip(points, record.members, strict=True)
        ]
        for member in record.members:
            commit_learner(store, member.id, seconds=1800.0)
        choice = choose(made)
        ranking = Ranking(
            selects="oof",
            folds=3,
            n=100,
            excluded=(),
            points=tuple(made),
            best=choice.best,
            chosen=choice.chosen,
            reason=choice.reason,
        )
        Attempt(store, "{}", "ranking", record.fusion).commit(ranking.model_dump(mode="json"), {})
        return record

    return make


def _against_best(difference: float, p: float | None) -> Difference | None:
    return None if p is None else Difference(difference=difference, interval=(difference - 0.01, difference + 0.01), p=p)


@pytest.fixture
def make_learner(store: Store) -> Callable[..., None]:
    """Commit a learner: its task, its curve and what its provenance says."""
    return partial(commit_learner, store)


def commit_learner(
    store: Store, id: str, task: dict[str, Any] | None = None, curve: str = "", seconds: float = 100.0, **provenance: Any
) -> None:
    attempt = Attempt(store, json.dumps(task or {}), "learner", id)
    if curve:
        attempt.put("curve.csv", curve.encode())
    attempt.commit({}, {"seconds": seconds, **provenance})


def commit(
    store: Store,
    record: RunRecord,
    right: NDArray[np.bool_],
    labels: NDArray[np.int64],
    keys: NDArray[np.int64],
    seconds: float,
) -> None:
    classes = len(TRAIN_COUNTS)
    logits = np.zeros((len(labels), classes), dtype=np.float32)
    logits[np.arange(len(labels)), np.where(right, labels, (labels + 1) % classes)] = 3.0
    probabilities = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    summary = summarise(probabilities, labels, TRAIN_COUNTS)
    member = {name: summary[name] for name in ("n", "correct", "accuracy")}
    metrics = {
        **summary,
        "members": [{"id": m.id, "arch": m.arch, **member} for m in record.members],
        "mean_member_accuracy": summary["accuracy"],
        "disagreement": None,
        "parameters": 4_000_000 * len(record.members),
        "device_seconds": seconds,
    }
    attempt = Attempt(store, "{}", "fusion", record.fusion)
    attempt.put(layout.ANSWERS, Answers.of(logits, labels, keys).encode())
    attempt.commit(metrics, {})
