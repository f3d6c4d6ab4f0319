"""ltk8s: which long-tail technique helps on your images, by how much, and is the difference real?

The public names below load on first use, so that ``import ltk8s`` stays cheap and never needs torch.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

_PUBLIC = {
    "Experiment": "ltk8s.spec.experiment",
    "plan": "ltk8s.planning.planner",
    "render": "ltk8s.cluster.render",
    "submit": "ltk8s.cluster.submit",
    "open_store": "ltk8s.store",
    "load_ensemble": "ltk8s.fusion.ensemble",
}

__all__ = ["Experiment", "__version__", "load_ensemble", "open_store", "plan", "render", "submit"]

if TYPE_CHECKING:
    from ltk8s.cluster.render import render
    from ltk8s.cluster.submit import submit
    from ltk8s.fusion.ensemble import load_ensemble
    from ltk8s.planning.planner import plan
    from ltk8s.spec.experiment import Experiment
    from ltk8s.store import open_store


def __getattr__(name: str) -> Any:
    if name not in _PUBLIC:
        raise AttributeError(f"module 'ltk8s' has no attribute {name!r}")
    return getattr(import_module(_PUBLIC[name]), name)


def __dir__() -> list[str]:
    return sorted(__all__)
