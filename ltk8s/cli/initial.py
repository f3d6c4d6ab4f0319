"""Initial weights that a submission needs and that the store lacks: which, and getting them there."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Collection, Sequence
from importlib.util import find_spec

from ltk8s.cli.common import Context
from ltk8s.cli.planning import Named, Wanted
from ltk8s.errors import UsageError
from ltk8s.spec.architectures import KNOWN
from ltk8s.spec.resolve import ResolvedSweep
from ltk8s.store.base import Store
from ltk8s.store.weights import WeightsCard, list_weights


def missing_weights(wanted: Wanted, store: Store) -> list[str]:
    """The networks of the study that these experiments and sweeps use and whose weights are not staged yet."""
    staged = {card.arch for card in list_weights(store)}
    return [arch for arch in [*required(wanted), *optional(wanted)] if arch in KNOWN and arch not in staged]


def required(wanted: Wanted) -> list[str]:
    """The networks of experiments, each once: none of them can be left out."""
    experiments = [each.experiment for each in wanted if isinstance(each, Named)]
    return list(dict.fromkeys(learner.arch for experiment in experiments for learner in experiment.learners))


def optional(wanted: Wanted) -> list[str]:
    """The networks that only sweeps use, each once: a sweep does without the points whose weights are not to be had."""
    used = [arch for each in wanted if isinstance(each, ResolvedSweep) for arch in each.architectures]
    return [arch for arch in dict.fromkeys(used) if arch not in required(wanted)]


def stage_missing(context: Context, wanted: Wanted, missing: Sequence[str]) -> Wanted:
    """Stage weights that were never needed before, once all else has been checked; return what can be done with them.

    Raises:
        UsageError: if an experiment's are not to be had, or a sweep has too few points left.
    """
    needed = [arch for arch in missing if arch in required(wanted)]
    if needed:
        require_train_extra(needed)
        context.note(f"Staging the weights of {', '.join(needed)}.")
        stage_weights(needed, context.store.address)
    unavailable = stage_where_possible(context, [arch for arch in missing if arch not in needed])
    return without_weights(wanted, unavailable)


def stage_where_possible(context: Context, missing: Sequence[str]) -> list[str]:
    """Stage what is to be had; say what is not, and return it."""
    if not missing:
        return []
    require_train_extra(missing)
    context.note(f"Staging the weights of {', '.join(missing)}, as far as they are to be had.")
    staged = {card.arch for card in stage_weights(missing, context.store.address, "--keep-going")}
    unavailable = [arch for arch in missing if arch not in staged]
    if unavailable:
        context.note(f"Note: the weights of {', '.join(unavailable)} are not to be had here: `ltk8s weights stage` says why.")
    return unavailable


def without_weights(wanted: Wanted, unavailable: Collection[str]) -> Wanted:
    """The same, but for the points of sweeps whose weights are not to be had.

    Raises:
        UsageError: if a sweep has fewer than two points left.
    """
    return [
        each.without(unavailable) if isinstance(each, ResolvedSweep) and set(each.architectures) & set(unavailable) else each
        for each in wanted
    ]


def stage_weights(architectures: Sequence[str], address: str, *extra: str) -> list[WeightsCard]:
    """Stage initial weights in a process of its own, since it needs torch and this one never loads it; return their cards.

    Raises:
        UsageError: if the ``train`` extra is not installed, or with what that process said last if it failed.
    """
    require_train_extra(architectures)
    command = [sys.executable, "-P", "-m", "ltk8s.training.weights", "stage", *architectures, "--store", address, *extra]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    if done.returncode:
        said = done.stderr.strip().splitlines()
        raise UsageError(said[-1] if said else f"Staging weights ended with exit code {done.returncode}.")
    return [WeightsCard.model_validate_json(line) for line in done.stdout.splitlines()]


def require_train_extra(architectures: Sequence[str]) -> None:
    if find_spec("torch") is None or find_spec("timm") is None:
        names = " ".join(architectures)
        raise UsageError(
            f"The weights of {names} are not staged, and this installation cannot stage them.",
            f"Run `pip install '.[train]'` in a checkout of ltk8s, then `ltk8s weights stage {names}`.",
        )
