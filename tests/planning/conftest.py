"""A data set's manifest and staged weights as the planner sees them."""

from collections.abc import Callable

import pytest

from ltk8s.data.manifest import Manifest
from ltk8s.planning.planner import Plan, plan
from ltk8s.spec.library import Library
from tests.cifar50 import DATASET, weights


@pytest.fixture
def manifest() -> Manifest:
    return DATASET


@pytest.fixture
def planned(manifest: Manifest) -> Callable[..., Plan]:
    def build(name: str, profile: str = "cpu", **overrides: object) -> Plan:
        dotted = {path.replace("__", "."): value for path, value in overrides.items()}
        name, experiment = Library().experiment(name, profile=profile, overrides=dotted)
        return plan(name, experiment, manifest, weights, profile=profile)

    return build
