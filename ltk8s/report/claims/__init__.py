"""The student report's claims, each with a verdict and the evidence for it."""

from __future__ import annotations

from collections.abc import Sequence

from ltk8s.report.cell import Cell
from ltk8s.report.claims import accuracy, cost, members
from ltk8s.report.claims.facts import Facts
from ltk8s.report.exhibit import Claim, Sweep
from ltk8s.report.learners import Learners
from ltk8s.report.place import Place, place_of
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


def claims(cells: Sequence[Cell], sweeps: Sequence[Sweep], runs: Runs, learners: Learners) -> list[Claim]:
    """Return every claim for each profile that the student report's data set was run at; none for other data sets.

    Other images under the data set's name are judged by themselves: then the evidence says which they are.
    """
    places = list(dict.fromkeys(place_of(cell) for cell in cells if cell.dataset == DATASET))
    facts = [Facts(place, cells, sweeps, runs, learners, _given(place, places)) for place in places]
    return [claim(each) for each in facts for claim in CLAIMS]


def _given(place: Place, places: Sequence[Place]) -> str:
    several = len({each.fingerprint for each in places}) > 1
    return f"On the images with the fingerprint {place.fingerprint}." if several else ""
