"""``ltk8s experiments``: what can be submitted, and what a name stands for."""

from __future__ import annotations

from typing import Annotated, Any

import typer
import yaml

from ltk8s.cli import complete
from ltk8s.cli.common import Context, JobsOption, command, new_app
from ltk8s.cli.request import FamilyOption, ProfileOption, parse_family
from ltk8s.spec.base import parse
from ltk8s.spec.library import Library
from ltk8s.spec.study import Study
from ltk8s.spec.sweep import Sweep
from ltk8s.spec.yaml import plain

app = new_app()


@app.command()
@command
def experiments(
    context: Context,
    name: Annotated[
        str | None, typer.Argument(metavar="NAME", help="Print this one.", autocompletion=complete.experiments)
    ] = None,
    profile: ProfileOption = None,
    family: FamilyOption = None,
    full: Annotated[bool, typer.Option("--full", help="Print fields at their default too: all that --set can change.")] = False,
    jobs: JobsOption = None,
) -> None:
    """List experiments, sweeps, studies and profiles, or print one.

    NAME is printed as YAML with the profile laid over it: as it would be submitted. A sweep or study is printed as it is.

    \b
    ltk8s experiments
    ltk8s experiments stack-wl --profile laptop --full
    """
    library = Library(jobs)
    if name is None:
        catalogue = list_all(library)
        context.emit(catalogue, lambda: show_list(context, catalogue))
        return
    profile = profile or context.default_profile
    if library.kind(name) != "experiment":
        stem, written = library.read_experiment(name)
        context.emit(written, lambda: show_one(stem, None, written))
        return
    name, experiment = library.experiment(name, profile=profile, family=parse_family(family))
    fields = experiment.model_dump(mode="json", exclude_unset=not full)
    context.emit(fields, lambda: show_one(name, profile, fields))


def list_all(library: Library) -> dict[str, Any]:
    """Experiments with title, data set and networks as written, sweeps and studies, and profiles with what they set."""
    by_kind = {name: library.kind(name) for name in library.names()}
    return {
        "experiments": [_summary(library, name) for name, kind in by_kind.items() if kind == "experiment"],
        "sweeps": [_sweep(library, name) for name, kind in by_kind.items() if kind == "sweep"],
        "studies": [_study(library, name) for name, kind in by_kind.items() if kind == "study"],
        "profiles": [{"name": name, **library.read_profile(name).model_dump(mode="json")} for name in library.profiles()],
    }


def _summary(library: Library, name: str) -> dict[str, Any]:
    _, experiment = library.experiment(name, profile="paper")
    return {
        "name": name,
        "title": experiment.title,
        "dataset": experiment.dataset.name,
        "ratio": experiment.dataset.ratio,
        "learners": [learner.arch for learner in experiment.learners],
    }


def _sweep(library: Library, name: str) -> dict[str, Any]:
    sweep = parse(Sweep, library.read_experiment(name)[1], f"The sweep {name!r}")
    return {
        "name": name,
        "title": sweep.title,
        "base": sweep.base,
        "points": [label for label, _ in sweep.points()],
        "folds": sweep.folds,
    }


def _study(library: Library, name: str) -> dict[str, Any]:
    study = parse(Study, library.read_experiment(name)[1], f"The study {name!r}")
    return {"name": name, "title": study.title, "parts": [part.name for part in study.parts]}


def show_list(context: Context, catalogue: dict[str, Any]) -> None:
    from ltk8s.cli.show import table

    rows = table("EXPERIMENT", "TITLE", "DATA SET", "NETWORKS")
    for row in catalogue["experiments"]:
        rows.add_row(row["name"], row["title"], f"{row['dataset']} at {row['ratio']}", ", ".join(row["learners"]))
    context.console.print(rows)
    context.console.print()
    sweeps = table("SWEEP", "TITLE", "BASE", "POINTS", "FOLDS")
    for row in catalogue["sweeps"]:
        sweeps.add_row(row["name"], row["title"], row["base"], str(len(row["points"])), str(row["folds"] or "none"))
    for row in catalogue["studies"]:
        sweeps.add_row(row["name"], row["title"], "(a study)", f"{len(row['parts'])} parts", "")
    context.console.print(sweeps)
    context.console.print()
    profiles = table("PROFILE", "NETWORKS", "TRAINING", "RESOURCES")
    for row in catalogue["profiles"]:
        profiles.add_row(row["name"], row["family"], _pairs(row["train"]), _pairs(row["resources"]))
    context.console.print(profiles)


def _pairs(fields: dict[str, Any]) -> str:
    return ", ".join(f"{name} {value}" for name, value in fields.items())


def show_one(name: str, profile: str | None, fields: dict[str, Any]) -> None:
    typer.echo(f"# {name} with profile {profile}" if profile else f"# {name}")
    typer.echo(yaml.safe_dump(plain(fields), sort_keys=False, default_flow_style=None, allow_unicode=True, width=110), nl=False)
