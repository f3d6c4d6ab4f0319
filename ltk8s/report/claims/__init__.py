"""The student report's claims, each with a verdict and the evidence for it."""

from __future__ import annotations

from collections.abc import Sequence

from ltk8s.report.cell import Average, Cell
from ltk8s.report.claims import accuracy, cost, members
from ltk8s.report.claims.facts import Facts
from ltk8s.report.exhibit import Claim, Sweep
from ltk8s.report.learners import Learners
from ltk8s.report.published import DATASET
from ltk8s.report.runs import Runs

CLAIMS = (
    accuracy.best_everywhere,
    accuracy.average_improvement,
    accuracy.staircase,
    accuracy.weighting_does_not_matter,
    members.members_are_better,
    members.stacking_beats_bagging,
    members.members_differ,
    members.one_parameter,
    cost.balancing_costs_time,
    cost.balancing_costs_memory,
    cost.best_for_its_size,
    cost.under_25_million,
    cost.half_of_a_resnet,
    cost.sweeps_cost,
    members.more_than_compute,
    accuracy.best_beats_stacking,
)
"""In the order in which a page shows them; the last three are our own."""


def claims(
    cells: Sequence[Cell], averages: Sequence[Average], sweeps: Sequence[Sweep], runs: Runs, learners: Learners
) -> list[Claim]:
    """Return every claim for each profile that the student report's data set was run at; none for other data sets."""
    profiles = dict.fromkeys(cell.profile for cell in cells if cell.dataset == DATASET)
    facts = [Facts(profile, cells, averages, sweeps, runs, learners) for profile in profiles]
    return [claim(each) for each in facts for claim in CLAIMS]
