"""All that a result says about one predictor on one set of images."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ltk8s.errors import TaskError
from ltk8s.metrics.accuracy import accuracy_by_class, confusions, grouped
from ltk8s.metrics.calibration import brier, ece, nll
from ltk8s.metrics.intervals import balanced_accuracy, balanced_accuracy_interval, wilson


def summarise(
    probabilities: NDArray[np.floating],
    labels: NDArray[np.int64],
    train_counts: Sequence[int],
    classes: Sequence[str] | None = None,
) -> dict[str, Any]:
    """Return every metric of one predictor as JSON values.

    Args:
        probabilities: N×C, rows summing to 1.
        labels: the true classes, N.
        train_counts: each class's images in the long-tailed training set, before any sampling: they make the groups.
        classes: the classes' names, for the confusions.

    Returns:
        n, correct, accuracy, interval (Wilson, 95 %), balanced_accuracy, balanced_interval (stratified bootstrap, 95 %),
        groups {many, medium, few: {classes, n, correct}}, per_class {correct, n}, nll, brier, ece, confusions (worst ten).

    Raises:
        TaskError: if there is no image, or a probability is not a finite number.
    """
    if len(labels) == 0:
        raise TaskError("There is no image to evaluate.", "Stage the data set with a test part that has images.")
    if not np.isfinite(probabilities).all():
        raise TaskError("The predicted probabilities hold values that are not finite.", "Lower train.lr and submit again.")
    predicted = probabilities.argmax(axis=1)
    right, n = accuracy_by_class(predicted, labels, len(train_counts))
    correct, total = int(right.sum()), len(labels)
    return {
        "n": total,
        "correct": correct,
        "accuracy": correct / total,
        "interval": list(wilson(correct, total)),
        "balanced_accuracy": balanced_accuracy(right, n),
        "balanced_interval": list(balanced_accuracy_interval(right, n)),
        "groups": grouped(right, n, train_counts),
        "per_class": {"correct": right.tolist(), "n": n.tolist()},
        "nll": nll(probabilities, labels),
        "brier": brier(probabilities, labels),
        "ece": ece(probabilities, labels),
        "confusions": confusions(predicted, labels, classes or len(train_counts)),
    }
