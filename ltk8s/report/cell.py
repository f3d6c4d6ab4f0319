"""One cell of the results table: an experiment at one ratio over its seeds, and how it compares with the baseline's cell."""

from __future__ import annotations

from ltk8s.report.row import Interval
from ltk8s.spec.base import Spec


class Replicate(Spec):
    """One seed of a cell: a run with exact counts, and against the baseline of the same seed and draw where there is one.

    ``difference`` is of the leading measure, ``gained`` images only this run has right, ``lost`` only the baseline;
    ``mcnemar_p`` is exact and two-sided.
    """

    run: str
    fusion: str
    seed: int
    split_seed: int
    n: int
    correct: int
    accuracy: float
    balanced_accuracy: float
    baseline_run: str = ""
    difference: float | None = None
    gained: int | None = None
    lost: int | None = None
    mcnemar_p: float | None = None


class Contrast(Spec):
    """Two predictors on the same test images, over the seeds (training seed, draw of the tail) that both have.

    Per image the correctness of each is averaged over those seeds; ``interval`` is the stratified paired bootstrap's over
    images, ``t_interval`` Student's over the seeds' ``differences`` (from three seeds), ``smallest`` the smallest difference
    that so many images can show. ``p`` is the exact McNemar test's with one seed, the bootstrap's with several; ``p_holm`` is
    adjusted for all the comparisons of the family, and ``corrected`` is the interval at the level that Holm's method tests it.
    ``real``: ``corrected`` is clear of 0, p_holm below .05, and every seed's difference has the same sign. ``given`` says what
    this is conditional on ('this split and seed', 'this split'), empty with several draws. ``other_scale`` says how the other
    was trained for another time or on other image sizes: then the difference says nothing of a technique, and is not real.
    """

    against: str
    seeds: int
    draws: int
    n: int
    differences: tuple[float, ...]
    difference: float
    interval: Interval
    corrected: Interval
    t_interval: Interval | None
    p: float
    p_holm: float
    agree: bool
    real: bool
    smallest: float
    given: str
    other_scale: str = ""

    @property
    def clear(self) -> bool:
        """Whether the uncorrected interval is clear of 0."""
        return self.interval[0] > 0 or self.interval[1] < 0


class ReliabilityBin(Spec):
    """The images whose top probability is in (``low``, ``high``]: how many, their mean confidence, how many are right.

    Means are None where the bin is empty; over several seeds all predictions are pooled.
    """

    low: float
    high: float
    n: int
    confidence: float | None
    accuracy: float | None


class ClassScore(Spec):
    """One class: ``images`` in the training set, and the accuracy, averaged over seeds, of the cell and of its baseline."""

    name: str
    images: int
    accuracy: float | None
    baseline: float | None = None

    @property
    def gain(self) -> float | None:
        return None if self.accuracy is None or self.baseline is None else self.accuracy - self.baseline


class Confusion(Spec):
    """Images of ``label`` taken for ``predicted``, on average over the seeds."""

    label: str
    predicted: str
    count: float


class Cell(Spec):
    """An experiment, set in one way, at one ratio over its finished seeds, in numbers averaged over them.

    ``variant`` is that way, and ``preset`` whether it is the one that the experiment stands for: claims are about it. ``label``
    is the same at every ratio, and nothing else in the table is called so.

    ``interval`` is of the mean accuracy over images (Wilson's with one seed, the stratified bootstrap's of per-image average
    correctness with several), ``balanced_interval`` the bootstrap's. ``groups`` has each group's accuracy, None where it is
    empty. ``classes`` are ordered by falling number of training images. ``same_as`` names the experiment that this one is at
    this ratio, where its technique changes nothing there: then it is no comparison of its own. ``published`` is the student
    report's accuracy of this cell. Cost is the mean of a seed's; ``seconds_ratio`` and ``parameters_ratio`` are against the
    baseline's. Without a ``contrast``, ``incomparable`` says why.
    """

    experiment: str
    title: str
    label: str
    dataset: str
    fingerprint: str
    ratio: float | None
    profile: str
    variant: str
    preset: bool = True
    networks: tuple[str, ...]
    replicates: tuple[Replicate, ...]
    same_as: str = ""
    even: bool
    n: int
    accuracy: float
    interval: Interval
    balanced_accuracy: float
    balanced_interval: Interval
    groups: dict[str, float | None]
    nll: float
    brier: float
    ece: float
    parameters: int
    multiply_adds: int | None
    device_seconds: float
    mean_member_accuracy: float
    disagreement: float | None
    without_duplicates: float | None
    reliability: tuple[ReliabilityBin, ...]
    classes: tuple[ClassScore, ...]
    confusions: tuple[Confusion, ...]
    contrast: Contrast | None = None
    group_gains: dict[str, float] = {}
    seconds_ratio: float | None = None
    parameters_ratio: float | None = None
    incomparable: str = ""
    published: float | None = None

    @property
    def score(self) -> float:
        """The measure that leads: accuracy on an even test set, balanced accuracy elsewhere."""
        return self.accuracy if self.even else self.balanced_accuracy

    @property
    def seeds(self) -> int:
        return len(self.replicates)


class Average(Spec):
    """The improvement over the baseline of an experiment set in one way, averaged over the ratios below 1 that it was run at.

    ``interval`` is the stratified paired bootstrap's of the per-image average over ratios and seeds. ``improvements`` are the
    single ones by ratio. ``published`` is the student report's average recomputed from its own table, ``printed`` what it
    prints, ``published_same`` its average over just ``ratios``; None where it has none.
    """

    experiment: str
    title: str
    dataset: str
    fingerprint: str
    profile: str
    label: str
    ratios: tuple[float, ...]
    improvements: tuple[float, ...]
    difference: float
    interval: Interval
    published: float | None = None
    published_same: float | None = None
    printed: float | None = None
