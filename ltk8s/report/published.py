"""The student report's own numbers, to stand beside ours on its data set (50 classes of CIFAR-100)."""

from __future__ import annotations

from typing import NamedTuple

DATASET = "cifar50"

SOURCE = "J. Wong, EE 443 student report: EfficientNet-B0 to B2 at 224 px, 10 epochs, one seed a cell"

ACCURACY: dict[float | None, dict[str, float]] = {
    None: {"baseline": 0.792},
    0.1: {
        "baseline": 0.7296,
        "artificial-balancing": 0.733,
        "weighted-loss": 0.7458,
        "bagging-wl": 0.7350,
        "stacking": 0.7720,
        "stack-wl": 0.7933,
    },
    0.02: {
        "baseline": 0.6304,
        "artificial-balancing": 0.6788,
        "weighted-loss": 0.6798,
        "bagging-wl": 0.6760,
        "stacking": 0.6614,
        "stack-wl": 0.7253,
    },
    0.005: {
        "baseline": 0.5446,
        "artificial-balancing": 0.5688,
        "weighted-loss": 0.5352,
        "bagging-wl": 0.5454,
        "stacking": 0.5626,
        "stack-wl": 0.6218,
    },
}
"""Test accuracy by ratio (None is all images) and experiment."""


PRINTED_AVERAGE = {
    "artificial-balancing": 0.024,
    "weighted-loss": 0.019,
    "bagging-wl": 0.015,
    "stacking": 0.030,
    "stack-wl": 0.079,
}
"""The average improvements over the three ratios as the student report prints them."""


class Architecture(NamedTuple):
    """A line of its figure 1: accuracy on all images, and parameters in millions as printed."""

    name: str
    accuracy: float
    millions: int


ARCHITECTURES = (
    Architecture("efficientnet_b2", 0.804, 10),
    Architecture("resnet50d", 0.793, 22),
    Architecture("efficientnet_b1", 0.7892, 8),
    Architecture("efficientnet_b0", 0.788, 5),
    Architecture("densenet121", 0.770, 20),
    Architecture("resnet50", 0.758, 22),
    Architecture("resnet34d", 0.730, 20),
)
"""Its architecture sweep on all images."""


def published_accuracy(dataset: str, ratio: float | None, experiment: str) -> float | None:
    """The student report's accuracy for a cell, or None where it has none."""
    return ACCURACY.get(ratio, {}).get(experiment) if dataset == DATASET else None
