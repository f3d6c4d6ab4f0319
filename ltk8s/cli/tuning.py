"""The winner of a finished sweep, for experiments of the same data set, ratio, split and profile."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from ltk8s.errors import StoreError, UsageError, did_you_mean
from ltk8s.planning.catalogue import find_manifest
from ltk8s.planning.task import ratio_slug
from ltk8s.spec.experiment import Experiment
from ltk8s.spec.ranking import Ranking
from ltk8s.store.base import Store
from ltk8s.store.commit import committed, read_result
from ltk8s.store.runs import RunRecord, read_runs


@dataclass(frozen=True)
class Winner:
    """The point that a sweep's run has chosen."""

    run: str
    label: str
    settings: dict[str, Any]


def find_winner(store: Store, sweep: str, experiment: Experiment, profile: str) -> Winner:
    """Return what a sweep has chosen where the experiment is to run.

    Args:
        sweep: a sweep's name (its newest run there), or a run's name or the beginning of it.

    Raises:
        UsageError: if no such sweep ran there, several begin so, its ranking is not committed, or it selects nothing.
    """
    record = _find_sweep(store, sweep, experiment, profile)
    result = read_result(store, "ranking", record.fusion)
    if result is None:
        done = len(committed(store, "learner", [member.id for member in record.members]))
        raise UsageError(
            f"The sweep {record.run!r} is not complete: {done} of {len(record.members)} learners are committed, its ranking is "
            "not.",
            f"`ltk8s status {record.run}` shows how far it is; submitting it again goes on.",
        )
    ranking = parse_ranking(result.metrics, record)
    if ranking.chosen is None:
        raise UsageError(f"The sweep {record.run!r} selects nothing.", "Tune by a sweep with folds.")
    chosen = ranking.points[ranking.chosen]
    return Winner(record.run, chosen.label, chosen.settings)


def parse_ranking(metrics: dict[str, Any], record: RunRecord) -> Ranking:
    """A ranking as its result has it. Raises StoreError where another version wrote it."""
    try:
        return Ranking.model_validate(metrics)
    except ValidationError:
        raise StoreError(
            f"The ranking of {record.run!r} was written by a version of ltk8s that this one cannot read.", "Update ltk8s."
        ) from None


def _find_sweep(store: Store, text: str, experiment: Experiment, profile: str) -> RunRecord:
    sweeps = [record for record in read_runs(store) if record.kind == "sweep"]
    named = [record for record in sweeps if record.experiment == text]
    named = named or [record for record in sweeps if record.run.startswith(text)]
    if not named:
        near = did_you_mean(text, {*(record.run for record in sweeps), *(record.experiment for record in sweeps)})
        raise UsageError(f"There is no run of a sweep {text!r} in {store.url}.{near}", "Submit the sweep first.")
    manifest = find_manifest(store, experiment.dataset.name, experiment.dataset.fingerprint)
    ratio = None if experiment.dataset.ratio in ("full", 1.0) else float(experiment.dataset.ratio)
    here = (manifest.name, manifest.fingerprint, ratio, experiment.dataset.split_seed, profile)
    alike = [
        record
        for record in named
        if (record.dataset, record.fingerprint, record.ratio, record.split_seed, record.profile) == here
    ]
    if not alike:
        raise UsageError(
            f"The sweep {text!r} has not run on {manifest.name!r} at ratio {ratio_slug(ratio)}, split seed "
            f"{experiment.dataset.split_seed}, profile {profile!r}.",
            "Its winner is only carried over within one setting: submit the sweep there first.",
        )
    if len(several := {record.experiment for record in alike}) > 1:
        raise UsageError(f"{text!r} begins the names of runs of {', '.join(sorted(several))}.", "Write out the sweep's name.")
    return alike[-1]
