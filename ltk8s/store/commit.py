"""The commit protocol: what makes a learner or a fusion *done*.

An attempt writes its artifacts under a key of its own. Then ``result.json`` is put, last and only if there is none: it names
the attempt, and the size and SHA-256 of each artifact. So a half-written attempt is never taken for a result, two writers
leave one whole result, and a flipped byte anywhere is noticed.
"""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from pydantic import ValidationError

from ltk8s.errors import Corrupt, NotFound, StoreError, TaskError
from ltk8s.spec.base import Spec
from ltk8s.store import layout
from ltk8s.store.base import Store
from ltk8s.store.layout import Kind
from ltk8s.store.many import get_many


class Artifact(Spec):
    """What one artifact must be: its size in bytes and the SHA-256 (hex) of its content."""

    size: int
    sha256: str

    @classmethod
    def of(cls, data: bytes) -> Artifact:
        return cls(size=len(data), sha256=hashlib.sha256(data).hexdigest())


class Result(Spec):
    """A commit. ``metrics`` are exact counts and what follows from them; ``provenance`` says how it came about."""

    id: str
    kind: Kind
    attempt: str
    artifacts: dict[str, Artifact]
    metrics: dict[str, Any]
    provenance: dict[str, Any]
    created: str

    def key(self, name: str) -> str:
        """The key of one of its artifacts."""
        return layout.attempt(self.kind, self.id, self.attempt, name)


class Attempt:
    """One try at a task, under a name that no other try has: artifacts first, then the commit.

    Args:
        store: where.
        task_json: the task; it is kept beside the result, and is the only task that this id may ever stand for.
        kind: ``learner`` or ``fusion``.
        id: the task's id.
        attempt: the name; by default the time and something random.

    Raises:
        TaskError: if the store has another task under this id.
    """

    def __init__(self, store: Store, task_json: str, kind: Kind, id: str, attempt: str | None = None) -> None:
        self.store = store
        self.kind: Kind = kind
        self.id = id
        self.attempt = attempt or f"{datetime.now(UTC):%Y%m%dt%H%M%S}-{secrets.token_hex(4)}"
        self.artifacts: dict[str, Artifact] = {}
        _keep_task(store, task_json, kind, id)

    def put(self, name: str, data: bytes) -> Artifact:
        """Write an artifact that the commit will name."""
        self.put_unlisted(name, data)
        self.artifacts[name] = Artifact.of(data)
        return self.artifacts[name]

    def put_unlisted(self, name: str, data: bytes) -> None:
        """Write something of this attempt that no commit names: a failed attempt's log."""
        self.store.put(layout.attempt(self.kind, self.id, self.attempt, name), data)

    def commit(self, metrics: dict[str, Any], provenance: dict[str, Any]) -> Result:
        """Make this attempt the result, and return it as a reader sees it; where another writer was first, return that one's.

        Both dictionaries hold JSON values; what is not finite becomes null.
        """
        key = layout.result(self.kind, self.id)
        data = _encode(
            Result(
                id=self.id,
                kind=self.kind,
                attempt=self.attempt,
                artifacts=self.artifacts,
                metrics=metrics,
                provenance=provenance,
                created=datetime.now(UTC).isoformat(timespec="seconds"),
            )
        )
        if self.store.put_if_absent(key, data):
            return _decode(data, key, self.kind, self.id)
        return read_result(self.store, self.kind, self.id) or self.commit(metrics, provenance)


def read_result(store: Store, kind: Kind, id: str) -> Result | None:
    """Return the commit of a learner or fusion, or None if there is none.

    Raises:
        Corrupt: if it is not what was written.
    """
    key = layout.result(kind, id)
    try:
        data = store.get(key)
    except NotFound:
        return None
    return _decode(data, key, kind, id)


def read_results(store: Store, kind: Kind, ids: Iterable[str]) -> dict[str, Result]:
    """Return the commits of many learners or fusions, by id; those that have none are left out.

    Raises:
        Corrupt: for the first that is not what was written.
    """
    keys = {layout.result(kind, id): id for id in ids}
    return {keys[key]: _decode(data, key, kind, keys[key]) for key, data in get_many(store, keys).items()}


def read_artifact(store: Store, result: Result, name: str) -> bytes:
    """Return an artifact of a commit, after checking its size and SHA-256.

    Raises:
        Corrupt: if it is missing or is not what was committed.
    """
    key = result.key(name)
    if name not in result.artifacts:
        raise Corrupt(layout.result(result.kind, result.id), f"it names no artifact {name!r}")
    try:
        data = store.get(key)
    except NotFound:
        raise Corrupt(key, "its commit names it, but it is not there") from None
    expected = result.artifacts[name]
    if len(data) != expected.size:
        raise Corrupt(key, f"it has {len(data):,} bytes instead of {expected.size:,}")
    if hashlib.sha256(data).hexdigest() != expected.sha256:
        raise Corrupt(key, "its content is not what was committed (SHA-256 differs)")
    return data


