"""From a sweep's file to experiments, one for each point: profile, command line and the point's settings laid over the base."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import Any

from ltk8s.errors import UsageError
from ltk8s.spec.base import parse
from ltk8s.spec.experiment import Experiment
from ltk8s.spec.library import OF_ONE_DATASET, Library, is_path
from ltk8s.spec.profile import Family
from ltk8s.spec.sweep import Settings, Sweep, label
from ltk8s.spec.yaml import as_written

FIXED = ("dataset", "title", "resources", "kind")
"""What all points share, or nothing could be said of which is better; ``set`` and the command line may change it."""


@dataclass(frozen=True)
class ResolvedPoint:
    """One point of a sweep as the experiment that it stands for."""

    label: str
    settings: Settings
    experiment: Experiment


@dataclass(frozen=True)
class ResolvedSweep:
    """A sweep whose experiments are read: ``base`` as it is without any point's settings, with the sweep's title.

    ``commit`` is the git commit in which the sweep's file was changed last.
    """

    name: str
    sweep: Sweep
    base: Experiment
    points: tuple[ResolvedPoint, ...]
    notes: tuple[str, ...] = ()
    commit: str = ""

    @property
    def architectures(self) -> list[str]:
        """The networks of all points, each once."""
        return list(dict.fromkeys(learner.arch for point in self.points for learner in point.experiment.learners))

    def without(self, architectures: Collection[str]) -> ResolvedSweep:
        """The sweep but for the points that need one of these networks, whose weights are not at hand.

        Raises:
            UsageError: if fewer than two points are left.
        """
        out = [point for point in self.points if any(each.arch in architectures for each in point.experiment.learners)]
        left = tuple(point for point in self.points if point not in out)
        if len(left) < 2:
            raise UsageError(
                f"The sweep {self.name!r} has {len(left)} of {len(self.points)} points whose weights are at hand.",
                f"Run `ltk8s weights stage {' '.join(sorted(architectures))}` where there is a network, or give files.",
            )
        note = f"Left out, since the weights are not at hand: {', '.join(point.label for point in out)}."
        return replace(self, points=left, notes=(*self.notes, note) if out else self.notes)


def resolve_sweep(
    library: Library,
    name_or_path: str,
    *,
    profile: str,
    family: Family | None = None,
    overrides: dict[str, Any] | None = None,
) -> ResolvedSweep:
    """Read a sweep and, for each of its points, the experiment that it stands for.

    What is laid over the base, each above the one before: profile, the sweep's ``set``, ``overrides``, the point's settings.

    Raises:
        UsageError: if it is no valid sweep, a point changes what all must share, or ``overrides`` change what is swept.
    """
    name, fields = library.read_experiment(name_or_path)
    sweep = parse(Sweep, fields, f"The sweep {name!r}")
    _check_paths(name, sweep, overrides or {})
    base = _base(library, name_or_path, sweep)
    _, own = library.experiment(base, profile=profile, family=family, overrides=sweep.set)
    shared = {**_for_dataset(sweep.set, own.dataset.name, overrides or {}), **(overrides or {})}

    def read(settings: Settings) -> Experiment:
        _, experiment = library.experiment(base, profile=profile, family=family, overrides={**shared, **settings})
        return experiment.model_copy(update={"title": sweep.title})

    points = tuple(_point(named, settings, read(settings)) for named, settings in sweep.points())
    return ResolvedSweep(name, sweep, read({}), points, commit=library.commit(name_or_path))


def _for_dataset(settings: Settings, own: str, overrides: Settings) -> Settings:
    """A sweep's settings without what they say of its ``own`` data set, where another one is given."""
    if as_written(overrides.get("dataset.name", own)) == own:
        return settings
    return {path: value for path, value in settings.items() if path not in {f"dataset.{field}" for field in OF_ONE_DATASET}}


def _point(named: str, settings: Settings, experiment: Experiment) -> ResolvedPoint:
    """A point; one that is named by its networks goes by those of the family that was chosen."""
    only_networks = bool(settings) and all(path.partition(".")[0] == "learners" for path in settings)
    if only_networks and named == label(settings):
        named = " + ".join(learner.arch for learner in experiment.learners)
    return ResolvedPoint(named, _as_read(settings, experiment), experiment)


def _as_read(settings: Settings, experiment: Experiment) -> Settings:
    """The settings with each number that was written as a string (YAML 1.1 reads ``1e-3`` as one) as the number that it is."""
    fields = experiment.model_dump()
    return {path: _number(value, _field(fields, path)) if isinstance(value, str) else value for path, value in settings.items()}


def _number(written: str, read: Any) -> Any:
    return read if isinstance(read, int | float) else written


def _field(fields: Any, path: str) -> Any:
    """What is at a path; None where another setting of the point has replaced what it was part of."""
    try:
        for part in path.split("."):
            fields = fields[int(part)] if isinstance(fields, list | tuple) else fields[part]
    except (LookupError, TypeError, ValueError):
        return None
    return fields


def _base(library: Library, name_or_path: str, sweep: Sweep) -> str:
    """The base's name; a path is one relative to the sweep's own file."""
    return str(library.path(name_or_path).parent / sweep.base) if is_path(sweep.base) else sweep.base


def _check_paths(name: str, sweep: Sweep, overrides: dict[str, Any]) -> None:
    for path in sorted(sweep.paths()):
        if path.partition(".")[0] in FIXED:
            raise UsageError(
                f"The sweep {name!r} has points with different {path!r}: their scores could not be compared.",
                "Sweep what the learners or the fusion do; --ratio and --dataset set it for all points.",
            )
        for other in overrides:
            if other == path or other.startswith(f"{path}.") or path.startswith(f"{other}."):
                raise UsageError(f"The sweep {name!r} tries values of {path!r} itself.", f"Leave out --set {other}.")
