"""Which contexts a kubeconfig has, without loading the Kubernetes client: every command asks that first."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ltk8s.errors import UsageError

IN_CLUSTER = "in-cluster"
"""Names the cluster whose pod this process runs in, reached with the pod's service account."""

TOKEN = Path("/var/run/secrets/kubernetes.io/serviceaccount/token")


@dataclass(frozen=True)
class Kubeconfig:
    """The names of all contexts, and which of them is the current one."""

    current: str = ""
    contexts: tuple[str, ...] = ()


def kubeconfig_files(environment: Mapping[str, str] = os.environ) -> list[Path]:
    """The files that there are, of those that ``KUBECONFIG`` names or else the usual one."""
    named = [part for part in environment.get("KUBECONFIG", "").split(os.pathsep) if part]
    paths = [Path(part).expanduser() for part in named or ["~/.kube/config"]]
    return [path for path in paths if path.is_file()]


def read_kubeconfig(environment: Mapping[str, str] = os.environ) -> Kubeconfig:
    """Read what ``kubectl`` would read; empty where there is no file.

    Raises:
        UsageError: naming a file that is no kubeconfig.
    """
    return merge(_read(path) for path in kubeconfig_files(environment))


def merge(documents: Iterable[Mapping[str, Any]]) -> Kubeconfig:
    """Several files as one, the way of ``kubectl``: what an earlier one says of a name counts.

    >>> merge([{"contexts": [{"name": "a"}]}, {"current-context": "b", "contexts": [{"name": "b"}, {"name": "a"}]}])
    Kubeconfig(current='b', contexts=('a', 'b'))
    """
    current = ""
    contexts: dict[str, None] = {}
    for document in documents:
        current = current or str(document.get("current-context") or "")
        contexts |= {str(context["name"]): None for context in document.get("contexts") or []}
    return Kubeconfig(current, tuple(contexts))


def in_pod(environment: Mapping[str, str] = os.environ) -> bool:
    """Whether this process runs in a pod that has an API token."""
    return "KUBERNETES_SERVICE_HOST" in environment and TOKEN.is_file()


def _read(path: Path) -> Mapping[str, Any]:
    import yaml

    loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        document: dict[str, Any] = yaml.load(path.read_bytes(), loader) or {}
        merge([document])
    except (OSError, yaml.YAMLError, AttributeError, KeyError, TypeError) as error:
        why = " ".join(str(error).split()) or type(error).__name__
        raise UsageError(
            f"{path} is no kubeconfig: {why}.", "Mend it, or set KUBECONFIG to another one, or give --cluster local."
        ) from None
    return document
