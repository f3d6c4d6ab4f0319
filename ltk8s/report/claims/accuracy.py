"""Claims about which technique is better, and by how much."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from itertools import pairwise

from ltk8s.report.averages import average, published_average
from ltk8s.report.claims.facts import OWN, RATIOS, Facts, said, verdict_of
from ltk8s.report.claims.paired import lead, paired_scores
from ltk8s.report.claims.weightings import weightings
from ltk8s.report.exhibit import Claim
from ltk8s.report.numbers import at, fraction, interval_points, points, size
from ltk8s.report.published import DATASET, PRINTED_AVERAGE

EXPECTED = 0.02

ALPHA = 0.05


def best_everywhere(facts: Facts) -> Claim:
    """At every ratio where it and at least two others of the report's columns were run, its score is the highest of them."""
    evidence, held, used = [], [], []
    for ratio in RATIOS:
        cell = facts.cell("stack-wl", ratio)
        if cell is None or cell.same_as:
            continue
        others = [other for name in OWN if name != "stack-wl" and (other := facts.cell(name, ratio)) and not other.same_as]
        others = [other for other in others if facts.alike(cell, other)]
        if len(others) < 2:
            continue
        next_best = min(others, key=partial(lead, cell))
        own_score, score = paired_scores(cell, next_best)
        found = facts.contrast(cell, next_best)
        evidence.append(
            f"{at(ratio)}: {fraction(own_score)}; the best of {len(others)} others is {next_best.label} "
            f"({fraction(score)}){f': {said(found)}' if found else ''}."
        )
        held.append(own_score >= score)
        used += [cell, next_best]
    if held:
        evidence += _not_measured([cell.ratio for cell in used])
    rivals = [(c, own) for c in facts.cells if c.experiment not in OWN and (own := facts.cell("stack-wl", c.ratio))]
    beyond = [c for c, own in rivals if facts.alike(c, own) and lead(c, own) > 0]
    if held and beyond:
        listed = ", ".join(f"{c.label} at {at(c.ratio)} ({fraction(c.score)})" for c in beyond)
        evidence.append(f"Beyond the report's columns, better than it: {listed}.")
    why = evidence or ["No ratio has stacking / WL and two more of the report's columns at one scale yet."]
    return facts.claim("Stacking / WL is best on every data set.", verdict_of(held), why, used)


def average_improvement(facts: Facts) -> Claim:
    """Its average over the three ratios is not below .079: the interval reaches it."""
    text = "Stacking / WL improves on the baseline by .079 on average."
    own = [facts.cell("stack-wl", ratio) for ratio in RATIOS[1:]]
    cells = [cell for cell in own if cell and cell.contrast and not cell.contrast.other_scale]
    single = ", ".join(f"{points(cell.contrast.difference)} at {cell.ratio:g}" for cell in cells if cell.contrast)
    found = average(cells, facts.runs) if len(cells) == len(own) else None
    if found is None:
        ran = tuple(cell.ratio for cell in cells if cell.ratio is not None)
        theirs = published_average(DATASET, "stack-wl", ran)
        so_far = [f"So far {single}; over the same ratios the report has {points(theirs)}."] if cells and theirs else []
        return facts.claim(
            text, "not tested", [*so_far, "Not all three ratios have it and its baseline at one scale yet."], cells
        )
    evidence = [f"{points(found.difference)} points [{interval_points(found.interval)}] on average: {single}."]
    return facts.claim(text, "held" if found.interval[1] >= PRINTED_AVERAGE["stack-wl"] else "did not hold", evidence, cells)


