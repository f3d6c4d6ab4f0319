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
"""Of more differences than this, a label names only how many there are."""


def variant(record: RunRecord) -> str:
    """How a run is set, as canonical JSON without what is at its default: the same text for every seed and ratio.

    A spec that an older version wrote lacks the fields that came later; both say the same.
    """
    try:
        spec = Experiment.model_validate(record.spec).model_dump(mode="json", exclude_defaults=True)
    except ValidationError:
        spec = record.spec
    own = {name: value for name, value in spec.items() if name not in NO_TECHNIQUE}
    if "learners" not in own:
        own["networks"] = [member.arch for member in record.members]
    return json.dumps(own, sort_keys=True, separators=(",", ":"))


def differences(variants: Sequence[str]) -> list[str]:
    """For each of several variants of one experiment, what it alone has, as a short label; empty for one without such.

    >>> differences(['{"train":{"lr":0.1},"networks":["a"]}', '{"train":{"lr":0.2},"networks":["a"]}'])
    ['lr 0.1', 'lr 0.2']
    """
    flat = [flattened(json.loads(text)) for text in variants]
    paths = sorted({path for each in flat for path in each})
    differing = [path for path in paths if len({json.dumps(each.get(path)) for each in flat}) > 1]
    if len(differing) > MANY:
        return [f"setting {i + 1} of {len(variants)}" for i in range(len(variants))]
    return [", ".join(_said(path, each[path]) for path in differing if path in each) for each in flat]


def flattened(value: Any, path: str = "") -> dict[str, Any]:
    """Nested fields by dotted path.

    >>> flattened({"train": {"lr": 0.1}, "seed": 0})
    {'train.lr': 0.1, 'seed': 0}
    """
    if not isinstance(value, dict):
        return {path: value}
    return {inner: v for name, part in value.items() for inner, v in flattened(part, f"{path}.{name}".strip(".")).items()}


def _said(path: str, value: Any) -> str:
    from ltk8s.report.numbers import short_network

    if path in {"networks", "learners"}:
        return " + ".join(short_network(str(each["arch"] if isinstance(each, dict) else each)) for each in value)
    text = "–".join(str(each) for each in value) if isinstance(value, list) else str(value)
    return f"{path.rsplit('.', 1)[-1].replace('_', ' ')} {text}"
