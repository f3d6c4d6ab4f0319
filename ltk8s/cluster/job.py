"""A Job as a cluster holds it: the very ``batch/v1`` object, and what is read from it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from ltk8s.cluster import names
from ltk8s.store.layout import KINDS, Kind

Manifest = dict[str, Any]
"""A ``batch/v1`` Job as JSON values: what is rendered, posted and kept."""

JobPhase = Literal["held", "suspended", "pending", "running", "complete", "failed"]
"""Of the Job alone, whatever the store says. ``held``: suspended by us until its predecessors are committed."""


@dataclass(frozen=True, slots=True)
class Job:
    """A read-only view of ``object``."""

    object: Manifest

    @property
    def name(self) -> str:
        """The Job's name, which is the id of its learner, fusion or ranking."""
        return str(self.object["metadata"]["name"])

    @property
    def uid(self) -> str:
        return str(self.object["metadata"]["uid"])

    @property
    def version(self) -> str:
        """The resourceVersion: another one after every change."""
        return str(self.object["metadata"]["resourceVersion"])

    @property
    def created(self) -> datetime:
        return datetime.fromisoformat(self.object["metadata"]["creationTimestamp"])

    @property
    def labels(self) -> dict[str, str]:
        return self.object["metadata"].get("labels") or {}

    @property
    def annotations(self) -> dict[str, str]:
        return self.object["metadata"].get("annotations") or {}

    @property
    def ours(self) -> bool:
        """Whether ltk8s has made it, whatever a person has made of its labels."""
        return names.is_ours(self.labels, self.annotations)

    @property
    def kind(self) -> Kind:
        """By its label or, where that was removed, by its pods'."""
        template = self.spec["template"].get("metadata") or {}
        label = self.labels.get(names.KIND) or (template.get("labels") or {}).get(names.KIND)
        return next((kind for kind in KINDS if kind == label), "learner")

    @property
    def store(self) -> str:
        """The store to which it commits, as ``Store.url`` has it."""
        return self.annotations.get(names.STORE, "")

    @property
    def runs(self) -> set[str]:
        """The runs that need this Job."""
        return {label.removeprefix(names.RUN) for label in self.labels if label.startswith(names.RUN)}

    @property
    def spec(self) -> dict[str, Any]:
        return self.object["spec"]  # type: ignore[no-any-return]

    @property
    def status(self) -> dict[str, Any]:
        return self.object.get("status") or {}

    @property
    def phase(self) -> JobPhase:
        if self.condition("Complete"):
            return "complete"
        if self.condition("Failed"):
            return "failed"
        if self.spec.get("suspend"):
            return "held" if names.HELD in self.labels else "suspended"
        return "running" if self.status.get("ready") else "pending"

    @property
    def finished(self) -> bool:
        return self.phase in {"complete", "failed"}

    @property
    def deleting(self) -> bool:
        """Whether it is being deleted: it still answers, yet will never finish."""
        return bool(self.object["metadata"].get("deletionTimestamp"))

    @property
    def failures(self) -> int:
        """Attempts that failed and counted towards ``backoffLimit``."""
        return int(self.status.get("failed") or 0)

    @property
    def predecessors(self) -> list[str]:
        """The ids that must be committed before a held Job may start."""
        return [id for id in self.annotations.get(names.AFTER, "").split(",") if id]

    def condition(self, type: str) -> dict[str, str] | None:
        """The condition of that type if it is true."""
        conditions = self.status.get("conditions") or []
        return next((c for c in conditions if c["type"] == type and c["status"] == "True"), None)

    @property
    def worker(self) -> dict[str, Any]:
        """The container that does the work."""
        return worker_of(self.object)


def worker_of(manifest: Manifest) -> dict[str, Any]:
    """The container that does the work."""
    containers: list[dict[str, Any]] = manifest["spec"]["template"]["spec"]["containers"]
    return next((container for container in containers if container["name"] == names.WORKER), containers[0])


def environment_of(manifest: Manifest) -> dict[str, str]:
    """The worker's environment as far as it is written out in the manifest."""
    return {entry["name"]: entry["value"] for entry in worker_of(manifest).get("env") or [] if "value" in entry}
