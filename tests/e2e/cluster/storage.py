"""Volumes for claims: directories of this machine, any user's to write in, under a default StorageClass that makes none."""

from __future__ import annotations

from typing import Any

from tests.e2e.cluster.layout import NODE, STATE

VOLUMES = STATE / "volumes"
COUNT = 8  # a claim that is deleted leaves its volume used up
CLASS = "standard"


def storage() -> list[dict[str, Any]]:
    """The class and its volumes, as manifests; their directories are made."""
    return [
        {
            "apiVersion": "storage.k8s.io/v1",
            "kind": "StorageClass",
            "metadata": {"name": CLASS, "annotations": {"storageclass.kubernetes.io/is-default-class": "true"}},
            "provisioner": "kubernetes.io/no-provisioner",
            "volumeBindingMode": "WaitForFirstConsumer",
        },
        *(_volume(f"volume-{number}") for number in range(COUNT)),
    ]


def _volume(name: str) -> dict[str, Any]:
    directory = VOLUMES / name
    directory.mkdir(parents=True, exist_ok=True)
    directory.chmod(0o777)
    here = {"key": "kubernetes.io/hostname", "operator": "In", "values": [NODE]}
    return {
        "apiVersion": "v1",
        "kind": "PersistentVolume",
        "metadata": {"name": name},
        "spec": {
            "storageClassName": CLASS,
            "capacity": {"storage": "100Gi"},
            "accessModes": ["ReadWriteOnce"],
            "persistentVolumeReclaimPolicy": "Retain",
            "local": {"path": str(directory)},
            "nodeAffinity": {"required": {"nodeSelectorTerms": [{"matchExpressions": [here]}]}},
        },
    }
