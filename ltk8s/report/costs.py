"""What was spent: by each sweep, by the runs of the table, and in all."""

from __future__ import annotations

from collections.abc import Sequence

from ltk8s.report.exhibit import Cost, Sweep
from ltk8s.report.learners import Learners
from ltk8s.report.runs import Run
from ltk8s.store.runs import RunRecord

HOUR = 3600


def costs(runs: Sequence[Run], sweeps: Sequence[Sweep], records: Sequence[RunRecord], learners: Learners) -> list[Cost]:
    """Return what each sweep cost, all finished runs, and both together: a learner that several share is counted once."""
    of_runs = {member.id for run in runs for member in run.record.members}
    of_sweeps = {member.id for record in records if record.kind == "sweep" for member in record.members}
    fusing = sum(float(run.result.provenance.get("seconds") or 0) for run in runs if run.result)
    each = [Cost(what=sweep.title, learners=sweep.learners, device_hours=sweep.device_hours) for sweep in sweeps]
    table = _cost("all runs of the table", of_runs, fusing, learners)
    return [*each, table, *([_cost("everything", of_runs | of_sweeps, fusing, learners)] if each else [])]


def _cost(what: str, ids: set[str], fusing: float, learners: Learners) -> Cost:
    done = len(ids & learners.results.keys())
    return Cost(what=what, learners=done, device_hours=(learners.seconds(ids) + fusing) / HOUR)
