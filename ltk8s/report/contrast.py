"""Any two predictors of a study against each other on the same test images, and what of that is real."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from ltk8s.report.cell import Cell, Contrast, Replicate
from ltk8s.report.runs import Runs
from ltk8s.store.answers import Answers

if TYPE_CHECKING:
    from ltk8s.metrics import OverSeeds

Pair = tuple[str, str]
"""Two runs by name: the one that is looked at, and the one that it is compared with."""


@dataclass(frozen=True, eq=False)
class Measured:
    """A contrast that was not corrected yet: with the whole distribution, since correction asks for other levels."""

    against: str
    over: OverSeeds
    draws: int
    p_holm: float
    level: float

    def contrast(self) -> Contrast:
        """The contrast at the level and with the p that it has by now."""
        from ltk8s.metrics import agree, is_real

        over, corrected = self.over, self.over.resampled.interval(self.level)
        return Contrast(
            against=self.against,
            seeds=len(over.differences),
            draws=self.draws,
            n=over.n,
            differences=over.differences,
            difference=over.difference,
            interval=over.resampled.interval(),
            corrected=corrected,
            t_interval=over.t_interval,
            p=over.p,
            p_holm=self.p_holm,
            agree=agree(over.differences),
            real=is_real(corrected, self.p_holm, over.differences),
            smallest=over.smallest,
            given=_given(len(over.differences), self.draws),
        )


def pairs_of(cell: Cell, other: Cell) -> list[Pair]:
    """The runs of two cells, seed by seed: those that have the same training seed and draw."""
    theirs = {_seed(replicate): replicate.run for replicate in other.replicates}
    return [(r.run, theirs[_seed(r)]) for r in cell.replicates if _seed(r) in theirs]


def measure(pairs: Sequence[Pair], against: str, runs: Runs, *, balanced: bool) -> Measured | None:
    """Compare runs pair by pair; None where there is no pair, or a run was evaluated on other images than the others."""
    import numpy as np

    from ltk8s.metrics import over_seeds

    found = [tuple(runs.named(run).answers for run in pair) for pair in pairs]
    answers: list[tuple[Answers, Answers]] = [(a, b) for a, b in found if a is not None and b is not None]
    if not answers or not all(p.same_images(answers[0][0]) for pair in answers for p in pair):
        return None
    over = over_seeds(
        np.stack([a.correct for a, _ in answers]),
        np.stack([b.correct for _, b in answers]),
        answers[0][0].labels,
        balanced=balanced,
    )
    draws = len({runs.named(run).row.setting.split_seed for run, _ in pairs})
    return Measured(against, over, draws, p_holm=over.p, level=0.95)


def contrast(cell: Cell, other: Cell, runs: Runs) -> Contrast | None:
    """Two cells that a question of its own compares: nothing is corrected. None where they share no seed or no images."""
    measured = measure(pairs_of(cell, other), other.label, runs, balanced=not cell.even)
    return measured.contrast() if measured else None


def corrected(family: Sequence[Measured]) -> list[Measured]:
    """The comparisons of one family, corrected for one another by Holm's method."""
    from ltk8s.metrics import holm, holm_levels

    p = [each.over.p for each in family]
    return [replace(each, p_holm=q, level=level) for each, q, level in zip(family, holm(p), holm_levels(p), strict=True)]


def _seed(replicate: Replicate) -> tuple[int, int]:
    return replicate.seed, replicate.split_seed


def _given(seeds: int, draws: int) -> str:
    """What a difference is conditional on."""
    if draws > 1:
        return ""
    return "this split and seed" if seeds == 1 else "this split"
