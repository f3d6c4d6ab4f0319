"""One run, as a report shows it: its setting, its exact counts, and how it compares with the baseline of its setting."""

from __future__ import annotations

from datetime import datetime

from ltk8s.spec.base import Spec
from ltk8s.times import moment

Interval = tuple[float, float]
"""95 %, as fractions."""

SIGNIFICANT = 0.05


class Setting(Spec):
    """What two runs must share to be compared; ``ratio`` None is all images."""

    dataset: str
    fingerprint: str
    ratio: float | None
    split_seed: int
    profile: str
    seed: int


class Group(Spec):
    """The classes with many (> 100), medium (20 to 100) or few (< 20) training images; zeros where there is none."""

    classes: int
    n: int
    correct: int


class Score(Spec):
    """Exact counts over some images."""

    n: int
    correct: int
    accuracy: float


class Member(Spec):
    """One learner of a run; counts only once the run is finished."""

    id: str
    arch: str
    seed: int
    n: int | None = None
    correct: int | None = None


class Outcome(Spec):
    """A finished run's fusion on the test set. Cost is that of all members and the fusion.

    ``without_duplicates`` leaves out the test images that are training images too; None where there is none.
    ``even`` says whether every class has as many test images: then accuracy leads, otherwise balanced accuracy.
    """

    n: int
    correct: int
    accuracy: float
    interval: Interval
    balanced_accuracy: float
    balanced_interval: Interval
    even: bool
    groups: dict[str, Group]
    nll: float
    brier: float
    ece: float
    parameters: int
    multiply_adds: int | None = None
    device_seconds: float
    mean_member_accuracy: float
    disagreement: float | None
    without_duplicates: Score | None = None


class Comparison(Spec):
    """A run against the baseline of its setting, on the same images. Differences are fractions: 0.01 is one point.

    ``gained`` images only the run has right, ``lost`` only the baseline. ``difference`` and ``interval`` are of the leading
    measure, ``p`` its test (exact McNemar for accuracy, bootstrap for balanced accuracy), ``p_holm`` that p adjusted for all
    the setting's comparisons. ``real``, given this split and seed: the interval is clear of 0 and p_holm below .05.
    ``smallest`` is the smallest difference that so many images can show, ``groups`` the gain in each group that has images;
    ``seconds`` and ``parameters`` are ratios. ``other_scale`` says how the baseline was trained for another time or on other
    image sizes, where there is none of the run's own scale: such a difference is never real.
    """

    baseline_run: str
    baseline_fusion: str
    baseline_correct: int
    baseline_balanced: float
    n: int
    gained: int
    lost: int
    difference: float
    interval: Interval
    p: float
    p_holm: float
    real: bool
    mcnemar_p: float
    smallest: float
    groups: dict[str, float]
    seconds: float | None
    parameters: float
    other_scale: str = ""

    @property
    def clear(self) -> bool:
        """Whether the interval is clear of 0."""
        return self.interval[0] > 0 or self.interval[1] < 0

    def corrected(self, p_holm: float) -> Comparison:
        """The comparison with its p adjusted for all those of its setting."""
        real = self.clear and p_holm < SIGNIFICANT and not self.other_scale
        return self.model_copy(update={"p_holm": p_holm, "real": real})


class Row(Spec):
    """One run. Without an ``outcome``, ``unfinished`` says why; without a ``comparison``, ``incomparable`` does.

    ``variant`` tells apart runs of one experiment that were set differently: equal texts are equal settings but for seeds.
    """

    run: str
    fusion: str
    experiment: str
    title: str
    created: str
    setting: Setting
    members: tuple[Member, ...]
    variant: str = ""
    outcome: Outcome | None = None
    unfinished: str = ""
    comparison: Comparison | None = None
    incomparable: str = ""

    @property
    def order(self) -> tuple[datetime, str]:
        """What sorts runs by when they were submitted, as their records are."""
        return moment(self.created), self.run
