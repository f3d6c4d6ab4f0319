"""Where everything is in the store. No other module spells a key."""

from __future__ import annotations

from typing import Literal

LastKind = Literal["fusion", "ranking"]
"""What ends a run: an experiment's fusion, or a sweep's ranking."""

Kind = Literal["learner"] | LastKind

LAST_KINDS: tuple[LastKind, ...] = ("fusion", "ranking")

KINDS: tuple[Kind, ...] = ("learner", "fusion", "ranking")

MANIFEST = "manifest.json"

CHECKPOINT, PREDICTIONS, ANSWERS = "checkpoint.safetensors", "predictions.safetensors", "answers.safetensors"
"""Artifacts that one part writes and others read: a learner's network; logits; of a fusion's, what a report needs."""


def dataset(name: str = "", fingerprint: str = "") -> str:
    """Prefix of a staged data set, of all versions of it, or of all data sets."""
    return "/".join(["datasets", *filter(None, (name, fingerprint)), ""])


def dataset_manifest(name: str, fingerprint: str) -> str:
    return f"{dataset(name, fingerprint)}{MANIFEST}"


def weights(arch: str = "", sha256: str = "") -> str:
    """Key of initial weights, prefix of all of an architecture's, or of all."""
    if not arch:
        return "weights/"
    return f"weights/{arch}/{sha256}.safetensors" if sha256 else f"weights/{arch}/"


def weights_card(arch: str, sha256: str) -> str:
    """Key of what is known of initial weights: source, licence, normalisation, parameters."""
    return f"weights/{arch}/{sha256}.json"


def run(name: str = "") -> str:
    """Key of a run's record, or prefix of all."""
    return f"runs/{name}.json" if name else "runs/"


def run_name(key: str) -> str:
    """The run whose record has this key."""
    return key.removeprefix("runs/").removesuffix(".json")


def study(name: str = "") -> str:
    """Key of a study's record, or prefix of all."""
    return f"studies/{name}.json" if name else "studies/"


def home(kind: Kind, id: str = "") -> str:
    """Prefix of all that belongs to one learner, fusion or ranking, or of all of a kind."""
    return f"{kind}s/{id}/" if id else f"{kind}s/"


def task(kind: Kind, id: str) -> str:
    return f"{home(kind, id)}task.json"


def result(kind: Kind, id: str) -> str:
    return f"{home(kind, id)}result.json"


def bad_result(kind: Kind, id: str) -> str:
    return f"{home(kind, id)}result.bad.json"


def progress(kind: Kind, id: str) -> str:
    return f"{home(kind, id)}progress.json"


def resume(id: str) -> str:
    return f"{home('learner', id)}resume"


def attempt(kind: Kind, id: str, attempt: str, artifact: str = "") -> str:
    """Key of one attempt's artifact, or prefix of the attempt."""
    return f"{home(kind, id)}attempts/{attempt}/{artifact}"


def owner(key: str) -> tuple[Kind, str] | None:
    """The learner, fusion or ranking that an object belongs to; None for one of the store's other objects.

    >>> owner("learners/a-1/task.json"), owner("runs/a.json")
    (('learner', 'a-1'), None)
    """
    folder, *names = key.split("/")
    return next(((kind, names[0]) for kind in KINDS if home(kind) == f"{folder}/" and len(names) > 1), None)
