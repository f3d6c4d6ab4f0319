"""``ltk8s submit``: plan everything, create what is missing and, on this machine, run it to the end."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any

import typer

from ltk8s.cli.announce import announce_doubt, announce_place, announce_plans, plans_as_json, show_outcomes
from ltk8s.cli.common import FAILED, INTERRUPTED, Context, JobsOption, command, new_app
from ltk8s.cli.follow import explain, follow
from ltk8s.cli.gc import parse_age
from ltk8s.cli.initial import missing_weights, stage_missing, stage_where_possible
from ltk8s.cli.planning import Planner, make_plans, read_experiments
from ltk8s.cli.rankings import read_rankings, show_ranking
from ltk8s.cli.request import (
    DatasetOption,
    ExperimentsArgument,
    FamilyOption,
    ProfileOption,
    RatioOption,
    Request,
    SeedOption,
    SetOption,
    SplitSeedOption,
    TunedByOption,
    read_request,
)
from ltk8s.cli.study import (
    announce_study,
    arrange_cells,
    cells_as_json,
    experiments_of,
    nothing_fits,
    plan_cells,
    read_cells,
    read_study,
    record_of,
)
from ltk8s.cluster.render import render
from ltk8s.cluster.submit import Outcome
from ltk8s.cluster.submit import submit as create
from ltk8s.errors import UsageError
from ltk8s.planning.sweep import AnyPlan
from ltk8s.report import Study, collect, render_terminal
from ltk8s.spec.library import Library
from ltk8s.spec.ranking import Ranking
from ltk8s.store.runs import RunRecord, read_runs
from ltk8s.store.studies import read_studies, write_study

app = new_app()


@dataclass(frozen=True)
class How:
    """How a submission is carried out: the options of the same names."""

    wait: bool
    dry_run: bool
    plain: bool


@app.command()
@command
def submit(
    context: Context,
    experiments: ExperimentsArgument,
    ratio: RatioOption = None,
    seed: SeedOption = None,
    split_seed: SplitSeedOption = None,
    profile: ProfileOption = None,
    family: FamilyOption = None,
    dataset: DatasetOption = None,
    settings: SetOption = None,
    tuned_by: TunedByOption = None,
    wait: Annotated[bool, typer.Option("--wait", help="Follow until done; on this machine it always does.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Check everything and create nothing.")] = False,
    plain: Annotated[bool, typer.Option("--plain", help="Lines instead of bars on a terminal.")] = False,
    budget: Annotated[
        str | None, typer.Option("--budget", metavar="TIME", help="Of a study, what fits into 6h, say, and say what does not.")
    ] = None,
    jobs: JobsOption = None,
) -> None:
    """Plan experiments, sweeps or a study, create their Jobs and run them.

    What is done already is not done again; submitting once more goes on with what was cut short. On this machine
    (--cluster local) the Jobs run while this command does; Ctrl-C lets learners save and stops them.

    \b
    ltk8s submit baseline stack-wl stack-la --ratio 0.02
    ltk8s submit stack-wl --dataset mine --ratio full --seed 0 --seed 1 --seed 2
    ltk8s submit baseline --profile laptop --set train.epochs=5 --dry-run
    ltk8s submit hp-sweep --ratio 0.02
    ltk8s submit stack-wl --ratio 0.02 --tuned-by hp-sweep
    ltk8s submit study --budget 6h
    """
    request = read_request(experiments, ratio, seed, split_seed, family, dataset, settings, tuned_by)
    profile, library = profile or context.default_profile, Library(jobs)
    how = How(wait=wait, dry_run=dry_run, plain=plain)
    if any(library.kind(name) == "study" for name in request.experiments):
        submit_study(context, request, library, profile, budget=budget, how=how)
        return
    if budget:
        raise UsageError("--budget chooses among the cells of a study.", "Leave it out, or submit a study.")
    wanted = read_experiments(request, library, profile, store=context.store)
    missing = missing_weights(wanted, context.store)
    plans = make_plans(wanted, context.store, profile, unstaged=missing)
    announce_place(context)
    announce_doubt(context, plans)
    if missing and not dry_run:
        context.cluster.check([job for plan in plans for job in render(plan, context.settings)])
        plans = make_plans(stage_missing(context, wanted, missing), context.store, profile)
    announce_plans(context, plans)
    if dry_run:
        check_only(context, plans, missing)
    else:
        carry_out(context, plans, how)


def submit_study(context: Context, request: Request, library: Library, profile: str, *, budget: str | None, how: How) -> None:
    """Plan every cell of a study, say what that is and how long it takes, and carry it out."""
    name, study = read_study(library, request)
    seconds = parse_age(budget).total_seconds() if budget else None
    cells = read_cells(study, library, request, profile)
    missing = missing_weights(experiments_of(cells), context.store)
    announce_place(context)
    unavailable = stage_where_possible(context, missing) if missing and not how.dry_run else []
    planner = Planner(context.store, profile, missing if how.dry_run else ())
    arranged = arrange_cells(context, plan_cells(cells, planner, frozenset(unavailable)), seconds)
    announce_study(context, study, arranged)
    plans = [each.plan for each in arranged if each.plan and each.runs]
    announce_doubt(context, plans)
    more = {"name": name, "cells": cells_as_json(arranged)}
    if not plans and not how.dry_run:
        raise nothing_fits(arranged, budget or "")
    if how.dry_run:
        check_only(context, plans, missing, more)
        return
    former = [record.created for record in read_studies(context.store)]
    write_study(context.store, record_of(name, study, profile, arranged, former))
    carry_out(context, plans, how, more)


def check_only(
    context: Context, plans: Sequence[AnyPlan], missing: Sequence[str], more: Mapping[str, Any] | None = None
) -> None:
    """Say what would become of each id; the cluster checks the manifests. Ids depend on weights: none is shown without."""
    outcomes: list[Outcome] = []
    if missing:
        context.note(f"The weights of {', '.join(missing)} would be staged first; the names of runs and Jobs depend on them.")
    else:
        outcomes = create(plans, context.store, context.cluster, context.settings, dry_run=True)
    document = {**(more or {}), "runs": plans_as_json(plans), "weights_to_stage": missing, "outcomes": outcomes}
    context.emit(document, lambda: show_outcomes(context, outcomes))
    context.note("Nothing was created (--dry-run).")


def carry_out(context: Context, plans: Sequence[AnyPlan], how: How, more: Mapping[str, Any] | None = None) -> None:
    """Create what is missing, follow it if it is this machine's or --wait was given, and show the results."""
    outcomes = create(plans, context.store, context.cluster, context.settings)
    if not context.json:
        show_outcomes(context, outcomes)
    document: dict[str, Any] = {**(more or {}), "runs": plans_as_json(plans), "outcomes": outcomes}
    known = {record.run: record for record in read_runs(context.store)}
    records = [known[plan.run] for plan in plans]
    failed = False
    if not (how.wait or context.cluster.on_this_machine):
        leave(context, document, records[0].run)
        return
    if all(outcome.outcome == "done" for outcome in outcomes):
        context.note("All of it was done before.")
    else:
        failed = follow_to_the_end(context, records, plain=how.plain)
    study = collect(context.store, [record for record in records if record.kind == "experiment"])
    rankings = read_rankings(context.store, records)
    context.emit({**document, "study": study, "rankings": rankings}, lambda: show_results(context, study, rankings))
    unranked = any(record.kind == "sweep" and record.run not in rankings for record in records)
    if failed or unranked or any(row.outcome is None for row in study.rows):  # reading a result may show that it is bad
        explain(context, records)
        context.note("`ltk8s logs JOB` has more. Submitting again retries what failed.")
        raise typer.Exit(FAILED)


