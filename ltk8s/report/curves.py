"""Training curves: what each learner wrote down while it was trained."""

from __future__ import annotations

import csv
import io
import logging
from typing import Any

from ltk8s.report.exhibit import Curve
from ltk8s.report.learners import Learners
from ltk8s.report.numbers import short_network
from ltk8s.store.base import Store
from ltk8s.store.commit import Artifact, Result
from ltk8s.store.many import get_many

log = logging.getLogger(__name__)

ARTIFACT = "curve.csv"

POINTS = 150
"""As many points as a figure can show."""

PLAIN_LOSS = "plain_loss"
"""The unweighted loss's column, where a learner recorded it."""

DIGITS = 5


def curves(store: Store, learners: Learners) -> list[Curve]:
    """Return the curve of every learner that has one, in the order of the runs. A corrupt one is left out with a warning."""
    keys = {id: result.key(ARTIFACT) for id, result in learners.results.items() if ARTIFACT in result.artifacts}
    texts = get_many(store, keys.values())
    whole = {id: texts[key] for id, key in keys.items() if key in texts and _is_whole(texts[key], learners.results[id])}
    return [_curve(id, text.decode(), learners) for id, text in whole.items()]


def _is_whole(data: bytes, result: Result) -> bool:
    if Artifact.of(data) == result.artifacts[ARTIFACT]:
        return True
    log.warning("%r is corrupt: it is not what was committed (SHA-256 differs); it is left out.", result.key(ARTIFACT))
    return False


def _curve(id: str, text: str, learners: Learners) -> Curve:
    points = thinned(list(csv.DictReader(io.StringIO(text))))
    member, runs, task = learners.members[id], learners.runs[id], learners.tasks.get(id, {})
    loss, first = loss_name(task), runs[0]
    return Curve(
        id=id,
        arch=member.arch,
        seed=member.seed,
        dataset=first.dataset,
        fingerprint=first.fingerprint,
        ratio=first.ratio,
        profile=first.profile,
        fold=task["fold"].get("index", 0) if "fold" in task else None,
        loss_name=loss,
        label=f"{short_network(member.arch)} {loss}",
        experiments=tuple(dict.fromkeys(run.experiment for run in runs)),
        steps=tuple(int(point["step"]) for point in points),
        epochs=_column(points, "epoch"),
        loss=_column(points, "loss"),
        accuracy=_column(points, "accuracy"),
        plain_loss=_column(points, PLAIN_LOSS) if points and points[0].get(PLAIN_LOSS) else (),
    )


def thinned(points: list[dict[str, str]]) -> list[dict[str, Any]]:
    """At most ``POINTS`` points: neighbours are averaged, each by its images, and stand at the last one's step."""
    size = -(-len(points) // POINTS)
    return [_merged(points[start : start + size]) for start in range(0, len(points), size)] if points else []


def loss_name(task: dict[str, Any]) -> str:
    """How a learner's loss is called: by its weights if it is a weighted cross entropy.

    >>> loss_name({"train": {"loss": {"name": "cross-entropy", "weights": "ens"}}}), loss_name({})
    ('ens', 'cross-entropy')
    """
    loss = task.get("train", {}).get("loss", {})
    name, weights = str(loss.get("name", "cross-entropy")), str(loss.get("weights", "none"))
    return weights if name == "cross-entropy" and weights != "none" else name


def _merged(points: list[dict[str, str]]) -> dict[str, Any]:
    images = [float(point.get("images") or 1) for point in points]
    means = {
        name: sum(float(point[name]) * n for point, n in zip(points, images, strict=True)) / sum(images)
        for name in ("loss", "accuracy", PLAIN_LOSS)
        if points[0].get(name)
    }
    return {**points[-1], **means}


def _column(points: list[dict[str, Any]], name: str) -> tuple[float, ...]:
    return tuple(round(float(point[name]), DIGITS) for point in points)
