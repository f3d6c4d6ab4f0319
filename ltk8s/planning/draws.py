"""From an experiment's sampling to each learner's: thresholds in images, bags by number, and how often each class is shown."""

from __future__ import annotations

from ltk8s.data.sampler import POWERS, shown
from ltk8s.data.sampling import bag_count, bag_counts, majority
from ltk8s.errors import UsageError
from ltk8s.planning.task import TaskBag, TaskBalanced
from ltk8s.spec.experiment import (
    AllSampling,
    BagSampling,
    BalancedSampling,
    ClassAwareSampling,
    Sampling,
    SquareRootSampling,
)

Draw = AllSampling | TaskBalanced | TaskBag | ClassAwareSampling | SquareRootSampling


def draws_of(sampling: Sampling, counts: tuple[int, ...]) -> tuple[list[tuple[Draw, tuple[float, ...]]], list[str]]:
    """Return each way of drawing training images that an experiment asks for, with how often it shows each class, and notes.

    Args:
        counts: the classes' images to draw from.

    Raises:
        UsageError: if the threshold is none for these classes, or there is nothing to bag.
    """
    if isinstance(sampling, BalancedSampling):
        threshold = absolute_threshold(sampling.threshold, counts)
        if set(counts) == {threshold}:
            return [(AllSampling(rule="all"), counts)], [
                f"Every class has {threshold} images already: balancing changes nothing."
            ]
        return [(TaskBalanced(rule="balanced", threshold=threshold), tuple(threshold for _ in counts))], []
    if isinstance(sampling, BagSampling):
        return _bag_draws(sampling, counts)
    if isinstance(sampling, ClassAwareSampling | SquareRootSampling):
        if len(set(counts)) > 1:
            return [(sampling, shown(counts, POWERS[sampling.rule]))], []
        return [(AllSampling(rule="all"), counts)], ["Every class has the same number of images: the sampler changes nothing."]
    return [(AllSampling(rule="all"), counts)], []


def _bag_draws(sampling: BagSampling, counts: tuple[int, ...]) -> tuple[list[tuple[Draw, tuple[float, ...]]], list[str]]:
    if not majority(counts):
        raise UsageError(
            "Bagging has no majority class to deal: no class has more images than the median.",
            "Choose a ratio below 1, or another technique.",
        )
    threshold = absolute_threshold(sampling.threshold, counts)
    bags, wanted = bag_count(counts, threshold)
    if bags < 2:
        raise UsageError(
            f"A bagging threshold of {threshold} images gives {bags} bag: the largest class has {max(counts)}.",
            f"Use a threshold of at most {max(counts) // 2}.",
        )
    notes = [f"{wanted} bags are capped at {bags}, the size of the smallest majority class."] if bags < wanted else []
    held = bag_counts(counts, bags)
    return [(TaskBag(rule="bag", index=i, of=bags), held[i]) for i in range(bags)], notes


def absolute_threshold(threshold: float, counts: tuple[int, ...]) -> int:
    """A threshold in images per class: up to 1 it is a fraction of the largest class.

    Raises:
        UsageError: if it is no whole number of images, less than one, or above the largest class.
    """
    largest = max(counts)
    images = round(threshold * largest) if threshold <= 1 else threshold
    if images != int(images):
        raise UsageError(f"A threshold of {threshold:g} images is no whole number.", "Above 1 it counts images per class.")
    if not 1 <= images <= largest:
        raise UsageError(
            f"The threshold of {threshold:g} is {images:g} images per class; the largest class has {largest}.",
            f"Use 1 to {largest}, or a fraction of the largest class such as 0.6.",
        )
    return int(images)