def leave(context: Context, document: dict[str, Any], run: str) -> None:
    """Say how to follow what goes on in the cluster, and what has to be done where nothing there releases fusions."""
    unattended = context.cluster.unattended(context.store.url)
    context.emit({**document, "unattended": unattended}, lambda: context.console.print(f"Follow with `ltk8s watch {run}`."))
    if unattended:
        context.note(
            f"Note: {unattended} Install one with `kubectl apply -k k8s/overlays/production` (docs/cluster.md), or keep "
            f"`ltk8s watch {run}` running: it releases fusions too."
        )


def follow_to_the_end(context: Context, records: Sequence[RunRecord], *, plain: bool) -> bool:
    """Follow the runs; return whether one failed. Leaves with 130, saying how to go on, when Ctrl-C came first."""
    try:
        followed = follow(context, records, drive_here=True, plain=plain)
    except KeyboardInterrupt:
        if not context.cluster.on_this_machine:
            context.note(f"Detached: the Jobs go on. Follow with `ltk8s watch {records[0].run}`.")
        raise
    if not followed.ended:
        context.note(f"Stopped. The same command goes on from what learners have saved: ltk8s {shlex.join(sys.argv[1:])}")
        raise typer.Exit(INTERRUPTED)
    return followed.failed


def show_results(context: Context, study: Study, rankings: dict[str, Ranking]) -> None:
    """The results table and the sweeps' rankings, and what to do next."""
    for run, ranking in rankings.items():
        show_ranking(context, run, ranking)
    if not study.rows:
        return
    context.console.print()
    context.console.print(render_terminal(study))
    if any(row.outcome for row in study.rows):
        context.console.print("\nAs Markdown, CSV and JSON: `ltk8s report --to DIR`. Is it luck? Add `--seed 1 --seed 2`.")
