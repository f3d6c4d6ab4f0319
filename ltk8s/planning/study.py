"""A study's cells as runs: which of them are one, what is left to do for each, and what fits into a budget."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace

from ltk8s.data.manifest import Manifest
from ltk8s.data.sampling import bag_counts
from ltk8s.data.split import counts_without, tail_counts
from ltk8s.planning.estimate import Rates, total
from ltk8s.planning.sweep import AnyPlan, SweepPlan
from ltk8s.planning.task import LearnerTask, TaskBag, TaskBalanced
from ltk8s.spec.study import Cell

NAMESAKES = ("baseline", "stacking")
"""Where several experiments are the same run, it goes by one of these names if it can."""


@dataclass(frozen=True)
class Planned:
    """A cell, its experiment's title and its plan. One that cannot be carried out has none, and ``dropped`` says why.

    ``same_as`` names the experiment whose run it is, since its own technique changes nothing here. ``new`` are the learners
    that no cell before it needs and that are not committed, ``seconds`` what they and the end of its run take (None: unknown).
    """

    cell: Cell
    plan: AnyPlan | None
    dropped: str = ""
    same_as: str = ""
    new: tuple[LearnerTask, ...] = ()
    seconds: float | None = 0.0
    title: str = ""

    @property
    def runs(self) -> bool:
        """Whether it has a run of its own that is to be submitted."""
        return self.plan is not None and not self.dropped and not self.same_as


BEYOND = "beyond the budget"
UNKNOWN = "how long it takes is not known, so that it cannot be fitted into the budget"

Seconds = Callable[[AnyPlan, Sequence[LearnerTask]], float | None]
"""How long some learners of a plan, and the end of its run, take; None where that is not known."""


def arrange(
    cells: Iterable[Planned], committed: AbstractSet[str], seconds: Seconds, budget: float | None = None
) -> list[Planned]:
    """Find the cells that are the same run as another, and what is left to do for each, in order of priority.

    A cell whose very run an earlier cell has asked for is left out. Once a cell does not fit into the budget, no later one
    takes its place, unless it costs nothing: the order says what matters, not the size.

    Args:
        committed: the ids of learners, fusions and rankings that are done.
        seconds: how long learners of a plan take.
        budget: seconds for all that is not committed yet; None has no end.
    """
    kept = _without_repeats(cells)
    owners = _owners(kept)
    kept = _owners_first(kept, owners)
    seen: set[str] = set()
    spent, full = 0.0, False
    arranged = []
    for each in kept:
        if each.plan is None:
            arranged.append(each)
            continue
        owner = owners[each.plan.last.id]
        if owner is not each:
            arranged.append(replace(each, same_as=owner.plan.name if owner.plan else ""))
            continue
        if each.plan.last.id in committed:
            arranged.append(each)
            continue
        new = tuple(task for task in each.plan.learners if task.id not in seen and task.id not in committed)
        left = seconds(each.plan, new)
        full = full or (budget is not None and spent + (left or 0.0) > budget)
        if left != 0 and (full or (left is None and budget is not None)):
            arranged.append(replace(each, new=new, seconds=left, dropped=UNKNOWN if left is None else BEYOND))
            continue
        spent += left or 0.0
        seen |= {task.id for task in each.plan.learners}
        arranged.append(replace(each, new=new, seconds=left))
    dropped = {each.plan.last.id: each.dropped for each in arranged if each.plan and each.dropped}
    return [replace(each, dropped=dropped.get(each.plan.last.id, "")) if each.plan else each for each in arranged]


def seconds_by(rates: Rates, manifest: Manifest) -> Seconds:
    """Device seconds by what learners took before; a fusion evaluates its members once more, a ranking takes none."""

    def seconds(plan: AnyPlan, learners: Sequence[LearnerTask]) -> float | None:
        cores, gpu = plan.resources.cpu, plan.resources.gpu > 0

        def of(task: LearnerTask, evaluated: int) -> float | None:
            return rates.seconds(task, images_of(task, manifest), evaluated, threads=cores, gpu=gpu)

        trained = [of(task, evaluated_by(task, manifest)) for task in learners]
        if isinstance(plan, SweepPlan):
            return total(trained)
        test = sum(manifest.test_counts)
        fused = [_difference(of(task, test), of(task, 0)) for task in plan.learners]
        return total([*trained, *fused])

    return seconds


def images_of(task: LearnerTask, manifest: Manifest) -> int:
    """How many images a learner trains on in an epoch, repetitions included."""
    counts = tail_counts(manifest.train_counts, task.split.ratio)
    if task.fold:
        counts = counts_without(counts, task.fold.index, task.fold.of)
    if isinstance(task.sampling, TaskBalanced):
        return task.sampling.threshold * sum(n > 0 for n in counts)
    if isinstance(task.sampling, TaskBag):
        return sum(bag_counts(counts, task.sampling.of)[task.sampling.index])
    return sum(counts)


def evaluated_by(task: LearnerTask, manifest: Manifest) -> int:
    """How many images a learner predicts in the end: those of its fold, or the test set's."""
    if not task.fold:
        return sum(manifest.test_counts)
    counts = tail_counts(manifest.train_counts, task.split.ratio)
    return sum(counts) - sum(counts_without(counts, task.fold.index, task.fold.of))


def _without_repeats(cells: Iterable[Planned]) -> list[Planned]:
    kept: dict[object, Planned] = {}
    for each in cells:
        key = each.plan.run if each.plan else (each.cell.experiment, each.cell.ratio, each.cell.seed)
        kept.setdefault(key, each)
    return list(kept.values())


def _owners(cells: Sequence[Planned]) -> dict[str, Planned]:
    """For the end of each run the cell that it goes by: the first of them, or one whose name is a better one."""
    owners: dict[str, Planned] = {}
    for each in sorted((each for each in cells if each.plan), key=_rank):
        assert each.plan is not None
        owners.setdefault(each.plan.last.id, each)
    return owners


def _owners_first(cells: Sequence[Planned], owners: Mapping[str, Planned]) -> list[Planned]:
    """The cells with each owner where the first cell of its run is: that is how early the run is wanted."""
    placed = list(cells)
    for owner in owners.values():
        first = next(each for each in placed if each.plan and owner.plan and each.plan.last.id == owner.plan.last.id)
        if first is not owner:
            placed.remove(owner)
            placed.insert(placed.index(first), owner)
    return placed


def _rank(each: Planned) -> bool:
    return each.plan is not None and each.plan.name not in NAMESAKES


def _difference(more: float | None, less: float | None) -> float | None:
    return None if more is None or less is None else more - less
