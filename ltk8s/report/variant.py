"""What tells apart runs of one experiment: how it was set, but for its seeds."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from pydantic import ValidationError

from ltk8s.spec.experiment import Experiment
from ltk8s.store.runs import RunRecord

NO_TECHNIQUE = {"title", "description", "seed", "resources", "dataset"}
"""Parts of a spec that are the cell's place in the table, or change no result."""

MANY = 3
"""With more differences than this, a variant is numbered."""


def variant(record: RunRecord) -> str:
    """How a run is set, as canonical JSON without what is at its default: the same text for every seed and ratio.

    A spec that an older version wrote lacks the fields that came later; both say the same.
    """
    try:
        spec = Experiment.model_validate(record.spec).model_dump(mode="json", exclude_defaults=True)
    except ValidationError:
        spec = record.spec
    return _canonical(spec, [member.arch for member in record.members])


def variant_of(experiment: Experiment) -> str:
    """The variant of the runs of an experiment that has its profile."""
    spec = experiment.model_dump(mode="json", exclude_defaults=True)
    return _canonical(spec, [learner.arch for learner in experiment.learners])


def differences(variants: Sequence[str], preset: str) -> list[str]:
    """What sets each of several variants of one experiment apart from the preset, as a short label; empty for the preset.

    >>> differences(['{"train":{"lr":0.1}}', '{"train":{"lr":0.2}}', "{}"], '{"train":{"lr":0.1}}')
    ['', 'lr 0.2', 'lr default']
    """
    said = ["" if text == preset else _difference(text, preset) for text in variants]
    unclear = [text != preset and (not label or said.count(label) > 1) for text, label in zip(variants, said, strict=True)]
    return [f"setting {i + 1} of {len(said)}" if unclear[i] else label for i, label in enumerate(said)]


def flattened(value: Any, path: str = "") -> dict[str, Any]:
    """Nested fields by dotted path.

    >>> flattened({"train": {"lr": 0.1}, "seed": 0})
    {'train.lr': 0.1, 'seed': 0}
    """
    if not isinstance(value, dict):
        return {path: value}
    return {inner: v for name, part in value.items() for inner, v in flattened(part, f"{path}.{name}".strip(".")).items()}


def _canonical(spec: dict[str, Any], networks: list[str]) -> str:
    own = {name: value for name, value in spec.items() if name not in NO_TECHNIQUE}
    if "learners" not in own:
        own["networks"] = networks
    return json.dumps(own, sort_keys=True, separators=(",", ":"))


def _difference(variant: str, preset: str) -> str:
    """Empty where there is too much to say."""
    own, usual = flattened(json.loads(variant)), flattened(json.loads(preset))
    differing = [path for path in sorted({*own, *usual}) if json.dumps(own.get(path)) != json.dumps(usual.get(path))]
    return "" if len(differing) > MANY else ", ".join(_said(path, own.get(path, "default")) for path in differing)


def _said(path: str, value: Any) -> str:
    from ltk8s.report.numbers import short_network

    if path in {"networks", "learners"} and isinstance(value, list):
        return " + ".join(short_network(str(each["arch"] if isinstance(each, dict) else each)) for each in value)
    text = "–".join(str(each) for each in value) if isinstance(value, list) else str(value)
    return f"{path.rsplit('.', 1)[-1].replace('_', ' ')} {text}"
