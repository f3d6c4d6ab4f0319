"""What a sweep has shown: its points' scores, and which of them was chosen. The form in which it is committed and reported."""

from __future__ import annotations

from typing import Any, Literal

from ltk8s.spec.base import Spec


class Difference(Spec):
    """How one point of a sweep compares with its best on the same images, image by image: this one − the best, a fraction.

    ``interval`` is the stratified bootstrap's over images (95 %); ``p`` is adjusted by Holm's method for the sweep's points.
    """

    difference: float
    interval: tuple[float, float]
    p: float


class Point(Spec):
    """One point of a sweep. Counts are of the pooled held-out images or, where nothing is selected, of the test images.

    ``settings`` are what it changes in the sweep's base (dotted path → value), none for the base itself (``default``).
    ``members`` are its learners' ids, fold after fold; ``networks`` the architectures of one fold's. ``standard_error`` is that
    of ``balanced_accuracy``. ``parameters`` are one fold's members' sum, ``device_seconds`` all folds', and ``compute`` the
    multiply-adds of training all of them (forward passes), which decides what is cheaper: seconds differ from run to run.
    ``against_best`` compares it, by what ranks the points, with the best of them, which has none itself.
    """

    label: str
    settings: dict[str, Any]
    default: bool
    members: tuple[str, ...]
    networks: tuple[str, ...]
    n: int
    correct: int
    accuracy: float
    balanced_accuracy: float
    standard_error: float
    groups: dict[str, dict[str, int]]
    per_class: dict[str, list[int]]
    parameters: int
    device_seconds: float
    compute: float
    against_best: Difference | None = None


class Ranking(Spec):
    """A sweep's outcome: what a ranking's ``result.json`` has as metrics.

    ``selects`` oof: by ``folds``-fold out-of-fold predictions of training images, ``n`` in all; nothing: the points' test
    scores are shown (``folds`` 0) and none is chosen. ``excluded`` names the classes with a single training image, or a single
    group of them: it is always trained on, so they have no held-out image and do not count. ``best`` is the index of the
    highest balanced accuracy (of the highest accuracy where nothing is selected), ``chosen`` that of the point that wins by
    the one-standard-error rule, and ``reason`` says why in one sentence.
    """

    selects: Literal["oof", "nothing"]
    folds: int
    n: int
    excluded: tuple[str, ...]
    points: tuple[Point, ...]
    best: int
    chosen: int | None
    reason: str
