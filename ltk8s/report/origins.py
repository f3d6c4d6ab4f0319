"""Where every number is from: one command that leads to its task, its Job manifest and its log."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ltk8s.report.exhibit import Origin
from ltk8s.report.numbers import ratio
from ltk8s.report.rankings import FoundSweep, trace_command
from ltk8s.report.runs import Run
from ltk8s.store.commit import Result
from ltk8s.store.runs import RunRecord


def origins(runs: Iterable[Run], sweeps: Iterable[FoundSweep]) -> list[Origin]:
    """Return the origin of every finished run's and sweep's numbers."""
    return [_of_run(run, run.result) for run in runs if run.result] + [_of_sweep(s, s.result) for s in sweeps if s.result]


def _of_run(run: Run, result: Result) -> Origin:
    outcome = run.row.outcome
    counts = f": {outcome.correct} of {outcome.n} right" if outcome else ""
    return _origin(run.record, result, counts)


def _of_sweep(found: FoundSweep, result: Result) -> Origin:
    return _origin(found.record, result, f": a ranking of {len(found.ranking.points) if found.ranking else 0} points")


def _origin(record: RunRecord, result: Result, numbers: str) -> Origin:
    provenance = result.provenance
    where = f"ratio {ratio(record.ratio)}, seed {record.seed}, profile {record.profile}"
    return Origin(
        number=f"{record.title} on {record.dataset}, {where}{numbers}",
        run=record.run,
        id=record.fusion,
        learners=tuple(member.id for member in record.members),
        command=trace_command(record.run),
        submitted=record.created,
        scored=result.created,
        device=_device(provenance),
        threads=provenance.get("threads"),
        version=str(provenance.get("version") or record.version),
        revision=provenance.get("revision"),
        commit=record.commit,
        torch=str(provenance.get("torch") or "unknown"),
        timm=str(provenance.get("timm") or "unknown"),
    )


def _device(provenance: dict[str, Any]) -> str:
    """The accelerator by its name, or the processor by its."""
    device = str(provenance.get("device") or "cpu")
    return device if device != "cpu" else str(provenance.get("cpu") or device)
