"""From the store to a study: what every part of the report says, in the order in which it is found out."""

from __future__ import annotations

from collections.abc import Sequence

import ltk8s
from ltk8s.report.averages import averages
from ltk8s.report.baselines import compared
from ltk8s.report.cell import Cell
from ltk8s.report.cells import cells
from ltk8s.report.claims import claims
from ltk8s.report.compare import corrected
from ltk8s.report.costs import costs
from ltk8s.report.curves import curves
from ltk8s.report.errata import errata
from ltk8s.report.gallery import galleries
from ltk8s.report.learners import Learners
from ltk8s.report.not_run import not_run
from ltk8s.report.origins import origins
from ltk8s.report.rankings import find_sweeps, to_sweep
from ltk8s.report.row import Row, Setting
from ltk8s.report.runs import Runs
from ltk8s.report.same import same_cells
from ltk8s.report.splits import splits
from ltk8s.report.study import Scale, Study, Verdict, scale_of
from ltk8s.report.verdict import verdict
from ltk8s.store.base import Store
from ltk8s.store.runs import RunRecord, read_runs
from ltk8s.store.studies import read_studies


def collect(store: Store, records: Sequence[RunRecord] | None = None) -> Study:
    """Return the study of some runs; by default of all in the store, with the cells of submitted studies that have no run.

    Each finished run is compared with the baseline of its setting: one of ``records``, or another run of the store. A run
    that is not finished is there all the same and says how far it is. A fusion whose result is corrupt is set aside, so that
    submitting again makes it anew.

    Raises:
        StoreError: if the store cannot be reached.
    """
    studies = read_studies(store) if records is None else []
    records = read_runs(store) if records is None else records
    runs, learners = Runs(store, records), Learners(store, records)
    rows = _corrected(runs.rows())
    made = compared(cells(rows, runs), rows, runs)
    made = same_cells(made, studies)
    found = find_sweeps(store, records)
    sweeps = [to_sweep(each, learners) for each in found]
    finished = [runs.named(row.run) for row in rows if row.outcome]
    means = averages(made, runs)
    study = Study(
        store=_where(store),
        version=ltk8s.__version__,
        name=(studies[-1].title or studies[-1].name) if studies else "",
        rows=tuple(rows),
        cells=tuple(made),
        averages=tuple(means),
        verdicts=tuple(_verdicts(made, rows)),
        sweeps=tuple(sweeps),
        claims=tuple(claims(made, sweeps, runs, learners)),
        errata=tuple(errata({row.setting.dataset for row in rows})),
        splits=tuple(splits(finished, learners)),
        curves=tuple(curves(store, learners)),
        costs=tuple(costs(finished, sweeps, records, learners)),
        not_run=tuple(not_run(rows, sweeps, studies)),
        origins=tuple(origins(finished, found)),
    )
    return study.model_copy(update={"galleries": tuple(galleries(store, study.scales(), runs))})


def _corrected(rows: Sequence[Row]) -> list[Row]:
    """The rows by setting, their p-values corrected for all the comparisons of it."""
    by_setting: dict[Setting, list[Row]] = {}
    for row in rows:
        by_setting.setdefault(row.setting, []).append(row)
    return [row for own in by_setting.values() for row in corrected(own)]


def _verdicts(made: Sequence[Cell], rows: Sequence[Row]) -> list[Verdict]:
    """A sentence on each line of the table, also where nothing is finished yet."""
    lines: dict[Scale, tuple[list[Cell], list[Row]]] = {}
    for row in sorted(rows, key=lambda row: -(1.0 if row.setting.ratio is None else row.setting.ratio)):
        lines.setdefault(scale_of(row), ([], []))[1].append(row)
    for cell in made:
        lines.setdefault(scale_of(cell), ([], []))[0].append(cell)
    return [Verdict(scale=scale, sentence=verdict(scale, own, theirs)) for scale, (own, theirs) in lines.items()]


def _where(store: Store) -> str:
    """The store as a page names it: a directory of this machine tells its readers nothing."""
    return "a local store" if store.url.startswith("file:") else store.url
