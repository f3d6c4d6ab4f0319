"""Finding what a person means by a word: a Job, by its id or the beginning of it."""

from __future__ import annotations

from dataclasses import dataclass

from ltk8s.errors import UsageError, did_you_mean
from ltk8s.store.base import Store
from ltk8s.store.layout import Kind
from ltk8s.store.runs import RunRecord, read_runs


@dataclass(frozen=True)
class FoundJob:
    """A learner, fusion or ranking, and the newest run that needs it."""

    id: str
    kind: Kind
    record: RunRecord


def jobs_of(record: RunRecord) -> list[FoundJob]:
    """A run's learners, then its fusion or ranking."""
    return [FoundJob(id, kind, record) for kind, id in record.parts]


def find_job(store: Store, text: str) -> FoundJob:
    """Return the one Job of any run whose id starts with ``text``.

    Raises:
        UsageError: if there is none (the nearest is suggested), or several.
    """
    known = {job.id: job for record in read_runs(store) for job in jobs_of(record)}
    if text in known:
        return known[text]
    begun = [job for id, job in known.items() if id.startswith(text)]
    if len(begun) == 1:
        return begun[0]
    if begun:
        raise UsageError(
            f"Several Jobs start with {text!r}: {', '.join(sorted(job.id for job in begun))}.", "Give more of the name."
        )
    raise UsageError(f"No run has a Job {text!r}.{did_you_mean(text, known)}", "`ltk8s status RUN` lists the Jobs of a run.")
