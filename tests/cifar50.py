"""CIFAR-50 and its networks' weights, staged in name only: all that planning needs to know of them."""

from __future__ import annotations

from ltk8s.data.manifest import Manifest
from ltk8s.planning.task import Weights

DATASET = Manifest(
    name="cifar50",
    fingerprint="0123456789abcdef",
    classes=tuple(f"class{i}" for i in range(50)),
    train_counts=(500,) * 50,
    test_counts=(100,) * 50,
    height=32,
    width=32,
    shards=(),
    source="test",
    created="2026-01-01T00:00:00Z",
    version="0",
)


def weights(arch: str) -> Weights:
    return Weights(sha256="ab" * 32, mean=(0.5, 0.5, 0.5), std=(0.5, 0.5, 0.5))
