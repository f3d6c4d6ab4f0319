"""From a sweep and a staged data set to tasks: learners of every point and fold, and the ranking that compares them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from ltk8s.data.manifest import Manifest
from ltk8s.errors import UsageError
from ltk8s.planning.canonical import canonical_fusion
from ltk8s.planning.planner import FindWeights, Learners, Plan, plan_learners, run_name
from ltk8s.planning.task import RECIPE, Fold, LearnerTask, RankingPoint, RankingTask, canonical_json
from ltk8s.spec.experiment import Experiment, Fusion, Resources
from ltk8s.spec.resolve import ResolvedPoint, ResolvedSweep

MOST_BYTES = 120_000
"""A worker gets its task in one environment variable, and Linux allows 128 KiB for each."""


@dataclass(frozen=True)
class SweepPlan:
    """One run of a sweep at one ratio and seed: like a ``Plan``, but for the ranking at its end.

    ``experiment`` is the sweep's base with the sweep's title, ``learners`` those of all points and folds, each once.
    """

    name: str
    experiment: Experiment
    profile: str
    learners: tuple[LearnerTask, ...]
    ranking: RankingTask
    train_counts: tuple[int, ...]
    notes: tuple[str, ...] = ()
    commit: str = ""

    tuned_by = ""

    @cached_property
    def run(self) -> str:
        """The run's name: a slug and 8 hex digits of its members' and ranking's ids."""
        return run_name(self.name, [*(task.id for task in self.learners), self.ranking.id])

    @property
    def last(self) -> RankingTask:
        """The task that ends the run."""
        return self.ranking

    @property
    def resources(self) -> Resources:
        return self.experiment.resources


AnyPlan = Plan | SweepPlan


def plan_sweep(resolved: ResolvedSweep, manifest: Manifest, find_weights: FindWeights, *, profile: str) -> SweepPlan:
    """Turn a sweep into the tasks of one run. Points that differ in the fusion only share their learners.

    Args:
        resolved: the sweep, with the experiment of each point.
        manifest: the staged data set that it names.
        find_weights: looks up the initial weights of a network.
        profile: the profile's name, for the record.

    Raises:
        UsageError: for each kind of request that cannot be carried out on this data set; it names the point.
    """
    folds = resolved.sweep.folds
    default = _default(resolved, manifest, find_weights)
    learners: dict[str, LearnerTask] = {}
    points: list[RankingPoint] = []
    notes = list(resolved.notes)
    for point in resolved.points:
        try:
            by_fold = _folds_of(point.experiment, manifest, find_weights, folds)
        except UsageError as error:
            raise UsageError(f"At the point {point.label!r} of the sweep: {error.what}", error.do) from None
        made = _point(point, by_fold, default)
        if same := next((other for other in points if (other.folds, other.fusion) == (made.folds, made.fusion)), None):
            notes.append(f"The point {made.label!r} is the same as {same.label!r}, and is left out.")
            continue
        points.append(made)
        learners |= {task.id: task for fold in by_fold for task in fold.tasks}
        notes += [f"{point.label}: {note}" for note in by_fold[0].notes]
    ranking = RankingTask(
        kind="ranking", recipe=RECIPE, dataset=by_fold[0].dataset, split=by_fold[0].split, folds=folds, points=tuple(points)
    )
    counts = by_fold[0].counts
    _check(resolved, ranking)
    notes += _notes_on(ranking, counts)
    return SweepPlan(
        resolved.name, resolved.base, profile, tuple(learners.values()), ranking, counts, tuple(dict.fromkeys(notes))
    )


def _folds_of(experiment: Experiment, manifest: Manifest, find_weights: FindWeights, folds: int) -> list[Learners]:
    """The learners of each fold; without folds, those that train on all images."""
    chosen: list[Fold | None] = [Fold(index=index, of=folds) for index in range(folds)]
    return [plan_learners(experiment, manifest, find_weights, fold) for fold in chosen or [None]]


Fingerprint = tuple[tuple[tuple[str, ...], ...], Fusion]
"""What decides a point's score: its learners, fold by fold, and how they are fused."""


def _default(resolved: ResolvedSweep, manifest: Manifest, find_weights: FindWeights) -> Fingerprint | None:
    """What the base would be as a point; None where it cannot be planned (its weights are not at hand): no point is it then."""
    try:
        by_fold = _folds_of(resolved.base, manifest, find_weights, resolved.sweep.folds)
    except UsageError:
        return None
    return _ids(by_fold), _fusion(resolved.base, by_fold)


def _point(point: ResolvedPoint, by_fold: list[Learners], default: Fingerprint | None) -> RankingPoint:
    ids, fusion = _ids(by_fold), _fusion(point.experiment, by_fold)
    return RankingPoint(label=point.label, settings=point.settings, default=(ids, fusion) == default, folds=ids, fusion=fusion)


def _fusion(experiment: Experiment, by_fold: list[Learners]) -> Fusion:
    """How the point's learners are fused, canonical.

    Raises:
        UsageError: if that takes the networks themselves: a ranking has their logits.
    """
    fusion = canonical_fusion(experiment.fusion, by_fold[0].tasks[0], by_fold[0].counts)
    if fusion.tau_norm or fusion.flip:
        field, instead = ("tau_norm", "fusion.logit_adjustment") if fusion.tau_norm else ("flip", "train.eval_flip")
        raise UsageError(f"fusion.{field} evaluates the networks anew; a ranking has their logits only.", f"Sweep {instead}.")
    return fusion


def _ids(by_fold: list[Learners]) -> tuple[tuple[str, ...], ...]:
    return tuple(tuple(task.id for task in fold.tasks) for fold in by_fold)


def _check(resolved: ResolvedSweep, ranking: RankingTask) -> None:
    if len(ranking.points) < 2:
        raise UsageError(
            f"The sweep {resolved.name!r} has a single point: there is nothing to compare.", "Give it two points or more."
        )
    if (size := len(canonical_json(ranking))) > MOST_BYTES:
        raise UsageError(
            f"The sweep {resolved.name!r} is too large for one ranking: its task has {size:,} bytes of at most {MOST_BYTES:,}.",
            "Cut it into smaller sweeps.",
        )


def _notes_on(ranking: RankingTask, counts: tuple[int, ...]) -> list[str]:
    alone = sum(n == 1 for n in counts)
    if not ranking.folds:
        return ["This sweep selects nothing: it shows test accuracies."]
    if not alone:
        return []
    return [
        f"{alone} class{'' if alone == 1 else 'es'} of {len(counts)} with a single image: it is always trained on, so "
        f"{'that class is' if alone == 1 else 'those are'} left out of the selection."
    ]
