"""What a pulled directory says to people."""

from __future__ import annotations

import textwrap

from ltk8s.escaping import markdown
from ltk8s.fusion.bundle import CARD, Bundle
from ltk8s.planning.task import ratio_slug


def readme(bundle: Bundle) -> str:
    """The README.md of a pulled directory: what the ensemble is, how good it was, and how to use it."""
    data, task, metrics = bundle.dataset, bundle.task, bundle.metrics
    low, high = metrics["interval"]
    networks = "\n".join(
        f"| `{member.file}` | {member.arch} | {member.preprocessing.size} px | {member.metrics['accuracy']:.4f} |"
        for member in bundle.members
    )
    about = textwrap.fill(
        f"{_count(len(bundle.members), 'network')}, {metrics['parameters'] / 1e6:.1f} M parameters, for the "
        f"{len(bundle.classes)} classes of the data set {data.name} (fingerprint {data.fingerprint}, ratio "
        f"{ratio_slug(task.split.ratio)}). On its {metrics['n']:,} test images {metrics['correct']:,} were right: "
        f"{metrics['accuracy']:.4f} (95 % interval {low:.4f} to {high:.4f}; mean over classes "
        f"{metrics['balanced_accuracy']:.4f}).",
        width=120,
    )
    return f"""# {markdown(bundle.title)}

{about}

Pulled by ltk8s {bundle.version} from the run `{bundle.run}`.

| file | network | input | accuracy alone |
| --- | --- | --- | --- |
{networks}

How they become one: {_fusion(bundle)}.

`{CARD}` has everything else: classes in the order of the outputs, each network's preprocessing, what is added to its logits,
where and how it was trained, and the files' SHA-256.

    pip install '.[train]'      # in a checkout of ltk8s
    ltk8s predict . images/*.jpg

```python
from ltk8s import load_ensemble

ensemble = load_ensemble(".")              # a torch Module: uint8 N×H×W×3 → probabilities N×{len(bundle.classes)}
```
"""


def _fusion(bundle: Bundle) -> str:
    """The fusion's rule and all else of it that is not at its default."""
    about = {"kind", "recipe", "dataset", "split", "members", "rule"}
    others = [f"{name} {value}" for name, value in bundle.fusion.items() if name not in about]
    return ", ".join([bundle.task.rule, *others])


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"
