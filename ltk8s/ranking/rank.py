"""One ranking: from what a sweep's learners committed to its own committed result."""

from __future__ import annotations

import logging
import time
from typing import Any

import numpy as np

from ltk8s.data.manifest import Manifest
from ltk8s.data.split import tail_counts
from ltk8s.errors import MembersError, NotFound, TaskError
from ltk8s.metrics.selection import choose
from ltk8s.network.context import WorkContext
from ltk8s.network.program import process_peak_bytes, program
from ltk8s.network.table import to_csv, to_markdown
from ltk8s.planning.task import RankingTask
from ltk8s.ranking.compare import compare
from ltk8s.ranking.members import Members
from ltk8s.ranking.score import Pooled, pool, score
from ltk8s.ranking.table import rows
from ltk8s.spec.ranking import Point, Ranking
from ltk8s.store import layout

log = logging.getLogger(__name__)


def run(task: RankingTask, context: WorkContext) -> None:
    """Score every point, choose one where the sweep selects, and commit the ranking and its table.

    Raises:
        MembersError: if a member is missing or bad, or points were evaluated on different images.
        TaskError: if the data set is not there any more.
        StoreError: if the store cannot be reached.
        Stopped: after SIGTERM. Nothing is kept: a ranking takes seconds.
    """
    began = time.monotonic()
    manifest = read_manifest(context, task)
    counts = tail_counts(manifest.train_counts, task.split.ratio)
    members = Members(context.store, task, len(manifest.classes), context.check)
    context.progress.update(phase="evaluating", steps=len(task.points))
    points: list[Point] = []
    pooled: list[Pooled] = []
    for number, point in enumerate(task.points, 1):
        own = pool(point, members, classes=manifest.classes, split_counts=counts, check=context.check)
        pooled.append(own)
        if not (np.array_equal(own.keys, pooled[0].keys) and np.array_equal(own.labels, pooled[0].labels)):
            raise MembersError(f"The point {point.label!r} was evaluated on other images than the first.", "Submit again.")
        points.append(score(point, own, members, counts))
        log.info("%s: %d of %d right, %.4f balanced.", *_numbers(points[-1]))
        context.progress.update(step=number)
    context.progress.update(phase="saving")
    ranked = rank(task, points, [name for name, n in zip(manifest.classes, points[0].per_class["n"], strict=True) if n == 0])
    ranking = compare(ranked, pooled)
    log.info("%s", ranking.reason)
    table = rows(ranking)
    context.attempt.put("table.csv", to_csv(table))
    context.attempt.put("table.md", to_markdown(table))
    context.commit(ranking.model_dump(mode="json"), {**environment(), "seconds": time.monotonic() - began})


def rank(task: RankingTask, points: list[Point], alone: list[str]) -> Ranking:
    """The ranking of scored points; ``alone`` names the classes of which no fold holds out an image."""
    if not task.folds:
        best = max(range(len(points)), key=lambda i: (points[i].accuracy, -i))
        reason = "Nothing is selected: these are test accuracies, shown and not chosen by."
        return Ranking(
            selects="nothing", folds=0, n=points[0].n, excluded=(), points=tuple(points), best=best, chosen=None, reason=reason
        )
    choice = choose(points)
    return Ranking(
        selects="oof",
        folds=task.folds,
        n=points[0].n,
        excluded=tuple(alone),
        points=tuple(points),
        best=choice.best,
        chosen=choice.chosen,
        reason=choice.reason,
    )


def read_manifest(context: WorkContext, task: RankingTask) -> Manifest:
    """What is known of the data set; its images are not needed. Raises TaskError if it is not there."""
    key = layout.dataset_manifest(task.dataset.name, task.dataset.fingerprint)
    try:
        return Manifest.model_validate_json(context.store.get(key))
    except (NotFound, ValueError):
        raise TaskError(f"The manifest of {task.dataset.name!r} cannot be read.", "Stage it again and resubmit.") from None


def environment() -> dict[str, Any]:
    """What made this ranking. No network ran, so that no device and no torch is in it."""
    return {
        **program(),
        "device": "cpu",
        "numpy": np.__version__,
        "peak_memory_bytes": process_peak_bytes(),
    }


def _numbers(point: Point) -> tuple[str, int, int, float]:
    return point.label, point.correct, point.n, point.balanced_accuracy
