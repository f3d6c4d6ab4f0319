"""``ltk8s render``: the manifests that submit would create."""

from __future__ import annotations

from collections.abc import Iterable

import typer

from ltk8s.cli.common import Context, JobsOption, command, new_app
from ltk8s.cli.initial import missing_weights, required, without_weights
from ltk8s.cli.planning import make_plans, read_experiments
from ltk8s.cli.request import (
    DatasetOption,
    ExperimentsArgument,
    FamilyOption,
    ProfileOption,
    RatioOption,
    SeedOption,
    SetOption,
    SplitSeedOption,
    TunedByOption,
    read_request,
)
from ltk8s.cluster.job import Manifest
from ltk8s.cluster.render import render as render_plan
from ltk8s.cluster.render import to_yaml
from ltk8s.spec.library import Library

app = new_app()


@app.command()
@command
def render(
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
    jobs: JobsOption = None,
) -> None:
    """Print every Job of a run as YAML.

    submit creates those that are missing, byte for byte. Data set and weights must be staged: they are part of a Job's name.

    \b
    ltk8s render stack-wl --ratio 0.02
    ltk8s render baseline --json | kubectl create -f -
    """
    request = read_request(experiments, ratio, seed, split_seed, family, dataset, settings, tuned_by)
    profile = profile or context.default_profile
    wanted = read_experiments(request, Library(jobs), profile, store=context.store)
    absent = set(missing_weights(wanted, context.store)) - set(required(wanted))
    plans = make_plans(without_weights(wanted, absent), context.store, profile)
    manifests = merged(
        job for plan in plans for job in render_plan(plan, context.settings, from_pods=not context.on_this_machine)
    )
    document = {"apiVersion": "v1", "kind": "List", "items": manifests}
    context.emit(document, lambda: typer.echo(to_yaml(manifests), nl=False))


def merged(manifests: Iterable[Manifest]) -> list[Manifest]:
    """Each Job once; one that several runs need has the labels of all."""
    jobs: dict[str, Manifest] = {}
    for manifest in manifests:
        first = jobs.setdefault(manifest["metadata"]["name"], manifest)
        first["metadata"]["labels"] |= manifest["metadata"]["labels"]
    return list(jobs.values())
