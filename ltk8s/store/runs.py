"""Records of runs: which learners and which fusion or ranking belong to a run, and what was asked for."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from datetime import datetime
from typing import Any, Literal

from pydantic import ValidationError

from ltk8s.errors import StoreError, UsageError, did_you_mean
from ltk8s.spec.base import Spec
from ltk8s.store import layout
from ltk8s.store.base import Store
from ltk8s.store.layout import Kind, LastKind
from ltk8s.store.many import get_many
from ltk8s.times import moment

log = logging.getLogger(__name__)


class Member(Spec):
    """One learner of a run."""

    id: str
    arch: str
    seed: int


class SweepPoint(Spec):
    """One point of a sweep: its ``settings`` (dotted path → value; none for the base itself), and their short name."""

    label: str
    settings: dict[str, Any]


class RunRecord(Spec):
    """A run as it was first submitted. ``spec`` is the experiment with its profile, ``fusion`` the fusion's id,
    ``train_counts`` the images per class after the split, ``ratio`` None for all images. ``created`` (ISO 8601 in UTC) is
    later than that of every run that was submitted before, whatever the clocks of those who submit say.

    A sweep's ``fusion`` is the id of its ranking, ``spec`` its base with the profile, ``members`` the learners of all points
    and folds, each once, and ``points`` what was tried, in the ranking's order. ``tuned_by`` is the run of the sweep whose
    winner was laid over the experiment by --tuned-by, empty without. ``commit`` is the git commit in which the experiment's
    file was changed last, empty where it is not under git or not committed.
    """

    run: str
    kind: Literal["experiment", "sweep"] = "experiment"
    experiment: str
    title: str
    profile: str
    dataset: str
    fingerprint: str
    ratio: float | None
    seed: int
    split_seed: int
    members: tuple[Member, ...]
    fusion: str
    train_counts: tuple[int, ...]
    spec: dict[str, Any]
    notes: tuple[str, ...] = ()
    points: tuple[SweepPoint, ...] = ()
    tuned_by: str = ""
    commit: str = ""
    image: str
    version: str
    created: str

    @property
    def order(self) -> tuple[datetime, str]:
        """What sorts runs by when they were submitted; of two at one moment the name decides."""
        return moment(self.created), self.run

    @property
    def last_kind(self) -> LastKind:
        """The kind of the task that ends the run, under the id ``fusion``."""
        return "ranking" if self.kind == "sweep" else "fusion"

    @property
    def parts(self) -> list[tuple[Kind, str]]:
        """Kind and id of each of its tasks: the learners, then what ends the run."""
        return [*(("learner", member.id) for member in self.members), (self.last_kind, self.fusion)]


def write_run(store: Store, record: RunRecord) -> RunRecord:
    """Keep a run's record, unless there is one already; return the one that is in the store.

    Raises:
        StoreError: if another run has this name.
    """
    key, data = layout.run(record.run), record.model_dump_json().encode()
    if store.put_if_absent(key, data):
        return record
    found = _parse(key, store.get(key))
    if found is None:  # damaged beyond reading; a good one is at hand
        store.put(key, data)
        return record
    if (found.members, found.fusion) != (record.members, record.fusion):
        raise StoreError(
            f"Another run in {store.url} has the name {record.run!r}.",
            f"Delete it with `ltk8s delete {record.run}` if it is not needed.",
        )
    return found


def read_runs(store: Store) -> list[RunRecord]:
    """Return all records, oldest first. One that cannot be read is left out with a warning."""
    return _read(store, _names(store))


def find_run(store: Store, text: str) -> RunRecord:
    """Return the one run whose name starts with ``text``, or the newest of the experiment ``text``.

    Raises:
        UsageError: if there is none (the nearest is suggested), or several (all are named).
    """
    names = _names(store)
    if text in names:
        names = [text]
    begun = _read(store, [name for name in names if name.startswith(text)])
    if len(begun) == 1:
        return begun[0]
    of_experiment = [record for record in begun or _read(store, names) if record.experiment == text]
    if of_experiment:
        return of_experiment[-1]
    if begun:
        raise UsageError(
            f"Several runs start with {text!r}: {', '.join(record.run for record in begun)}.", "Give more of the name."
        )
    known = {*names, *(record.experiment for record in _read(store, names))}
    raise UsageError(f"There is no run {text!r} in {store.url}.{did_you_mean(text, known)}", "`ltk8s status` lists the runs.")


def find_runs(store: Store, texts: Iterable[str]) -> list[RunRecord]:
    """Return what ``find_run`` finds for each of ``texts``, each run once.

    Raises:
        UsageError: as ``find_run`` does, for the first that is not one run.
    """
    return list({record.run: record for record in (find_run(store, text) for text in texts)}.values())


def delete_run(store: Store, run: str) -> None:
    """Forget a run's record. Its learners and its fusion or ranking stay."""
    store.delete(layout.run(run))


def _names(store: Store) -> list[str]:
    return [layout.run_name(found.key) for found in store.list(layout.run())]


def _read(store: Store, names: Iterable[str]) -> list[RunRecord]:
    objects = get_many(store, [layout.run(name) for name in names])
    records = [record for record in (_parse(key, data) for key, data in objects.items()) if record]
    return sorted(records, key=lambda record: record.order)


def _parse(key: str, data: bytes) -> RunRecord | None:
    try:
        return RunRecord.model_validate_json(data)
    except ValidationError:
        log.warning("%r is no record of a run that this version can read; it is left out.", key)
        return None
