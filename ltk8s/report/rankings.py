"""Sweeps as they are in the store: their rankings, and what they cost."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pydantic import ValidationError

from ltk8s.errors import Corrupt
from ltk8s.metrics.selection import Ranking
from ltk8s.report.compare import setting_of
from ltk8s.report.exhibit import Sweep
from ltk8s.report.learners import Learners
from ltk8s.store.base import Store
from ltk8s.store.commit import Result, read_result
from ltk8s.store.runs import RunRecord


@dataclass(frozen=True, eq=False)
class FoundSweep:
    """A sweep's record; ``result`` and ``ranking`` are there once it is finished, ``unfinished`` says why they are not."""

    record: RunRecord
    unfinished: str
    result: Result | None = None
    ranking: Ranking | None = None


def find_sweeps(store: Store, records: Sequence[RunRecord]) -> list[FoundSweep]:
    """Return the sweeps among the runs, finished or not, in order of submission."""
    return [_find(store, record) for record in records if record.kind == "sweep"]


def to_sweep(found: FoundSweep, learners: Learners) -> Sweep:
    """A sweep as the report shows it."""
    record, ids = found.record, {member.id for member in found.record.members}
    done = len(ids & learners.results.keys())
    return Sweep(
        run=record.run,
        id=record.fusion,
        experiment=record.experiment,
        title=record.title,
        setting=setting_of(record),
        learners=done,
        device_hours=learners.seconds(ids) / 3600,
        command=trace_command(record.run),
        ranking=found.ranking,
        unfinished=""
        if found.ranking
        else found.unfinished or f"{done} of {len(ids)} learners are committed, the ranking is not",
    )


def trace_command(run: str) -> str:
    """What prints the task, the Job manifest and the log behind a run's numbers."""
    return f"ltk8s trace {run}"


def _find(store: Store, record: RunRecord) -> FoundSweep:
    try:
        result = read_result(store, "ranking", record.fusion)
        ranking = Ranking.model_validate(result.metrics) if result else None
    except Corrupt as error:
        return FoundSweep(record, f"its ranking is corrupt (object {error.key!r}): submit again to have it made anew")
    except ValidationError:
        return FoundSweep(record, "its ranking was written by another version of ltk8s")
    return FoundSweep(record, "", result, ranking)
