"""Where Jobs run: a namespace of a Kubernetes cluster, or this machine. It decides what is moving; the store, what is done."""

from __future__ import annotations

from ltk8s.cluster.open import open_cluster

__all__ = ["open_cluster"]
