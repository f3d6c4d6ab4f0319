"""Records of studies: which cell of the table is which run, and which cells have none."""

from __future__ import annotations

import logging
from typing import Literal

from pydantic import ValidationError

from ltk8s.spec.base import Spec
from ltk8s.store import layout
from ltk8s.store.base import Store
from ltk8s.store.many import get_many
from ltk8s.times import moment

log = logging.getLogger(__name__)


class StudyCell(Spec):
    """One experiment at one ratio (None: all images) and seed, and the run that it is.

    ``same_as`` names the experiment whose run it is, where its own technique changes nothing there. ``dropped`` is the reason
    why it is not run (beyond the budget, or not possible there); ``run`` is then the run that it would be, or empty where it
    cannot be planned. ``kind`` says how its run ends, ``group`` which part of the study asks for it.
    """

    experiment: str
    title: str
    ratio: float | None
    seed: int
    split_seed: int
    run: str
    kind: Literal["experiment", "sweep"] = "experiment"
    group: str = ""
    same_as: str = ""
    dropped: str = ""


class StudyRecord(Spec):
    """A study as it was submitted last, cells in order of priority; ``created`` is ISO 8601 in UTC."""

    name: str
    title: str = ""
    profile: str
    dataset: str
    fingerprint: str
    cells: tuple[StudyCell, ...]
    version: str = ""
    created: str


def write_study(store: Store, record: StudyRecord) -> None:
    """Keep a study's record in place of the one before: its runs are named by their own records."""
    store.put(layout.study(record.name), record.model_dump_json().encode())


def read_studies(store: Store) -> list[StudyRecord]:
    """Return all records, oldest first. One that cannot be read is left out with a warning."""
    keys = [found.key for found in store.list(layout.study())]
    records = [record for record in (_parse(key, data) for key, data in get_many(store, keys).items()) if record]
    return sorted(records, key=lambda record: (moment(record.created), record.name))


def _parse(key: str, data: bytes) -> StudyRecord | None:
    try:
        return StudyRecord.model_validate_json(data)
    except ValidationError:
        log.warning("%r is no record of a study that this version can read; it is left out.", key)
        return None
