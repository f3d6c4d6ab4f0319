"""A run's record: what the store keeps of a plan."""

from __future__ import annotations

from collections.abc import Iterable

from ltk8s import __version__
from ltk8s.planning.sweep import AnyPlan, SweepPlan
from ltk8s.store.runs import Member, RunRecord, SweepPoint
from ltk8s.times import later_than


def record_of(plan: AnyPlan, image: str, former: Iterable[str] = ()) -> RunRecord:
    """The record of a run that is submitted now, which is after all moments of ``former``."""
    return RunRecord(
        run=plan.run,
        kind="sweep" if isinstance(plan, SweepPlan) else "experiment",
        experiment=plan.name,
        title=plan.experiment.title,
        profile=plan.profile,
        dataset=plan.last.dataset.name,
        fingerprint=plan.last.dataset.fingerprint,
        ratio=plan.last.split.ratio,
        seed=plan.experiment.seed,
        split_seed=plan.last.split.seed,
        members=tuple(Member(id=task.id, arch=task.arch, seed=task.seed) for task in plan.learners),
        fusion=plan.last.id,
        train_counts=plan.train_counts,
        spec=plan.experiment.model_dump(mode="json"),
        notes=plan.notes,
        points=points_of(plan),
        tuned_by=plan.tuned_by,
        commit=plan.commit,
        image=image,
        version=__version__,
        created=later_than(former),
    )


def points_of(plan: AnyPlan) -> tuple[SweepPoint, ...]:
    """What a sweep tries; nothing for an experiment."""
    if not isinstance(plan, SweepPlan):
        return ()
    return tuple(SweepPoint(label=point.label, settings=point.settings) for point in plan.ranking.points)
