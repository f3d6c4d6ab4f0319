"""What was planned or begun and has no result: an honest table says so."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from ltk8s.report.exhibit import NotRun, Sweep
from ltk8s.report.row import Row
from ltk8s.store.studies import StudyCell, StudyRecord


def not_run(rows: Sequence[Row], sweeps: Sequence[Sweep], studies: Iterable[StudyRecord]) -> list[NotRun]:
    """Return the cells of the studies that have no result, then the runs that are unfinished and in no study."""
    why = {row.run: row.unfinished for row in rows} | {sweep.run: sweep.unfinished for sweep in sweeps}
    found = [each for study in studies for cell in study.cells if (each := _planned(study, cell, why))]
    planned = list({_key(each): each for each in found}.values())
    listed = {each.run for each in planned if each.run}
    begun = [_begun(row) for row in rows if row.unfinished and row.run not in listed]
    begun += [_begun(sweep) for sweep in sweeps if sweep.unfinished and sweep.run not in listed]
    return planned + begun


def _key(one: NotRun) -> tuple[object, ...]:
    """What is the same where two studies plan it; the newer one's title and reason count."""
    return tuple(value for name, value in one if name not in {"title", "why"})


def _planned(study: StudyRecord, cell: StudyCell, why: dict[str, str]) -> NotRun | None:
    """A study's cell without a result, or None where its run is finished or it is another cell's run."""
    if cell.same_as or (cell.run in why and not why[cell.run]):
        return None
    reason = why.get(cell.run) or cell.dropped or "not submitted"
    return NotRun(
        kind=cell.kind,
        experiment=cell.experiment,
        title=cell.title,
        dataset=study.dataset,
        fingerprint=study.fingerprint,
        ratio=cell.ratio,
        profile=study.profile,
        seed=cell.seed,
        split_seed=cell.split_seed,
        run=cell.run,
        why=reason,
    )


def _begun(one: Row | Sweep) -> NotRun:
    return NotRun(
        kind="sweep" if isinstance(one, Sweep) else "experiment",
        experiment=one.experiment,
        title=one.title,
        dataset=one.setting.dataset,
        fingerprint=one.setting.fingerprint,
        ratio=one.setting.ratio,
        profile=one.setting.profile,
        seed=one.setting.seed,
        split_seed=one.setting.split_seed,
        run=one.run,
        why=one.unfinished,
    )
