"""From a request to plans: read experiments, look up data sets and weights. Nothing is created here but staged weights."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

from ltk8s.cli.request import Request
from ltk8s.cli.tuning import find_winner
from ltk8s.data.manifest import Manifest
from ltk8s.errors import UsageError
from ltk8s.planning.catalogue import find_manifest
from ltk8s.planning.planner import plan
from ltk8s.planning.sweep import AnyPlan, plan_sweep
from ltk8s.planning.task import Weights
from ltk8s.spec.experiment import Experiment
from ltk8s.spec.library import Library
from ltk8s.spec.resolve import ResolvedSweep, resolve_sweep
from ltk8s.store.base import Store
from ltk8s.store.weights import find_weights


@dataclass(frozen=True)
class Named:
    """One experiment of a request, read; ``tuned_by`` is the sweep's run whose winner, ``point``, was laid over it, and
    ``commit`` the git commit in which its file was changed last.
    """

    name: str
    experiment: Experiment
    tuned_by: str = ""
    point: str = ""
    commit: str = ""


Wanted = Sequence[Named | ResolvedSweep]
"""What a request asks for, in order."""

UNSTAGED = Weights(sha256="0" * 64, mean=(0.5, 0.5, 0.5), std=(0.5, 0.5, 0.5))
"""Stands for weights that are still to be staged while everything else is checked."""


def read_experiments(request: Request, library: Library, profile: str, *, store: Store | None = None) -> Wanted:
    """Every experiment and sweep of the request with its overrides, validated.

    Args:
        store: where the sweep of --tuned-by is.
    """
    return [_read(name, overrides, request, library, profile, store) for name, overrides in request.variants()]


def _read(
    name: str, overrides: dict[str, Any], request: Request, library: Library, profile: str, store: Store | None
) -> Named | ResolvedSweep:
    if library.kind(name) == "sweep":
        if request.tuned_by:
            raise UsageError(f"--tuned-by tunes experiments; {name!r} is a sweep.", "Submit the sweep by itself.")
        return resolve_sweep(library, name, profile=profile, family=request.family, overrides=overrides)
    stem, experiment = library.experiment(name, profile=profile, family=request.family, overrides=overrides)
    if not (request.tuned_by and store):
        return Named(stem, experiment, commit=library.commit(name))
    winner = find_winner(store, request.tuned_by, experiment, profile)
    tuned = {**winner.settings, **overrides}
    _, experiment = library.experiment(name, profile=profile, family=request.family, overrides=tuned)
    return Named(stem, experiment, winner.run, winner.label, library.commit(name))


def make_plans(wanted: Wanted, store: Store, profile: str, *, unstaged: Iterable[str] = ()) -> list[AnyPlan]:
    """One plan per run, in the order asked for; a run that is asked for twice is planned once.

    Raises:
        UsageError: if any of them cannot be carried out: then none is to be created.
    """
    planner = Planner(store, profile, unstaged)
    return list({made.run: made for made in map(planner.plan, wanted)}.values())


class Planner:
    """Plans one experiment or sweep after another; looks up data sets and weights once each."""

    def __init__(self, store: Store, profile: str, unstaged: Iterable[str] = ()) -> None:
        self._manifest, self._weights = manifest_finder(store), weights_finder(store, unstaged)
        self._profile = profile

    def plan(self, wanted: Named | ResolvedSweep) -> AnyPlan:
        """Raises UsageError if it cannot be carried out."""
        dataset = (wanted.experiment if isinstance(wanted, Named) else wanted.base).dataset
        manifest = self._manifest(dataset.name, dataset.fingerprint)
        if isinstance(wanted, ResolvedSweep):
            return replace(plan_sweep(wanted, manifest, self._weights, profile=self._profile), commit=wanted.commit)
        made = plan(wanted.name, wanted.experiment, manifest, self._weights, profile=self._profile, tuned_by=wanted.tuned_by)
        notes = (f"Tuned by {wanted.tuned_by}: {wanted.point}.",) if wanted.tuned_by else ()
        return replace(made, notes=(*made.notes, *notes), commit=wanted.commit)


def manifest_finder(store: Store) -> Callable[[str, str | None], Manifest]:
    """Look up staged data sets, each once."""
    return cache(lambda name, fingerprint: find_manifest(store, name, fingerprint))


def weights_finder(store: Store, unstaged: Iterable[str]) -> Callable[[str], Weights]:
    """Look up initial weights, each once; those that are ``unstaged`` get a placeholder."""
    placeholders = dict.fromkeys(unstaged, UNSTAGED)

    @cache
    def find(arch: str) -> Weights:
        if arch in placeholders:
            return placeholders[arch]
        card = find_weights(store, arch)
        return Weights(sha256=card.sha256, mean=card.mean, std=card.std)

    return find