def staircase(facts: Facts) -> Claim:
    """Stacking / WL on a harder data set is at or above the baseline of the next easier one."""
    evidence, held, used = [], [], []
    for easier, harder in pairwise(RATIOS):
        cell, baseline = facts.cell("stack-wl", harder), facts.cell("baseline", easier)
        if cell is None or baseline is None or not facts.alike(cell, baseline):
            continue
        own_score, score = paired_scores(cell, baseline)
        found = facts.contrast(cell, baseline)
        evidence.append(
            f"Stacking / WL at {at(harder)} has {fraction(own_score)}, the baseline at {at(easier)} "
            f"{fraction(score)}{f': {said(found)}' if found else ''}."
        )
        held.append(own_score >= score)
        used += [cell, baseline]
    if not evidence:
        evidence = ["No two neighbouring ratios have both at one scale yet."]
    elif len(held) < len(RATIOS) - 1:
        evidence.append("Steps that are not named were not run at one scale.")
    return facts.claim(
        "With stacking / WL each data set reaches the baseline of the next easier one.", verdict_of(held), evidence, used
    )


def weighting_does_not_matter(facts: Facts) -> Claim:
    """The worst weighting is behind the best by no more than chance: image by image where the best is the sweep's best point
    too, else by what two standard errors of a difference can tell apart.
    """
    text = "Which weighting function is used does not matter."
    sweep = next((each for each in reversed(facts.sweeps) if each.ranking and weightings(each.ranking)), None)
    if sweep is None or sweep.ranking is None:
        unequal = "No finished sweep has two weighting functions with all else equal."
        why = unequal if facts.sweep("train.loss") else "The sweep over weighting functions is not finished."
        return facts.claim(text, "not tested", [why])
    weighted = weightings(sweep.ranking)
    best = max(weighted, key=lambda point: point.balanced_accuracy)
    worst = min((point for point in weighted if point is not best), key=lambda point: point.balanced_accuracy)
    gap = best.balanced_accuracy - worst.balanced_accuracy
    error = (best.standard_error**2 + worst.standard_error**2) ** 0.5
    scores = ", ".join(
        f"{p.label} {fraction(p.balanced_accuracy)} ± {fraction(p.standard_error)}" for p in sweep.ranking.points
    )
    paired = worst.against_best if best.against_best is None else None
    how = (
        f"by {size(gap)} points [{interval_points((-paired.interval[1], -paired.interval[0]))}] on the same images"
        if paired
        else f"by {size(gap)} points, at a standard error of at most {size(error)}"
    )
    evidence = [
        f"Out-of-fold balanced accuracy with its standard error: {scores}.",
        f"{best.label} and {worst.label}, the best and the worst weighting, differ {how}.",
        "ENS with β = .9999 is within 2.5 % of INS at these class sizes, so those two can hardly differ; ISNS is not INS.",
    ]
    by_chance = paired.p >= ALPHA if paired else gap <= 1.96 * error
    claim = facts.claim(text, "held" if by_chance else "did not hold", evidence)
    return claim.model_copy(update={"runs": (sweep.run,)})


def best_beats_stacking(facts: Facts) -> Claim:
    """Our own: ``best`` is ahead of stacking / WL by two points or more at each ratio."""
    evidence, held, used = [], [], []
    for cell, other in facts.both("best", "stack-wl"):
        own_score, score = paired_scores(cell, other)
        found = facts.contrast(cell, other)
        evidence.append(
            f"{at(cell.ratio)}: {fraction(own_score)} against {fraction(score)}{f': {said(found)}' if found else ''}."
        )
        held.append((found.difference if found else own_score - score) >= EXPECTED)
        used += [cell, other]
    if held:
        evidence += _not_measured([cell.ratio for cell in used])
    return facts.claim(
        "best, chosen on out-of-fold results alone, beats stacking / WL by 2 points or more at each ratio.",
        verdict_of(held),
        evidence or ["No ratio has both best and stacking / WL at one scale yet."],
        used,
        ours=True,
    )


def _not_measured(measured: Sequence[float | None]) -> list[str]:
    """Which ratios an "at each ratio" does not cover yet. On all images the columns are the same."""
    missing = [at(ratio) for ratio in RATIOS if ratio is not None and ratio not in measured]
    return [f"Not measured: {', '.join(missing)}."] if missing else []
