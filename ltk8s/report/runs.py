"""Runs as they are in the store: each read once, with its result and answers, and compared with its baseline."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from threading import Lock

from pydantic import ValidationError

from ltk8s.errors import Corrupt, StoreError
from ltk8s.report.compare import BASELINE, compare, setting_of
from ltk8s.report.nearest import Way, find_baselines, other_scale, way_of
from ltk8s.report.row import Member, Outcome, Row, Setting
from ltk8s.report.variant import variant
from ltk8s.store.answers import Answers, read_answers
from ltk8s.store.base import Store
from ltk8s.store.commit import Result, committed, read_result, set_aside
from ltk8s.store.many import READERS
from ltk8s.store.runs import RunRecord, read_runs


@dataclass(frozen=True, eq=False)
class Run:
    """A run's record and its row; ``result`` and ``answers`` are there once it is finished."""

    record: RunRecord
    row: Row
    result: Result | None = None
    answers: Answers | None = None

    @property
    def per_class(self) -> dict[str, list[int]]:
        """A finished run's counts by class, in label order: ``correct`` and ``n``."""
        counts: dict[str, list[int]] = self.result.metrics["per_class"] if self.result else {}
        return counts

    @property
    def class_names(self) -> list[str]:
        """The classes in label order; by number where a result does not name them."""
        names = self.result.metrics.get("classes") if self.result else None
        return list(names) if names else [str(i) for i in range(len(self.record.train_counts))]


class Runs:
    """The runs of a store, each read once however many others are compared with it. Sweeps are no such runs."""

    def __init__(self, store: Store, records: Sequence[RunRecord]) -> None:
        self.store = store
        self.records = sorted((record for record in records if record.kind == "experiment"), key=_order)
        self._others: list[RunRecord] | None = None
        self._read: dict[str, Run] = {}
        self._baselines: dict[Way, dict[Setting, RunRecord]] = {}
        self._learners: set[str] | None = None
        self._looking = Lock()

    def rows(self) -> list[Row]:
        """Every run's row, with its comparison or the reason why there is none; what is real is not said yet."""
        with ThreadPoolExecutor(READERS, "report-read") as pool:  # a store far away answers each slowly, but many side by side
            self._read |= {run.record.run: run for run in pool.map(self._read_anew, self.records)}
        return [self._compared(record) for record in self.records]

    def read(self, record: RunRecord) -> Run:
        """A run without its comparison."""
        if record.run not in self._read:
            self._read[record.run] = self._read_anew(record)
        return self._read[record.run]

    def named(self, run: str) -> Run:
        """A run that was read before, by its name."""
        return self._read[run]

    def _compared(self, record: RunRecord) -> Row:
        run = self.read(record)
        if record.experiment == BASELINE or run.row.outcome is None or run.answers is None:
            return run.row
        record_of_base = self._baseline(record)
        if record_of_base is None:
            like = ", set as the other seeds' is" if self._baselines[way_of(record)] else ""
            return run.row.model_copy(update={"incomparable": f"no baseline was submitted in this setting{like}"})
        base = self.read(record_of_base)
        if base.row.outcome is None or base.answers is None:
            return run.row.model_copy(update={"incomparable": f"the baseline {base.row.run} is not finished"})
        if not run.answers.same_images(base.answers):
            return run.row.model_copy(update={"incomparable": f"the baseline {base.row.run} was evaluated on other images"})
        other = other_scale(record, base.record)
        comparison = compare(run.row.outcome, run.answers, base.row, base.row.outcome, base.answers, other)
        return run.row.model_copy(update={"comparison": comparison})

    def _baseline(self, record: RunRecord) -> RunRecord | None:
        """What a run is compared with: of those that were asked for, else of all in the store."""
        way = way_of(record)
        if way not in self._baselines:
            seeds = [each for each in self.records if way_of(each) == way]
            found = find_baselines(seeds, self.records, self._is_finished)
            if not all(self._suffices(each, found.get(setting_of(each))) for each in seeds):
                found = find_baselines(seeds, self._all(), self._is_finished)
            self._baselines[way] = found
        return self._baselines[way].get(setting_of(record))

    def _suffices(self, record: RunRecord, baseline: RunRecord | None) -> bool:
        return baseline is not None and self._is_finished(baseline) and not other_scale(record, baseline)

    def _is_finished(self, record: RunRecord) -> bool:
        return self.read(record).row.outcome is not None

    def _read_anew(self, record: RunRecord) -> Run:
        result: Result | None = None
        try:
            result = read_result(self.store, "fusion", record.fusion)
            if result is None:
                return Run(record, _unfinished(record, self._how_far(record)))
            return Run(record, _finished(record, result), result, read_answers(self.store, result))
        except (ValidationError, KeyError):
            return Run(record, _unfinished(record, "its result was written by another version of ltk8s"))
        except Corrupt as error:
            # Or submit would take this fusion for done. A reader without the right to write can only say so.
            with suppress(StoreError):
                set_aside(self.store, "fusion", record.fusion, error.what, attempt=result.attempt if result else None)
            why = f"its fusion is corrupt (object {error.key!r}): submit again to have it made anew"
            return Run(record, _unfinished(record, why))

    def _how_far(self, record: RunRecord) -> str:
        with self._looking:
            if self._learners is None:
                ids = {member.id for each in self.records for member in each.members}
                self._learners = committed(self.store, "learner", ids)
        done = sum(member.id in self._learners for member in record.members)
        return f"{done} of {len(record.members)} learners are committed, the fusion is not"

    def _all(self) -> list[RunRecord]:
        """All runs of the store: a baseline need not be among those that were asked for."""
        if self._others is None:
            self._others = [record for record in read_runs(self.store) if record.kind == "experiment"]
        return self._others


def _order(record: RunRecord) -> tuple[object, ...]:
    """By setting, the longest tail last; the baseline before the techniques; then in order of submission."""
    ratio = 1.0 if record.ratio is None else record.ratio
    setting = (record.dataset, record.fingerprint, -ratio, record.split_seed, record.profile, record.seed)
    return (*setting, record.experiment != BASELINE, record.order)


def _unfinished(record: RunRecord, why: str) -> Row:
    members = tuple(Member(id=member.id, arch=member.arch, seed=member.seed) for member in record.members)
    return Row(
        run=record.run,
        fusion=record.fusion,
        experiment=record.experiment,
        title=record.title,
        created=record.created,
        setting=setting_of(record),
        members=members,
        variant=variant(record),
        unfinished=why,
    )


def _finished(record: RunRecord, result: Result) -> Row:
    metrics = result.metrics
    own = {member["id"]: member for member in metrics["members"]}
    members = [
        Member(id=m.id, arch=m.arch, seed=m.seed, n=own[m.id]["n"], correct=own[m.id]["correct"]) for m in record.members
    ]
    fields = {name: value for name, value in metrics.items() if name in Outcome.model_fields}
    outcome = Outcome.model_validate({**fields, "even": len(set(metrics["per_class"]["n"])) == 1})
    return _unfinished(record, "").model_copy(update={"members": tuple(members), "outcome": outcome})
