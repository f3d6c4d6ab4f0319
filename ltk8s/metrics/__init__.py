"""Numbers about predictions: exact counts, intervals, calibration, and the comparison of two predictors on the same images."""

from __future__ import annotations

from ltk8s.metrics.accuracy import GROUPS, accuracy_by_class, confusions, group_of, grouped
from ltk8s.metrics.bootstrap import Resampled, resampled_balanced, resampled_mean
from ltk8s.metrics.calibration import Bin, brier, ece, nll, reliability
from ltk8s.metrics.intervals import balanced_accuracy, balanced_accuracy_interval, percentile_interval, wilson
from ltk8s.metrics.paired import (
    Paired,
    holm,
    holm_levels,
    mcnemar,
    paired,
    smallest_difference,
)
from ltk8s.metrics.seeds import OverSeeds, agree, is_real, over_seeds, t_interval
from ltk8s.metrics.summary import summarise

__all__ = [
    "GROUPS",
    "Bin",
    "OverSeeds",
    "Paired",
    "Resampled",
    "accuracy_by_class",
    "agree",
    "balanced_accuracy",
    "balanced_accuracy_interval",
    "brier",
    "confusions",
    "ece",
    "group_of",
    "grouped",
    "holm",
    "holm_levels",
    "is_real",
    "mcnemar",
    "nll",
    "over_seeds",
    "paired",
    "percentile_interval",
    "reliability",
    "resampled_balanced",
    "resampled_mean",
    "smallest_difference",
    "summarise",
    "t_interval",
    "wilson",
]