def verify(store: Store, result: Result) -> None:
    """Check every artifact of a commit.

    Raises:
        Corrupt: naming the first that is missing or is not what was committed.
    """
    for name in result.artifacts:
        read_artifact(store, result, name)


def set_aside(store: Store, kind: Kind, id: str, why: str, *, attempt: str | None = None) -> None:
    """Turn a bad commit into ``result.bad.json``, so that it counts as not committed and is made anew.

    Args:
        attempt: the attempt whose commit was found bad, if it could be read. If the commit is another's by now, it stays.
    """
    key = layout.result(kind, id)
    try:
        data = store.get(key)
    except NotFound:
        return
    if attempt is not None and _attempt_in(data) != attempt:
        return
    record = {"why": why, "set_aside": datetime.now(UTC).isoformat(timespec="seconds"), "result": data.decode(errors="replace")}
    store.put(layout.bad_result(kind, id), json.dumps(record).encode())
    store.delete(key)


def committed(store: Store, kind: Kind, ids: Iterable[str]) -> set[str]:
    """Return which of ``ids`` have a commit, from one listing however many there are."""
    results = {layout.result(kind, id): id for id in ids}
    if not results:
        return set()
    return {results[found.key] for found in store.list(layout.home(kind)) if found.key in results}


def lacking(store: Store, kind: Kind, ids: Iterable[str]) -> dict[str, str]:
    """Return which of the committed ``ids`` cannot be read whole, and why, as far as a listing and the commits tell.

    No artifact is read: a byte that was flipped in one is found by whoever reads it.
    """
    wanted = {layout.result(kind, id): id for id in ids}
    if not wanted:
        return {}
    sizes = {found.key: found.size for found in store.list(layout.home(kind))}
    read = {wanted[key]: _lack(data, key, kind, wanted[key], sizes) for key, data in get_many(store, wanted).items()}
    return {id: why for id, why in read.items() if why}


def _lack(data: bytes, key: str, kind: Kind, id: str, sizes: Mapping[str, int]) -> str:
    try:
        result = _decode(data, key, kind, id)
    except Corrupt as error:
        return error.what
    bad = (name for name, artifact in result.artifacts.items() if sizes.get(result.key(name)) != artifact.size)
    return next((f"Its {name} is not in the store, or not whole." for name in bad), "")


def _keep_task(store: Store, task_json: str, kind: Kind, id: str) -> None:
    key = layout.task(kind, id)
    if store.put_if_absent(key, task_json.encode()):
        return
    try:
        same = json.loads(store.get(key)) == json.loads(task_json)
    except ValueError:  # damaged beyond reading; the right one is at hand
        store.put(key, task_json.encode())
        return
    if not same:
        raise TaskError(
            f"The store has another task under the id {id!r}.",
            f"Compare {key!r} in {store.url} with this one; remove it there if it is the wrong one.",
        )


def _encode(result: Result) -> bytes:
    document = result.model_dump(mode="json")
    return _canonical({**document, "digest": _digest(document)})


def _decode(data: bytes, key: str, kind: Kind, id: str) -> Result:
    try:
        document = json.loads(data)
        # Bytes are compared as well, since JSON has several spellings of one value: 1e-05 and 1E-05.
        whole = data == _canonical(document) and document.pop("digest") == _digest(document)
    except (ValueError, KeyError, AttributeError):
        whole = False
    if not whole:
        raise Corrupt(key, "it is not what was committed (digest differs)")
    if (document.get("kind"), document.get("id")) != (kind, id):
        raise Corrupt(key, f"it is the result of {document.get('id')!r}")
    try:
        return Result.model_validate(document)
    except ValidationError:
        raise StoreError(f"{key!r} was written by a version of ltk8s that this one cannot read.", "Update ltk8s.") from None


def _canonical(document: Any) -> bytes:
    return json.dumps(document, sort_keys=True, separators=(",", ":"), allow_nan=False).encode()


def _digest(document: dict[str, Any]) -> str:
    return hashlib.sha256(_canonical(document)).hexdigest()


def _attempt_in(data: bytes) -> Any:
    try:
        return json.loads(data).get("attempt")
    except (ValueError, AttributeError):
        return None
