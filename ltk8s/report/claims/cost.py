"""Claims about what techniques, networks and sweeps cost."""

from __future__ import annotations

from collections.abc import Sequence

from ltk8s.report.cell import Cell
from ltk8s.report.claims.facts import Facts, Outcome, verdict_of
from ltk8s.report.exhibit import Claim
from ltk8s.report.numbers import at, fraction, hours, millions, seconds, times
from ltk8s.report.numbers import networks as named
from ltk8s.spec.profile import LITE

NOTICEABLE = 1.1
"""A cost that differs by less than a tenth is the same: timings are not exact."""

ENOUGH = 4
"""Of fewer networks one cannot say that one is best for its size."""

ENSEMBLE_LIMIT = 25_000_000
ENSEMBLE_B0_B2 = 18_420_276
RESNET50D = 23_629_714
"""Parameters with a head of 50 classes: EfficientNet-B0, B1 and B2 together; and of a ResNet-50d."""


def balancing_costs_time(facts: Facts) -> Claim:
    """Balancing takes noticeably more device-seconds than weighting does."""
    evidence, held, used = [], [], []
    for cell, other in facts.both("artificial-balancing", "weighted-loss"):
        factor = cell.device_seconds / other.device_seconds
        evidence.append(
            f"{at(cell.ratio)}: {seconds(cell.device_seconds)} against {seconds(other.device_seconds)} ({times(factor)})."
        )
        held.append(factor > NOTICEABLE)
        used += [cell, other]
    why = evidence or ["No ratio has both at one scale yet."]
    return facts.claim("Artificial balancing costs time that weighting does not.", verdict_of(held), why, used)


def balancing_costs_memory(facts: Facts) -> Claim:
    """Its learners' peak memory is noticeably above all that the same networks took in other runs: that varies by itself."""
    evidence, held, used = [], [], []
    for cell, other in facts.both("artificial-balancing", "weighted-loss"):
        alike = [
            each
            for each in facts.cells
            if (each.ratio, each.networks) == (cell.ratio, cell.networks) and each is not cell and facts.alike(each, cell)
        ]
        own, theirs = _peaks([cell], facts), _peaks(alike, facts)
        if own and theirs:
            span = " to ".join(dict.fromkeys(f"{peak / 2**30:.2f}" for peak in (min(theirs), max(theirs))))
            evidence.append(
                f"{at(cell.ratio)}: {max(own) / 2**30:.2f} GiB against {span} GiB of the same network in other runs."
            )
            held.append(max(own) > NOTICEABLE * max(theirs))
            used += [cell, other]
    why = [*evidence, "Here copies are indices, not images."] if evidence else ["No ratio has both at one scale yet."]
    return facts.claim("Artificial balancing costs memory that weighting does not.", verdict_of(held), why, used)


def best_for_its_size(facts: Facts) -> Claim:
    """No network with at most its parameters is as accurate; asked only where the report's own B0 is among several."""
    text = "EfficientNet-B0 is best for its size."
    sweep = facts.sweep("learners")
    if sweep is None or sweep.ranking is None:
        return facts.claim(text, "not tested", ["The sweep over architectures is not finished."])
    points = sorted(sweep.ranking.points, key=lambda point: point.parameters)
    evidence = [", ".join(f"{p.label} {fraction(p.accuracy)} at {millions(p.parameters)}" for p in points) + "."]
    b0 = next((point for point in points if point.networks == ("efficientnet_b0",)), None)
    if b0 is None:
        stand_ins = any(network in LITE.values() for point in points for network in point.networks)
        told = "the networks whose weights were at hand: these are stand-ins" if stand_ins else "them"
        claim = facts.claim(text, "not tested", [*evidence, f"EfficientNet-B0 is not among {told}."])
    elif len(points) < ENOUGH:
        few = f"Beside EfficientNet-B0 too few networks were trained to say: {ENOUGH} in all are needed."
        claim = facts.claim(text, "not tested", [*evidence, few])
    else:
        rivals = [p for p in points if p is not b0 and p.parameters <= 1.1 * b0.parameters]
        better = [p for p in rivals if p.accuracy > b0.accuracy]
        per_million = max(points, key=lambda p: p.accuracy / p.parameters)
        evidence.append(f"Most accurate per parameter is {per_million.label}; {len(better)} network of its size is better.")
        claim = facts.claim(text, "did not hold" if better else "held", evidence)
    return claim.model_copy(update={"runs": (sweep.run,)})


