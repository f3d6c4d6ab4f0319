"""Submitting a study: every cell planned, what is the same found, what takes too long dropped, and all of it said before."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from collections.abc import Set as AbstractSet
from typing import Any

import ltk8s
from ltk8s.cli.common import Context
from ltk8s.cli.planning import Named, Planner, Wanted
from ltk8s.cli.request import Request
from ltk8s.cli.show import counted, duration, table
from ltk8s.errors import UsageError
from ltk8s.planning.catalogue import find_manifest
from ltk8s.planning.done import find_done
from ltk8s.planning.estimate import rates, total
from ltk8s.planning.study import BEYOND, UNKNOWN, Planned, arrange, seconds_by
from ltk8s.planning.task import ratio_slug
from ltk8s.spec.base import parse
from ltk8s.spec.library import Library
from ltk8s.spec.resolve import ResolvedSweep, resolve_sweep
from ltk8s.spec.study import Cell, Study
from ltk8s.store.studies import StudyCell, StudyRecord
from ltk8s.times import later_than

ReadCell = tuple[Cell, Named | ResolvedSweep | str]
"""A cell with its experiment or sweep, or with the reason why it cannot be read."""


def read_study(library: Library, request: Request) -> tuple[str, Study]:
    """Read the one study of a request.

    Raises:
        UsageError: if it is not valid, is named beside others, or an option is given that a study decides by itself.
    """
    if len(request.experiments) > 1:
        raise UsageError("A study is submitted by itself.", f"Leave out all but one of {', '.join(request.experiments)}.")
    fixed = {"--ratio": request.ratios, "--seed": request.seeds, "--tuned-by": request.tuned_by}
    its_own = {"dataset", "dataset.ratio", "dataset.split_seed", "seed"}
    fixed |= {f"--set {path}": path for path in request.overrides if path in its_own}
    if given := [option for option, value in fixed.items() if value]:
        raise UsageError(f"A study has ratios and seeds of its own; {given[0]} is given too.", "Leave it out, or edit a copy.")
    name, fields = library.read_experiment(request.experiments[0])
    return name, parse(Study, fields, f"The study {name!r}")


def read_cells(study: Study, library: Library, request: Request, profile: str) -> list[ReadCell]:
    """Each cell with its experiment or sweep; with the reason where that cannot be read."""
    return [(cell, _read(cell, library, request, profile)) for cell in study.cells()]


def _read(cell: Cell, library: Library, request: Request, profile: str) -> Named | ResolvedSweep | str:
    overrides = {**cell.overrides, **request.overrides}
    try:
        if library.kind(cell.experiment) == "sweep":
            return resolve_sweep(library, cell.experiment, profile=profile, family=request.family, overrides=overrides)
        named = library.experiment(cell.experiment, profile=profile, family=request.family, overrides=overrides)
        return Named(*named, commit=library.commit(cell.experiment))
    except UsageError as error:
        return error.what


def experiments_of(cells: Sequence[ReadCell]) -> Wanted:
    """What can be read of the cells."""
    return [wanted for _, wanted in cells if not isinstance(wanted, str)]


def plan_cells(cells: Sequence[ReadCell], planner: Planner, unavailable: AbstractSet[str]) -> list[Planned]:
    """Each cell with its plan, or the reason why there is none."""
    return [_plan(cell, wanted, planner, unavailable) for cell, wanted in cells]


def _plan(cell: Cell, wanted: Named | ResolvedSweep | str, planner: Planner, unavailable: AbstractSet[str]) -> Planned:
    if isinstance(wanted, str):
        return Planned(cell, None, dropped=wanted)
    title = (wanted.base if isinstance(wanted, ResolvedSweep) else wanted.experiment).title
    try:
        if isinstance(wanted, ResolvedSweep) and unavailable & set(wanted.architectures):
            wanted = wanted.without(unavailable)
        return Planned(cell, planner.plan(wanted), title=title)
    except UsageError as error:
        return Planned(cell, None, dropped=error.what, title=title)


def arrange_cells(context: Context, cells: Sequence[Planned], budget: float | None) -> list[Planned]:
    """What is the same, what is left and what fits, by what the store has and how long things took there.

    Raises:
        UsageError: if no cell can be planned, or a budget is given and nobody knows how long anything takes.
    """
    plans = [each.plan for each in cells if each.plan]
    if not plans:
        raise UsageError(f"No cell of the study can be run: {cells[0].dropped}", "Correct it, or stage what is missing.")
    manifest = find_manifest(context.store, plans[0].last.dataset.name, plans[0].last.dataset.fingerprint)
    done, _ = find_done(plans, context.store)
    made = arrange(cells, done, seconds_by(rates(context.store), manifest), budget)
    too_long = {each.dropped for each in made} & {BEYOND, UNKNOWN}
    if not any(each.runs for each in made) and too_long == {UNKNOWN}:
        raise UsageError(
            "How long a learner takes is not known here, so that nothing can be fitted into a budget.",
            "Submit one experiment with the study's networks first, or leave out --budget.",
        )
    return made


def nothing_fits(cells: Sequence[Planned], budget: str) -> UsageError:
    """What to say where every cell whose time is known is beyond the budget: the first of them is in the way."""
    first = next(each for each in cells if each.dropped == BEYOND and not each.same_as)
    return UsageError(
        f"Nothing of the study fits into a budget of {budget}: its first cell of known time, {first.cell.experiment} at "
        f"{first.cell.ratio}, takes about {_duration(first.seconds or 0)}.",
        "Give more, or a smaller --profile. Nothing was created.",
    )


def announce_study(context: Context, study: Study, cells: Sequence[Planned]) -> None:
    """Say what will be done, part by part, what is dropped and why, how many learners that is, and how long it takes."""
    if not context.json:
        context.console.print("", study.title, "", parts_table(study, cells), "", sep="\n")
    for (what, why), where in left_out(cells).items():
        context.note(f"{what}: {'; '.join(where)}{f' ({why})' if why else ''}")
    context.note(sums(cells))


def left_out(cells: Sequence[Planned]) -> dict[tuple[str, str], list[str]]:
    """The cells that are not run, by what becomes of them and why: the experiments at each ratio and seed."""
    found: dict[tuple[str, str], dict[str, list[str]]] = {}
    for each in cells:
        if each.dropped:
            kind = "Dropped" if each.dropped in (BEYOND, UNKNOWN) else "Not possible", each.dropped.rstrip(".")
        elif each.same_as:
            kind = f"The same as {each.same_as} there, not run again", ""
        else:
            continue
        place = f"at {each.cell.ratio}, seed {each.cell.seed}"
        found.setdefault(kind, {}).setdefault(place, []).append(each.cell.experiment)
    return {kind: [f"{', '.join(own)} {place}" for place, own in places.items()] for kind, places in found.items()}


def parts_table(study: Study, cells: Sequence[Planned]) -> Any:
    rows = table("PART", "RATIO", "SEEDS", "RUNS", "NEW LEARNERS", "TIME", "EXPERIMENTS")
    for part in study.parts:
        for ratio in part.ratios:
            own = [each for each in cells if (each.cell.part, each.cell.ratio) == (part.name, ratio)]
            running = [each for each in own if each.runs]
            rows.add_row(
                part.name,
                str(ratio),
                ", ".join(dict.fromkeys(str(each.cell.seed) for each in own)),
                str(len(running)),
                str(sum(len(each.new) for each in running)),
                _duration(total([each.seconds for each in running])),
                ", ".join(dict.fromkeys(each.cell.experiment for each in running)),
            )
    return rows


def sums(cells: Sequence[Planned]) -> str:
    """How many runs and learners there are, how many of these are shared and done already, and how long the others take."""
    running = [each for each in cells if each.plan and each.runs]
    needed = [task.id for each in running if each.plan for task in each.plan.learners]
    learners, new = len(set(needed)), sum(len(each.new) for each in running)
    shared = sum(needed.count(id) > 1 for id in set(needed))
    details = [f"{shared} shared", f"{learners - new} done already", f"{new} to train"]
    return f"{counted(len(running), 'run')}, {counted(learners, 'learner')} ({', '.join(details)}){_time_of(running)}."


def _time_of(running: Sequence[Planned]) -> str:
    known = [each.seconds for each in running if each.seconds is not None]
    unknown = len(running) - len(known)
    if not sum(known) and not unknown:
        return ""
    rest = f", and {counted(unknown, 'run')} of which it is not known how long" if unknown else ""
    return f": about {_duration(sum(known))} of device time{rest}"


def _duration(seconds: float | None) -> str:
    return "not known" if seconds is None else duration(60 * round(seconds / 60)) if seconds >= 60 else duration(seconds)


def record_of(name: str, study: Study, profile: str, cells: Sequence[Planned], former: Iterable[str] = ()) -> StudyRecord:
    """The study as it is submitted now, which is after all moments of ``former``."""
    some = next(each.plan for each in cells if each.plan)
    return StudyRecord(
        name=name,
        title=study.title,
        profile=profile,
        dataset=some.last.dataset.name,
        fingerprint=some.last.dataset.fingerprint,
        cells=tuple(_cell(each, cells) for each in cells),
        version=ltk8s.__version__,
        created=later_than(former),
    )


def _cell(each: Planned, cells: Sequence[Planned]) -> StudyCell:
    plan = each.plan
    if each.same_as:  # the run is the one that it is the same as
        plan = next(o.plan for o in cells if o.plan and plan and o.plan.last.id == plan.last.id and not o.same_as)
    return StudyCell(
        experiment=each.cell.experiment,
        title=each.title or each.cell.experiment,
        ratio=None if each.cell.ratio in ("full", 1.0) else float(each.cell.ratio),
        seed=each.cell.seed,
        split_seed=each.cell.seed,
        run=plan.run if plan else "",
        kind="sweep" if plan and plan.last.kind == "ranking" else "experiment",
        group=each.cell.part,
        same_as=each.same_as,
        dropped=each.dropped,
    )


def cells_as_json(cells: Sequence[Planned]) -> list[dict[str, Any]]:
    return [
        {
            "part": each.cell.part,
            "experiment": each.cell.experiment,
            "ratio": ratio_slug(None if each.cell.ratio in ("full", 1.0) else float(each.cell.ratio)),
            "seed": each.cell.seed,
            "run": each.plan.run if each.plan else "",
            "same_as": each.same_as,
            "dropped": each.dropped,
            "new_learners": len(each.new),
            "seconds": each.seconds,
        }
        for each in cells
    ]
