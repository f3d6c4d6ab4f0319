"""Claims about ensembles: what their members are like, and what they are worth together."""

from __future__ import annotations

from typing import Any

from pydantic import ValidationError

from ltk8s.report.claims.facts import CONTROLS, Facts, said, verdict_of
from ltk8s.report.claims.paired import paired_scores
from ltk8s.report.exhibit import Claim
from ltk8s.report.numbers import at, fraction, points, ratio
from ltk8s.report.variant import NO_TECHNIQUE, flattened
from ltk8s.spec.experiment import Experiment


def members_are_better(facts: Facts) -> Claim:
    """Members trained on all data have a higher mean accuracy than those trained on bags, with the same loss."""
    evidence, held, used = [], [], []
    for cell, other in facts.both("stack-wl", "bagging-wl"):
        evidence.append(
            f"{at(cell.ratio)}: members of stacking / WL have {fraction(cell.mean_member_accuracy)} on average, "
            f"of bagging / WL {fraction(other.mean_member_accuracy)}."
        )
        held.append(cell.mean_member_accuracy > other.mean_member_accuracy)
        used += [cell, other]
    why = evidence or ["No ratio has both stacking / WL and bagging / WL at one scale yet."]
    return facts.claim("Members trained on all data are better than members trained on bags.", verdict_of(held), why, used)


def stacking_beats_bagging(facts: Facts) -> Claim:
    """Stacking has the higher score wherever both were run."""
    evidence, held, used = [], [], []
    for cell, other in facts.both("stacking", "bagging-wl"):
        found = facts.contrast(cell, other)
        own_score, score = paired_scores(cell, other)
        counts = f"{fraction(own_score)} against {fraction(score)}"
        evidence.append(f"{at(cell.ratio)}: stacking {counts} of bagging / WL{f': {said(found)}' if found else ''}.")
        held.append(own_score > score)
        used += [cell, other]
    for cell, other in facts.both("stack-wl", "bagging-wl"):
        if found := facts.contrast(cell, other):
            evidence.append(f"{at(cell.ratio)}: stacking / WL against bagging / WL: {said(found)}.")
    evidence.append("In the report's own table it is false at ratio 0.02 (.6614 against .6760).")
    return facts.claim("Hence stacking beats bagging.", verdict_of(held), evidence, used)


def members_differ(facts: Facts) -> Claim:
    """Together they are better than one of them on average, in every run."""
    cells = [cell for name in ("stacking", "stack-wl") for cell in facts.cells if cell.experiment == name and not cell.same_as]
    cells = [cell for cell in cells if cell.disagreement is not None]
    evidence = [
        f"{cell.label} at {at(cell.ratio)}: two members differ on {100 * (cell.disagreement or 0):.0f} % of the images; "
        f"together they gain {points(cell.accuracy - cell.mean_member_accuracy)} points on their mean."
        for cell in cells
    ]
    held = [cell.accuracy > cell.mean_member_accuracy for cell in cells]
    why = evidence or ["No ensemble is finished yet."]
    return facts.claim("The members of an ensemble learn different things.", verdict_of(held), why, cells)


def more_than_compute(facts: Facts) -> Claim:
    """Our own: it is ahead of every equal-compute control with weighted loss that was run."""
    evidence, held, used = [], [], []
    for control in CONTROLS:
        for cell, other in facts.both("stack-wl", control):
            found = facts.contrast(cell, other)
            own_score, score = paired_scores(cell, other)
            scores = f"{fraction(own_score)} against {fraction(score)}"
            evidence.append(f"{at(cell.ratio)}, {other.label}: {scores}{f': {said(found)}' if found else ''}.")
            held.append(own_score > score)
            used += [cell, other]
    return facts.claim(
        "Stacking / WL is ahead of what the same compute buys with one architecture.",
        verdict_of(held),
        evidence or ["No equal-compute control is finished at the scale of stacking / WL yet."],
        used,
        ours=True,
    )


def one_parameter(facts: Facts) -> Claim:
    """The specs of the two, as they were run, differ in one field."""
    text = "From stacking to stacking / WL it is one parameter."
    for cell, other in facts.both("stack-wl", "stacking"):
        specs = [facts.runs.named(each.replicates[0].run).record.spec for each in (cell, other)]
        differing = changed(*specs)
        if differing:
            where = f"At ratio {ratio(cell.ratio)} the specs differ in {', '.join(differing)} and in nothing else."
            return facts.claim(text, "held" if len(differing) == 1 else "did not hold", [where], [cell, other])
    return facts.claim(text, "not tested", ["No ratio has both at one scale yet."])


def changed(spec: dict[str, Any], other: dict[str, Any]) -> list[str]:
    """The fields in which two specs differ, by dotted path, but for title and seeds."""
    a, b = (flattened({k: v for k, v in _whole(each).items() if k not in NO_TECHNIQUE}) for each in (spec, other))
    return sorted(path for path in a.keys() | b.keys() if a.get(path) != b.get(path))


def _whole(spec: dict[str, Any]) -> dict[str, Any]:
    """A spec with every field: one that an older version wrote lacks those that came later, at their default."""
    try:
        return Experiment.model_validate(spec).model_dump(mode="json")
    except ValidationError:
        return spec
