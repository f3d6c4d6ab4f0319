"""What a claim is judged by: the cells of one table, and any two of them against each other."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from ltk8s.metrics.selection import Point
from ltk8s.report.cell import Cell, Contrast
from ltk8s.report.contrast import contrast
from ltk8s.report.exhibit import Claim, Sweep
from ltk8s.report.learners import Learners
from ltk8s.report.nearest import other_scale
from ltk8s.report.numbers import interval_points, points, seeds
from ltk8s.report.place import Place, place_of
from ltk8s.report.published import PRINTED_AVERAGE
from ltk8s.report.runs import Runs

Outcome = Literal["held", "did not hold", "not tested"]

RATIOS: tuple[float | None, ...] = (None, 0.1, 0.02, 0.005)
"""The student report's data sets, the easiest first."""

OWN = ("baseline", *PRINTED_AVERAGE)
"""The student report's columns."""

CONTROLS = ("control-same-arch-wl", "control-larger-wl", "control-longer-wl")
"""One architecture three times, one larger network, and one trained for longer, each with weighted loss."""


class Facts:
    """The student report's data set at one profile.

    ``given`` is what every claim's evidence begins with: what there is to say of all of them.
    """

    def __init__(
        self, place: Place, cells: Sequence[Cell], sweeps: Sequence[Sweep], runs: Runs, learners: Learners, given: str = ""
    ) -> None:
        self.place, self.runs, self.learners = place, runs, learners
        self.cells = [cell for cell in cells if place_of(cell) == place]
        self.sweeps = [each for each in sweeps if place_of(each.setting) == place]
        self.given = (given, self._scales())

    def cell(self, experiment: str, at: float | None) -> Cell | None:
        """An experiment's cell at a ratio, set as its preset is. None where it has none: no other way stands in for it."""
        return next((cell for cell in self.cells if cell.preset and (cell.experiment, cell.ratio) == (experiment, at)), None)

    def both(self, experiment: str, other: str) -> list[tuple[Cell, Cell]]:
        """The cells of two experiments at each ratio that has both, alike in scale, and where they are not the same thing."""
        pairs = [(self.cell(experiment, at), self.cell(other, at)) for at in RATIOS]
        return [(a, b) for a, b in pairs if a and b and a.replicates != b.replicates and self.alike(a, b)]

    def alike(self, cell: Cell, other: Cell) -> bool:
        """Whether two were trained for as long on images of the same size: else no claim compares them."""
        return not other_scale(*(self.runs.named(each.replicates[0].run).record for each in (cell, other)))

    def contrast(self, cell: Cell, other: Cell) -> Contrast | None:
        return contrast(cell, other, self.runs)

    def sweep(self, path: str) -> Sweep | None:
        """The newest finished sweep over a field, or over what is in it."""
        found = [s for s in self.sweeps if s.ranking and any(_over(path, point) for point in s.ranking.points)]
        return found[-1] if found else None

    def claim(
        self, text: str, verdict: Outcome, evidence: Sequence[str], cells: Sequence[Cell] = (), *, ours: bool = False
    ) -> Claim:
        """A claim with its verdict, from the runs of some cells."""
        runs = tuple(dict.fromkeys(replicate.run for cell in cells for replicate in cell.replicates))
        return Claim(
            claim=text,
            fingerprint=self.place.fingerprint,
            profile=self.place.profile,
            ours=ours,
            verdict=verdict,
            evidence=tuple(filter(None, [*self.given, *evidence])),
            runs=runs,
        )

    def _scales(self) -> str:
        own = [cell for name in (*OWN, *CONTROLS, "best") for at in RATIOS if (cell := self.cell(name, at))]
        mixed = any(not self.alike(cell, own[0]) for cell in own)
        return "Only what was trained for as long on images of the same size is compared." if mixed else ""


def _over(path: str, point: Point) -> bool:
    return any(field == path or field.startswith(f"{path}.") for field in point.settings)


def verdict_of(held: Sequence[bool]) -> Outcome:
    """Whether a claim about everything held, from every single case of it that was tested."""
    return "not tested" if not held else "held" if all(held) else "did not hold"


def said(found: Contrast) -> str:
    """A contrast in words: difference, interval, and on how many seeds it rests."""
    given = f", given {found.given}" if found.given else ""
    return f"{points(found.difference)} points [{interval_points(found.interval)}] over {seeds(found.seeds)}{given}"
