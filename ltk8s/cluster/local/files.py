"""Jobs as files: ``jobs/<name>.json`` is the whole object, replaced atomically; a change is made under one short lock."""

from __future__ import annotations

import json
import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

from filelock import FileLock

from ltk8s.cluster.job import Manifest
from ltk8s.errors import ClusterError, LtkError, system_error


class JobFiles:
    """The Jobs of one namespace below ``root``, and where their locks and logs are.

    Objects that are returned are to be read only: they are kept until their file changes.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        self._kept: dict[str, tuple[tuple[int, int], Manifest]] = {}

    def lock(self, name: str) -> Path:
        """The lock of whoever runs the Job."""
        return self.root / "locks" / f"{name}.lock"

    def logs(self, name: str) -> Path:
        """The directory of the Job's logs, one ``<number>.log`` for each attempt."""
        return self.root / "logs" / name

    @property
    def drivers(self) -> Path:
        """The directory in which each driver holds a lock that says which runs it drives."""
        return self.root / "drivers"

    def list(self) -> list[Manifest]:
        """Every Job, in order of creation."""
        entries: list[os.DirEntry[str]] = []
        with explained(self.root), suppress(FileNotFoundError):
            entries = [entry for entry in os.scandir(self.root / "jobs") if entry.name.endswith(".json")]
        found = [job for entry in entries if (job := self._read(Path(entry.path)))]
        names = {entry.name for entry in entries}
        self._kept = {name: kept for name, kept in self._kept.items() if name in names}
        return sorted(found, key=lambda job: (job["metadata"]["creationTimestamp"], job["metadata"]["name"]))

    def read(self, name: str) -> Manifest | None:
        return self._read(self._path(name))

    @contextmanager
    def changing(self) -> Iterator[None]:
        """Hold off other writers, of this process or another, between reading a Job and writing it.

        Raises:
            ClusterError: if a file cannot be read or written meanwhile.
        """
        with explained(self.root):
            self.root.mkdir(parents=True, exist_ok=True)
            with FileLock(self.root / "jobs.lock", poll_interval=0.01):
                yield

    def create(self, manifest: Manifest) -> Manifest:
        """Write a Job that is new. To be called under ``changing``, as are the next two."""
        made = {"uid": str(uuid.uuid4()), "resourceVersion": "0", "creationTimestamp": timestamp()}
        return self.write({**manifest, "metadata": {**manifest["metadata"], **made}, "status": {}})

    def write(self, job: Manifest) -> Manifest:
        """Replace a Job's file; its resourceVersion is counted up."""
        version = str(int(job["metadata"]["resourceVersion"]) + 1)
        job = {**job, "metadata": {**job["metadata"], "resourceVersion": version}}
        path = self._path(job["metadata"]["name"])
        path.parent.mkdir(parents=True, exist_ok=True)
        partial = path.with_suffix(f".{os.getpid()}.partial")
        try:
            partial.write_text(json.dumps(job))
            partial.replace(path)
        finally:
            partial.unlink(missing_ok=True)
        return job

    def remove(self, name: str) -> None:
        self._path(name).unlink(missing_ok=True)

    def _path(self, name: str) -> Path:
        return self.root / "jobs" / f"{name}.json"

    def _read(self, path: Path) -> Manifest | None:
        """The Job in a file, parsed only when the file is another than the one that was read last."""
        try:
            status = path.stat()
            seen = (status.st_ino, status.st_mtime_ns)
            kept = self._kept.get(path.name)
            if kept and kept[0] == seen:
                return kept[1]
            job: Manifest = json.loads(path.read_text())
        except FileNotFoundError:
            return None
        except OSError as error:
            raise unusable(error, path) from error
        except ValueError as error:
            raise ClusterError(f"{path} is no Job: {error}.", "Remove the file and submit again.") from None
        self._kept[path.name] = (seen, job)
        return job


@contextmanager
def explained(directory: Path) -> Iterator[None]:
    """Say what to do where the state directory cannot be read or written.

    Raises:
        ClusterError: in place of an OSError.
    """
    try:
        yield
    except OSError as error:
        raise unusable(error, directory) from error


def unusable(error: OSError, place: Path) -> LtkError:
    """What to say where the state directory cannot be read or written."""
    return system_error(error, "use", error.filename or place, instead="choose another state_dir", kind=ClusterError)


def timestamp() -> str:
    """Now, as Kubernetes writes a time with microseconds."""
    return datetime.now(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
