"""Which images a data set is tested on: as the source says, or a seeded stratified part. A group is never split."""

from __future__ import annotations

import unicodedata
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from ltk8s.data.sources.base import Item, listed
from ltk8s.data.split import shuffled
from ltk8s.errors import UsageError

LONGEST = 255
"""Bytes of a file's name, on nearly all file systems."""


def partition(items: Sequence[Item], test_fraction: float, seed: int) -> list[Item]:
    """Return the items, each with a part, in order of class and name.

    Where the source has no parts, ``test_fraction`` of every class becomes the test part: at least one image, never all.
    With groups the fraction is approached from below, as far as whole groups allow.

    Raises:
        UsageError: naming the classes that are too small for a test part or not in both parts, a group that is in both,
            or a class whose name could not be a folder's.
    """
    ordered = sorted(items, key=lambda item: (item.label, item.name))
    _check_names(ordered)
    if any(item.part is None for item in ordered):
        ordered = _with_test_part(ordered, test_fraction, seed)
    _check_classes(ordered)
    _check_groups(ordered)
    return ordered


def _with_test_part(items: list[Item], fraction: float, seed: int) -> list[Item]:
    if not 0 < fraction < 1:
        raise UsageError(f"A test fraction of {fraction:g} is not between 0 and 1.", "Use --test-fraction 0.2, for example.")
    bundles = _bundles(items)
    _check_large_enough(bundles)
    total = Counter(item.label for item in items)
    goal = {label: min(max(1, round(fraction * n)), n - 1) for label, n in total.items()}
    taken: Counter[str] = Counter()
    tested: set[int] = set()

    def take(number: int) -> None:
        tested.add(number)
        taken.update(bundles[number])

    for number in shuffled(np.arange(len(bundles)), "test", seed).tolist():
        if all(taken[label] + n <= goal[label] for label, n in bundles[number].items()):
            take(number)
    for label in sorted(label for label in total if not taken[label]):
        fitting = [
            number
            for number, bundle in enumerate(bundles)
            if number not in tested and label in bundle and all(taken[c] + n < total[c] for c, n in bundle.items())
        ]
        if not taken[label] and fitting:
            take(min(fitting, key=lambda number: (bundles[number][label], number)))
    if without := sorted(label for label in total if not taken[label]):
        raise UsageError(
            f"No test part of whole groups could be drawn that has every class: {listed(without)} would have none.",
            "Try another --seed, or say which images are for testing (a column split, or folders train and test).",
            every=without,
        )

    numbers = _bundle_numbers(items)
    return [replace(item, part="test" if number in tested else "train") for item, number in zip(items, numbers, strict=True)]


def _bundle_numbers(items: Sequence[Item]) -> list[int]:
    """The bundle of each item: what goes into one part together, a group or an image without one."""
    numbers: dict[object, int] = {}
    return [numbers.setdefault(("group", item.group) if item.group else i, len(numbers)) for i, item in enumerate(items)]


def _bundles(items: Sequence[Item]) -> list[Counter[str]]:
    """How many images of each class each bundle holds."""
    held: dict[int, Counter[str]] = defaultdict(Counter)
    for item, number in zip(items, _bundle_numbers(items), strict=True):
        held[number][item.label] += 1
    return [held[number] for number in range(len(held))]


def _check_large_enough(bundles: Sequence[Counter[str]]) -> None:
    """A class needs one image to train on and another, of another group, to test on."""
    separable = Counter(label for bundle in bundles for label in bundle)
    small = sorted(label for label, n in separable.items() if n < 2)
    if small:
        raise UsageError(
            f"A test part cannot be drawn: these classes are too small, with one image or one group: {listed(small)}.",
            "Add images to them, leave them out, or give a test part of your own.",
            every=small,
        )


def _check_names(items: Sequence[Item]) -> None:
    bad = sorted(label for label in {item.label for item in items} if not _could_be_a_folder(label))
    if bad:
        raise UsageError(
            f"These classes have names that cannot be those of folders: {listed(bad)}.",
            f"Leave out '/', leading dots, control characters and what is not UTF-8; at most {LONGEST} bytes are allowed.",
            every=bad,
        )


def _could_be_a_folder(label: str) -> bool:
    """Joiners without a width are welcome: Persian and Hindi are not written without them."""
    unfit = any(unicodedata.category(character) in {"Cc", "Cs", "Zl", "Zp"} for character in label)
    return not (unfit or "/" in label or label.startswith(".") or len(label.encode()) > LONGEST)


def _check_classes(items: Sequence[Item]) -> None:
    train = {item.label for item in items if item.part == "train"}
    test = {item.label for item in items if item.part == "test"}
    for missing, part, other in ((test - train, "train", "test"), (train - test, "test", "train")):
        if missing:
            raise UsageError(
                f"These classes have images in the {other} part and none in the {part} part: {listed(sorted(missing))}.",
                "Both parts need the same classes: add images, or leave the classes out.",
                every=sorted(missing),
            )
    if len(train) < 2:
        raise UsageError(f"There is only one class: {listed(train)}.", "Telling classes apart needs two or more.")


def _check_groups(items: Sequence[Item]) -> None:
    parts: dict[str, set[str | None]] = defaultdict(set)
    for item in items:
        if item.group is not None:
            parts[item.group].add(item.part)
    torn = sorted(group for group, where in parts.items() if len(where) > 1)
    if torn:
        raise UsageError(
            f"These groups have images in both parts, so that the test would be too easy: {listed(torn)}.",
            "Put each group in one part, or leave the split out to have it drawn.",
            every=torn,
        )
