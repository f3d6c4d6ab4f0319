"""The cluster's interface: whole Jobs by name. Everything above it works on any cluster.

Every method raises ClusterError when the cluster cannot be reached or refuses the request.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Any, Protocol

from ltk8s.cluster.job import Job, Manifest
from ltk8s.errors import ClusterError

OnChange = Callable[[Job], None]
"""Called with a Job whenever its phase, or the number of its failures, has changed."""

OnTick = Callable[[], None]
"""Called about once a second while a run is followed: the moment to redraw."""

JsonPatch = Sequence[Mapping[str, Any]]
"""RFC 6902: all operations apply, or, where a ``test`` fails, none."""


class AlreadyExists(ClusterError):
    """Raised by ``create`` when there is a Job of that name (HTTP 409)."""

    def __init__(self, name: str) -> None:
        super().__init__(f"There is a Job {name!r} already.", "Submit again.")
        self.name = name


class JobSource(Protocol):
    """Something that knows all Jobs of ours: a cluster that is asked, or a view that is kept up to date."""

    def list(self) -> list[Job]:
        """Every Job of ours in the namespace, in order of creation."""


class JobView(JobSource, Protocol):
    """The Jobs as they are watched: ``list`` costs nothing, and may lag a moment behind what was just done."""

    @property
    def trouble(self) -> str:
        """Why changes cannot be seen at the moment, as a sentence; empty when all is well. ``list`` has what was seen last."""

    def wait(self, seconds: float) -> bool:
        """Wait until something has changed since the last wait; False where nothing has within ``seconds``."""


class Cluster(JobSource, Protocol):
    """A namespace in which Jobs live."""

    @property
    def name(self) -> str:
        """``local``, or the kubeconfig context."""

    @property
    def namespace(self) -> str:
        """The namespace that every method works in."""

    @property
    def on_this_machine(self) -> bool:
        """Whether workers run on this machine, and so reach the store in the way that this machine does."""

    @property
    def parallel(self) -> int:
        """How many requests may be under way at once."""

    def driven(self, runs: Collection[str]) -> bool:
        """Whether something runs the Jobs of these runs: Kubernetes always does, this machine while a driver is alive."""

    def watching(self) -> AbstractContextManager[JobView]:
        """Watch the Jobs for as long as the context lasts. Only entering it may fail; a lost connection is mended."""

    def get(self, name: str) -> Job | None:
        """One Job as it is now."""

    def check(self, manifests: Sequence[Manifest]) -> None:
        """Raise UsageError for a manifest that this cluster can never run. Nothing is created."""

    def doubt(self, manifests: Sequence[Manifest]) -> str:
        """Why some of these would wait for ever as the cluster is now, as sentences; empty where nothing says so."""

    def create(self, manifest: Manifest, *, dry_run: bool = False) -> Job:
        """Create a Job exactly as written. Raises AlreadyExists. A dry run has the cluster validate it and creates nothing."""

    def label(self, name: str, labels: Mapping[str, str | None]) -> Job | None:
        """Set labels, or remove those that are None, and touch no others (a merge patch). None where the Job is gone."""

    def patch(self, name: str, patch: JsonPatch) -> Job | None:
        """Apply a JSON patch. None where a ``test`` in it failed or the Job is gone; then nothing has changed."""

    def delete(self, name: str, *, uid: str, version: str | None = None) -> bool:
        """Remove the Job and its pods, and return when all are gone.

        False where it is another Job by now (``uid``), or, when ``version`` is given, has changed since that resourceVersion:
        then nothing was removed. A Job that is gone already counts as removed.
        """

    def diagnose(self, job: Job) -> str:
        """What the cluster knows of why this Job isn't moving or has failed, as a sentence; empty where it knows nothing."""

    def diagnose_all(self, jobs: Sequence[Job]) -> dict[str, str]:
        """``diagnose`` for many Jobs, by name, from few requests however many they are; without those it knows nothing of."""

    def unready(self, endpoint: str) -> str:
        """Why no pod of this cluster serves an endpoint, as a sentence; empty where one does, or it names no Service."""

    def logs(self, name: str, *, follow: bool = False) -> Iterator[str]:
        """The lines of the newest pod's log as they come. Raises ClusterError where there is no log (any more)."""

    def reach(self, endpoint: str) -> str:
        """The address by which this machine reaches what pods know as ``endpoint``, for as long as this process lives.

        Raises StoreAway where no pod serves it, and UsageError where it cannot be reached in this way.
        """

    def unattended(self, store_url: str) -> str:
        """Why nothing releases fusions of this store while no client runs, as a sentence; empty where something does."""

    def site(self) -> dict[str, str]:
        """The ``LTK8S_*`` variables that the installation has for its clients; none where it cannot be read."""

    def credentials(self, secret: str) -> dict[str, str]:
        """The variables in a Secret. Raises NoCredential where there is none."""
