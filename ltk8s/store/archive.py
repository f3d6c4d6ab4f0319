"""Evidence: all of a store that a report and a trace read, as one file. Networks, data sets and weights stay behind.

The file is a tar, compressed by xz, of objects under their own keys, in order of key and without dates: equal evidence is an
equal file. Commits are in it as they are, so that whoever reads them checks the same hashes.
"""

from __future__ import annotations

import io
import lzma
import tarfile
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from ltk8s.errors import UsageError, system_errors
from ltk8s.store import layout
from ltk8s.store.aside import written_aside
from ltk8s.store.base import Store
from ltk8s.store.commit import committed, read_artifact, read_result
from ltk8s.store.keys import check_key
from ltk8s.store.layout import KINDS, LAST_KINDS, Kind
from ltk8s.store.many import READERS
from ltk8s.store.runs import RunRecord

RECORDS = (layout.run(), layout.study())


def pack(store: Store, file: Path, runs: Iterable[RunRecord], studies: Iterable[str] = ()) -> int:
    """Write the records of ``runs`` and ``studies`` with the evidence of the runs that are finished; return how many objects.

    Of a run without its fusion or ranking only the record comes along: its learners are no evidence, and without their
    networks they would have to be trained again.

    Raises:
        Corrupt: if a commit is not what was written. No file is left then.
        StoreError: if the store cannot be reached or the file cannot be written.
    """
    runs = list(runs)
    objects = {key: store.get(key) for key in [*(layout.run(run.run) for run in runs), *map(layout.study, studies)]}
    ended = {kind: committed(store, kind, [run.fusion for run in runs if run.last_kind == kind]) for kind in LAST_KINDS}
    parts = {part for run in runs if run.fusion in ended[run.last_kind] for part in run.parts}
    with ThreadPoolExecutor(READERS, "export-read") as pool:
        for evidence in pool.map(lambda part: _evidence(store, *part), parts):
            objects |= evidence
    with written_aside(file) as target, tarfile.open(fileobj=target, mode="w:xz", preset=9) as tar:
        for key in sorted(objects):
            entry = tarfile.TarInfo(key)
            entry.size = len(objects[key])
            tar.addfile(entry, io.BytesIO(objects[key]))
    return len(objects)


def unpack(store: Store, file: Path) -> tuple[int, int]:
    """Put a file's evidence into a store. What the store has already stays as it is.

    Returns:
        How many objects were written, and how many the file has.

    Raises:
        UsageError: if it is no such file, or damaged. Nothing is written then.
        StoreError: if the store cannot be reached.
    """
    objects = _read(file)
    owners = {owner for key in objects if (owner := layout.owner(key))}
    here = {(kind, id) for kind in KINDS for id in committed(store, kind, [id for own, id in owners if own == kind])}
    new = sorted((key for key in objects if layout.owner(key) not in here), key=_order)
    return sum(store.put_if_absent(key, objects[key]) for key in new), len(objects)


def _evidence(store: Store, kind: Kind, id: str) -> dict[str, bytes]:
    """A commit, its task, and those of its artifacts that a report or a trace reads; nothing where there is no commit."""
    result = read_result(store, kind, id)
    if result is None:
        return {}
    left = {layout.CHECKPOINT}
    if kind != "fusion" or layout.ANSWERS in result.artifacts:
        left.add(layout.PREDICTIONS)
    keys = [layout.task(kind, id), layout.result(kind, id)]
    artifacts = {result.key(name): read_artifact(store, result, name) for name in result.artifacts if name not in left}
    return {**{key: store.get(key) for key in keys}, **artifacts}


def _order(key: str) -> tuple[bool, bool, str]:
    """A commit after what it names, and records of runs last: half an import is never believed."""
    owner = layout.owner(key)
    return owner is None, owner is not None and key == layout.result(*owner), key


def _read(file: Path) -> dict[str, bytes]:
    """The objects of a file by key, all of them before anything is done with one."""
    try:
        with (
            system_errors("read", file, instead="copy it to another place", kind=UsageError),
            tarfile.open(file, "r:xz") as tar,
        ):
            objects = {entry.name: opened.read() for entry in tar if (opened := tar.extractfile(entry))}
    except (OSError, EOFError, lzma.LZMAError, tarfile.TarError) as error:
        raise UsageError(f"{file} is no export, or not whole: {error}.", "Get it again.") from None
    for key in objects:
        check_key(key)
    if strange := [key for key in objects if not layout.owner(key) and not key.startswith(RECORDS)]:
        raise UsageError(f"{file} is no export: it holds {strange[0]!r}.", "Make one with `ltk8s store export`.")
    return objects