def under_25_million(facts: Facts) -> Claim:
    """The parameters of stacking's ensembles, counted."""
    cells = [cell for cell in facts.cells if cell.experiment in {"stacking", "stack-wl"} and not cell.same_as]
    largest = max(cells, key=lambda cell: cell.parameters, default=None)
    text = "The ensemble stays under 25 M parameters."
    if largest is None:
        return facts.claim(text, "not tested", ["No ensemble is finished yet."])
    evidence = [
        f"{_networks(largest)} have {millions(largest.parameters)} with {len(largest.classes)} classes.",
        f"The report's own networks have {millions(ENSEMBLE_B0_B2)}.",
    ]
    return facts.claim(text, verdict_of([cell.parameters < ENSEMBLE_LIMIT for cell in cells]), evidence, cells)


def half_of_a_resnet(facts: Facts) -> Claim:
    """A matter of counting, for the report's networks; ours beside them."""
    evidence = [
        f"EfficientNet-B0, B1 and B2 have {millions(ENSEMBLE_B0_B2)} together, a resnet50d {millions(RESNET50D)}: "
        f"{100 * ENSEMBLE_B0_B2 / RESNET50D:.0f} %."
    ]
    cell = next((cell for cell in facts.cells if cell.experiment == "stack-wl" and not cell.same_as), None)
    if cell:
        evidence.append(
            f"{_networks(cell)} have {millions(cell.parameters)}: {100 * cell.parameters / RESNET50D:.0f} % of it. "
            f"{_resnets(facts)}"
        )
    return facts.claim(
        "The ensemble has half the parameters of a ResNet that it matches.", "did not hold", evidence, [cell] if cell else []
    )


def sweeps_cost(facts: Facts) -> Claim:
    """Our own yardstick for what sweeps cost: the learners of the table that they are for. While a sweep is unfinished, those
    that are finished can only show that it holds.
    """
    text = "Sweeps cost more device-hours than the table that they are for."
    finished = [sweep for sweep in facts.sweeps if sweep.ranking]
    if not finished:
        return facts.claim(text, "not tested", ["No sweep is finished."], ours=True)
    members = {m.id for cell in facts.cells for r in cell.replicates for m in facts.runs.named(r.run).record.members}
    table = facts.learners.seconds(members) / 3600
    evidence = [f"{sweep.title}: {sweep.learners} learners, {hours(sweep.device_hours)} of device time." for sweep in finished]
    of_sweeps = {id for sweep in finished if sweep.ranking for point in sweep.ranking.points for id in point.members}
    spent = facts.learners.seconds(of_sweeps) / 3600
    if len(finished) > 1:
        evidence.append(f"All finished sweeps, learners that they share counted once: {hours(spent)}.")
    evidence.append(f"All final learners of the table together: {hours(table)}.")
    dearer = spent > table
    unfinished = [sweep.title for sweep in facts.sweeps if not sweep.ranking]
    if unfinished:
        evidence.append(f"Not finished: {', '.join(unfinished)}.")
    verdict: Outcome = "held" if dearer else "not tested" if unfinished else "did not hold"
    claim = facts.claim(text, verdict, evidence, ours=True)
    return claim.model_copy(update={"runs": tuple(sweep.run for sweep in finished)})


def _peaks(cells: Sequence[Cell], facts: Facts) -> list[int]:
    """The most memory, in bytes, that each learner of some cells used; without those that do not say."""
    records = [facts.runs.named(replicate.run).record for cell in cells for replicate in cell.replicates]
    ids = {member.id for record in records for member in record.members} & facts.learners.results.keys()
    return [peak for id in ids if (peak := facts.learners.results[id].provenance.get("peak_memory_bytes"))]


def _resnets(facts: Facts) -> str:
    trained = [cell.networks for cell in facts.cells]
    trained += [point.networks for sweep in facts.sweeps if sweep.ranking for point in sweep.ranking.points]
    found = sorted({network for networks in trained for network in networks if network.startswith("resnet")})
    return f"ResNets beside them: {', '.join(found)}." if found else "No ResNet was trained beside them."


def _networks(cell: Cell) -> str:
    return named(cell.networks)
