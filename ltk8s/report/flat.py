"""A study as CSV: one line a run in plain numbers; its last columns are of the run's cell, over seeds."""

from __future__ import annotations

import csv
import io
from typing import Any

from ltk8s.escaping import spreadsheet
from ltk8s.report.cell import Cell
from ltk8s.report.published import published_accuracy
from ltk8s.report.row import Comparison, Outcome, Row
from ltk8s.report.study import Study


def to_csv(study: Study) -> str:
    """Return the rows as CSV. Fractions are fractions; what a run does not have is empty; text is never a formula."""
    cell_of = {each.run: cell for cell in study.cells if not cell.same_as for each in cell.replicates}
    lines = [{**flat(row), **_cell(cell_of.get(row.run))} for row in study.rows]
    text = io.StringIO()
    writer = csv.DictWriter(text, fieldnames=list(lines[0]) if lines else ["run"], lineterminator="\n")
    writer.writeheader()
    writer.writerows({name: spreadsheet(value) for name, value in line.items()} for line in lines)
    return text.getvalue()


def flat(row: Row) -> dict[str, Any]:
    """One run in named columns, the same for every run."""
    setting = row.setting
    return {
        "run": row.run,
        "fusion": row.fusion,
        "experiment": row.experiment,
        "title": row.title,
        "dataset": setting.dataset,
        "fingerprint": setting.fingerprint,
        "ratio": "full" if setting.ratio is None else setting.ratio,
        "split_seed": setting.split_seed,
        "profile": setting.profile,
        "seed": setting.seed,
        "networks": " ".join(member.arch for member in row.members),
        "member_correct": " ".join("" if member.correct is None else str(member.correct) for member in row.members).strip(),
        **_outcome(row.outcome),
        **_comparison(row.comparison),
        "student_report_accuracy": published_accuracy(setting.dataset, setting.ratio, row.experiment),
        "unfinished": row.unfinished,
        "incomparable": row.incomparable,
    }


OUTCOME = ("n", "correct", "accuracy", "balanced_accuracy", "nll", "brier", "ece", "mean_member_accuracy", "disagreement")
COMPARISON = ("baseline_run", "baseline_fusion", "gained", "lost", "difference", "mcnemar_p", "p", "p_holm", "smallest", "real")
CELL = ("seeds", "accuracy")
CONTRAST = ("seeds", "draws", "difference", "p", "p_holm", "real", "given")
BOUNDS = ("interval", "corrected", "t_interval")


def _outcome(outcome: Outcome | None) -> dict[str, Any]:
    from ltk8s.metrics import GROUPS

    low, high = outcome.interval if outcome else (None, None)
    columns: dict[str, Any] = {name: getattr(outcome, name, None) for name in OUTCOME}
    columns |= {"interval_low": low, "interval_high": high}
    for name in GROUPS:
        group = outcome.groups[name] if outcome else None
        columns |= {f"{name}_n": group and group.n, f"{name}_correct": group and group.correct}
    return columns | {name: getattr(outcome, name, None) for name in ("parameters", "device_seconds")}


def _comparison(comparison: Comparison | None) -> dict[str, Any]:
    low, high = comparison.interval if comparison else (None, None)
    columns: dict[str, Any] = {name: getattr(comparison, name, None) for name in COMPARISON}
    return columns | {"difference_low": low, "difference_high": high}


def _cell(cell: Cell | None) -> dict[str, Any]:
    """A cell's own columns, the same in each of its runs."""
    contrast = cell.contrast if cell else None
    columns: dict[str, Any] = {f"cell_{name}": getattr(cell, name, None) for name in CELL}
    columns |= {f"cell_compared_{name}": getattr(contrast, name, None) for name in CONTRAST}
    for name in BOUNDS:
        low, high = getattr(contrast, name, None) or (None, None)
        columns |= {f"cell_compared_{name}_low": low, f"cell_compared_{name}_high": high}
    return columns
