"""From an experiment and a staged data set to tasks. Every check that can be made before anything is created is made here."""

from __future__ import annotations

import hashlib
import math
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

from ltk8s.data.manifest import Manifest
from ltk8s.data.sources.base import listed
from ltk8s.data.split import counts_without, tail_counts
from ltk8s.errors import UsageError
from ltk8s.planning.canonical import canonical_fusion, canonical_learner, canonical_loss, without_effect
from ltk8s.planning.draws import draws_of
from ltk8s.planning.task import RECIPE, DatasetRef, Fold, FusionTask, LearnerTask, Split, Weights, slugify
from ltk8s.spec.experiment import BagSampling, BalancedSampling, Dataset, Experiment, Resources
from ltk8s.spec.train import Train

FindWeights = Callable[[str], Weights]
"""From a network's name to its staged initial weights; raises UsageError where there are none."""

MEMBER_SEEDS = 1000
"""Member k of the same architecture trains with seed + 1000·k."""


@dataclass(frozen=True)
class Plan:
    """One run: an experiment at one ratio and seed, as the tasks that make it up.

    ``notes`` are things a user should know before it starts (a cap that was applied, a setting that changes nothing).
    """

    name: str
    experiment: Experiment
    profile: str
    learners: tuple[LearnerTask, ...]
    fusion: FusionTask
    train_counts: tuple[int, ...]
    notes: tuple[str, ...] = ()
    tuned_by: str = ""
    commit: str = ""

    @cached_property
    def run(self) -> str:
        """The run's name: a slug and 8 hex digits of its members' and fusion's ids."""
        return run_name(self.name, [*(task.id for task in self.learners), self.fusion.id])

    @property
    def last(self) -> FusionTask:
        """The task that ends the run."""
        return self.fusion

    @property
    def resources(self) -> Resources:
        return self.experiment.resources


def plan(
    name: str, experiment: Experiment, manifest: Manifest, find_weights: FindWeights, *, profile: str, tuned_by: str = ""
) -> Plan:
    """Turn an experiment into the tasks of one run.

    Args:
        name: the experiment's name; it names the run and nothing else.
        experiment: what to do, scale included.
        manifest: the staged data set that it names.
        find_weights: looks up the initial weights of a network.
        profile: the profile's name, for the record.
        tuned_by: the sweep's run whose winner the experiment's settings are from, for the record.

    Raises:
        UsageError: for each kind of request that cannot be carried out on this data set.
    """
    learners = plan_learners(experiment, manifest, find_weights)
    how = canonical_fusion(experiment.fusion, learners.tasks[0], learners.counts)
    notes = (*learners.notes, *without_effect(experiment.fusion, how))
    fusion = FusionTask(
        kind="fusion",
        recipe=RECIPE,
        dataset=learners.dataset,
        split=learners.split,
        members=tuple(task.id for task in learners.tasks),
        **dict(how),
    )
    return Plan(name, experiment, profile, learners.tasks, fusion, learners.counts, notes, tuned_by)


def run_name(name: str, ids: Sequence[str]) -> str:
    """A run's name, from the experiment's or sweep's and the ids of all its tasks, in order."""
    return f"{slugify(name)[:40].strip('-')}-{hashlib.sha256(','.join(ids).encode()).hexdigest()[:8]}"


@dataclass(frozen=True)
class Learners:
    """An experiment's learners. ``counts`` are the split's images per class: before a fold is held out, and before sampling."""

    dataset: DatasetRef
    split: Split
    tasks: tuple[LearnerTask, ...]
    counts: tuple[int, ...]
    notes: tuple[str, ...]


