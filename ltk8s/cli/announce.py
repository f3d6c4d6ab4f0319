"""What submit says before and after it creates Jobs: which runs, which learners, which of them are shared."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from ltk8s.cli.common import Context
from ltk8s.cli.show import counted, styled, table
from ltk8s.cluster.render import render
from ltk8s.cluster.submit import Outcome
from ltk8s.planning.sweep import AnyPlan, SweepPlan
from ltk8s.planning.task import arch_slug, ratio_slug


def announce_place(context: Context) -> None:
    """Say which cluster and which store were chosen."""
    cluster = context.cluster
    context.note(f"Cluster: {'local (this machine)' if cluster.on_this_machine else f'{cluster.name}, {cluster.namespace}'}")
    context.note(f"Store:   {context.store.url}")


def announce_doubt(context: Context, plans: Sequence[AnyPlan]) -> None:
    """Say beforehand what the cluster lacks now, so that Jobs would wait for ever."""
    if doubt := context.cluster.doubt([job for plan in plans for job in render(plan, context.settings)]):
        context.note(f"Note: {doubt}")


def announce_plans(context: Context, plans: Sequence[AnyPlan]) -> None:
    """Say what is planned: the runs, and what should be known of them before they start."""
    if not context.json:
        context.console.print("", runs_table(plans), "", sep="\n")
    for plan in plans:
        for text in plan.notes:
            context.note(f"Note on {plan.run}: {text}")
    context.note(f"{counted(len(plans), 'run')}: {learners_in(plans)}")


def runs_table(plans: Sequence[AnyPlan]) -> Any:
    rows = table("RUN", "EXPERIMENT", "DATA SET", "RATIO", "SEED", "PROFILE", "NETWORKS")
    for plan in plans:
        rows.add_row(
            plan.run,
            plan.experiment.title,
            plan.last.dataset.name,
            ratio_slug(plan.last.split.ratio),
            str(plan.experiment.seed),
            plan.profile,
            networks(plan),
        )
    return rows


def networks(plan: AnyPlan) -> str:
    """The members' networks, each with how often it is there: ``lite0, lite1`` or ``4 × b0``; a sweep's points and folds."""
    if isinstance(plan, SweepPlan):
        points = counted(len(plan.ranking.points), "point")
        return f"{points}, {plan.ranking.folds} folds" if plan.ranking.folds else points
    counts = Counter(arch_slug(task.arch) for task in plan.learners)
    return ", ".join(arch if count == 1 else f"{count} × {arch}" for arch, count in counts.items())


def learners_in(plans: Sequence[AnyPlan]) -> str:
    """How many learners there are in all, and how many more than one run needs: ``7 learners, 1 shared``."""
    needed = Counter(id for plan in plans for id in {task.id for task in plan.learners})
    shared = sum(count > 1 for count in needed.values())
    return counted(len(needed), "learner") + (f", {shared} shared" if shared else "")


def show_outcomes(context: Context, outcomes: Sequence[Outcome]) -> None:
    """What became of each id, and the sums."""
    unique: dict[str, Outcome] = {}
    for outcome in outcomes:
        unique.setdefault(outcome.id, outcome)
    if not unique:
        return
    rows = table("JOB", "OUTCOME", "WHY")
    for outcome in unique.values():
        rows.add_row(outcome.id, styled(outcome.outcome), outcome.why)
    context.console.print("", rows, "", sep="\n")
    sums = Counter(outcome.outcome for outcome in unique.values())
    context.console.print(", ".join(f"{count} {name}" for name, count in sums.items()))


def plans_as_json(plans: Sequence[AnyPlan]) -> list[dict[str, Any]]:
    return [
        {
            "run": plan.run,
            "experiment": plan.name,
            "title": plan.experiment.title,
            "dataset": plan.last.dataset,
            "ratio": plan.last.split.ratio,
            "seed": plan.experiment.seed,
            "profile": plan.profile,
            "learners": [{"id": task.id, "arch": task.arch} for task in plan.learners],
            plan.last.kind: plan.last.id,
            "notes": plan.notes,
        }
        for plan in plans
    ]
