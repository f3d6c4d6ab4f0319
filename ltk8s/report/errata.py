"""What does not add up in the student report; each is a matter of arithmetic or of published facts, not of our results."""

from __future__ import annotations

from ltk8s.report.averages import ALL, published_average
from ltk8s.report.exhibit import Erratum
from ltk8s.report.published import ACCURACY, DATASET, PRINTED_AVERAGE

TEST_IMAGES = 5000
"""Of the first 50 classes of CIFAR-100, 100 a class."""


def errata(datasets: set[str]) -> list[Erratum]:
    """Return what the student report got wrong; nothing where its data set is not among those that are shown."""
    return [_averages(), _multiples(), *_FACTS, _one_seed()] if DATASET in datasets else []


def _averages() -> Erratum:
    """The printed averages beside those of the table's own numbers."""
    recomputed = {experiment: published_average(DATASET, experiment, ALL) or 0.0 for experiment in PRINTED_AVERAGE}
    wrong = [name for name, mean in recomputed.items() if abs(mean - PRINTED_AVERAGE[name]) > 0.0015]
    return Erratum(
        said=f"Average improvements of {', '.join(_short(value, 3) for value in PRINTED_AVERAGE.values())}.",
        found=f"Recomputed from its own table: {', '.join(_short(value, 4) for value in recomputed.values())}; "
        + " and ".join(
            f"the one of {name} is {_short(recomputed[name], 4)}, not {_short(PRINTED_AVERAGE[name], 3)}" for name in wrong
        )
        + ".",
    )


def _multiples() -> Erratum:
    """Accuracies over n images are multiples of 1/n."""
    odd = [value for cells in ACCURACY.values() for value in cells.values() if not is_multiple(value, TEST_IMAGES)]
    return Erratum(
        said=f"Accuracies of {' and '.join(_short(value, 4) for value in sorted(odd, reverse=True))}.",
        found=f"No multiples of 1/{TEST_IMAGES:,}, although the test set has {TEST_IMAGES:,} images: "
        + ", ".join(f"{_short(value, 4)} would be {value * TEST_IMAGES:,.1f} images" for value in sorted(odd, reverse=True))
        + ".",
    )


def is_multiple(accuracy: float, n: int) -> bool:
    """Whether an accuracy with four decimals can be a count over n images.

    >>> is_multiple(0.7296, 5000), is_multiple(0.7933, 5000)
    (True, False)
    """
    return abs(round(accuracy * n) / n - accuracy) < 5e-5


_FACTS = (
    Erratum(
        said="EfficientNet-B0 on all images has .792 in the results table.",
        found="The architecture sweep has .788 for the same network on the same images.",
    ),
    Erratum(said="densenet121 has 20 M parameters.", found="It has 8.0 M with 1,000 classes and 7.0 M with 50."),
    Erratum(
        said="The ensemble has half of a ResNet's parameters while closely matching it.",
        found="EfficientNet-B0, B1 and B2 with 50 classes have 18.4 M together, a resnet50d 23.6 M: three quarters, not half.",
    ),
    Erratum(
        said="An improvement of '8 %'.", found="These are points of accuracy: .079 of 1, which is 12 % of the baseline's .635."
    ),
    Erratum(
        said="Architectures, batch sizes, learning rates and thresholds were chosen by accuracy.",
        found="No validation set is named, so they were probably chosen on the test set, which flatters what was chosen.",
    ),
)


def _one_seed() -> Erratum:
    from ltk8s.metrics import wilson

    halves = {
        value: (high - low) / 2 for value in (0.54, 0.79) for low, high in [wilson(round(value * TEST_IMAGES), TEST_IMAGES)]
    }
    widths = ", ".join(f"±{100 * half:.1f} points at {_short(value, 2)}" for value, half in halves.items())
    return Erratum(said="One number a cell, without an interval.", found=f"Each is one seed: its 95 % interval is {widths}.")


def _short(value: float, digits: int) -> str:
    return f"{value:.{digits}f}".removeprefix("0")