def plan_learners(experiment: Experiment, manifest: Manifest, find_weights: FindWeights, fold: Fold | None = None) -> Learners:
    """The learners of an experiment; with a ``fold``, those that train without it and predict it.

    A threshold that is a fraction is one of the images that are trained on, so that it means the same with and without a fold.

    Raises:
        UsageError: as ``plan``.
    """
    split = Split(ratio=_ratio(experiment.dataset), seed=experiment.dataset.split_seed)
    counts = tail_counts(manifest.train_counts, split.ratio)
    _check_classes(counts, manifest, experiment.dataset)
    _check_target_prior(experiment, manifest)
    dataset = DatasetRef(name=manifest.name, fingerprint=manifest.fingerprint)
    trained_on = counts_without(counts, fold.index, fold.of) if fold else counts
    if fold and sum(trained_on) == sum(counts):
        raise UsageError(f"Of {fold.of} folds one has no image: there are {sum(counts)}.", "Use fewer folds (select.folds).")
    if fold:
        draws_of(experiment.sampling, counts)  # refuses what it refuses on all images: folds differ by an image a class
    draws, notes = draws_of(experiment.sampling, trained_on)
    train = _duration(experiment, sum(trained_on))
    tasks = []
    for draw, seen in draws:
        used: Counter[str] = Counter()
        for learner in experiment.learners:
            task = LearnerTask(
                kind="learner",
                recipe=RECIPE,
                dataset=dataset,
                split=split,
                fold=fold,
                sampling=draw,
                arch=learner.arch,
                weights=find_weights(learner.arch),
                train=train,
                seed=experiment.seed + MEMBER_SEEDS * used[learner.arch],
            )
            used[learner.arch] += 1
            tasks.append(canonical_learner(task, seen))
    if canonical_loss(train.loss, draws[0][1]) != canonical_loss(train.loss, (1, 2)):
        notes.append("Every class has the same number of images: the loss needs no weights or adjustment.")
    return Learners(dataset, split, tuple(tasks), counts, tuple(notes))


def _ratio(dataset: Dataset) -> float | None:
    return None if dataset.ratio in ("full", 1.0) else float(dataset.ratio)


def _duration(experiment: Experiment, images: int) -> Train:
    """The recipe; with equal steps, in as many steps as it takes without sampling, on all ``images``."""
    train, sampling = experiment.train, experiment.sampling
    if isinstance(sampling, BalancedSampling | BagSampling) and sampling.equal_steps:
        return train.model_copy(update={"epochs": None, "steps": train.steps_on(images), "longer": 1})
    return train


def _check_classes(counts: tuple[int, ...], manifest: Manifest, dataset: Dataset) -> None:
    empty = [name for name, n in zip(manifest.classes, counts, strict=True) if n == 0]
    if empty:
        shown = ", ".join(repr(name) for name in empty[:3]) + (f" and {len(empty) - 3} more" if len(empty) > 3 else "")
        raise UsageError(
            f"At ratio {dataset.ratio} of {manifest.name!r} a class is left without an image: {shown}.",
            f"Use a ratio of {_smallest_ratio(manifest.train_counts)} or more."
            if all(manifest.train_counts)
            else "Stage the data set without that class.",
            every=empty,
        )


def _smallest_ratio(counts: tuple[int, ...]) -> float:
    """The smallest ratio of two significant digits at which each class keeps an image, where each has one.

    >>> _smallest_ratio((300, 300, 300))
    0.0034
    """
    step = 10.0 ** (math.floor(math.log10(1 / max(counts))) - 1)
    digits = math.floor(1 / max(counts) / step)
    while 0 in tail_counts(counts, float(f"{digits * step:.2g}")):
        digits += 1
    return float(f"{digits * step:.2g}")


def _check_target_prior(experiment: Experiment, manifest: Manifest) -> None:
    prior = experiment.fusion.target_prior
    if isinstance(prior, dict) and set(prior) != set(manifest.classes):
        wrong = sorted(set(prior) ^ set(manifest.classes))
        raise UsageError(
            f"fusion.target_prior must name each class of {manifest.name!r} once; these differ: {listed(wrong, 5)}.",
            "`ltk8s data show` lists the classes.",
            every=wrong,
        )
