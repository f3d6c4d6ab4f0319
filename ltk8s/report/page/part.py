"""What belongs in one table of a page: the cells of one data set and profile."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from ltk8s.report.numbers import ratio as ratio_text
from ltk8s.report.study import Average, Cell, NotRun, Scale, Split, Study

BASELINE = "baseline"


@dataclass(frozen=True)
class Part:
    """One data set at one profile: its scales, the easiest first, and what was and was not run at each.

    ``key`` is what its figures' names begin with.
    """

    key: str
    dataset: str
    fingerprint: str
    profile: str
    scales: dict[Scale, list[Cell]]
    splits: dict[float | None, Split]
    averages: dict[str, Average]
    not_run: tuple[NotRun, ...]

    @property
    def ratios(self) -> list[float | None]:
        """All ratios of the part, those too at which nothing was finished; all images first."""
        return sorted(
            {*(s.ratio for s in self.scales), *(n.ratio for n in self.not_run)}, key=lambda r: -(1.0 if r is None else r)
        )

    def cells(self) -> list[Cell]:
        return [cell for cells in self.scales.values() for cell in cells]

    def at(self, ratio: float | None) -> list[Cell]:
        return [cell for cell in self.cells() if cell.ratio == ratio]

    def labels(self) -> list[str]:
        """The rows of its table: the baseline first, then in the order of the ratio that has most of them."""
        fullest = sorted(self.scales.values(), key=len, reverse=True)
        cells = sorted((cell for own in fullest for cell in own), key=lambda cell: cell.experiment != BASELINE)
        titles = {cell.title for cell in cells}
        open_ones = [n.title for n in self.not_run if n.title not in titles]
        return list(dict.fromkeys([*(cell.label for cell in cells), *open_ones]))

    def best(self, ratio: float | None) -> Cell | None:
        """The technique with the highest score at a ratio, that is more than another name for the baseline."""
        techniques = [cell for cell in self.at(ratio) if cell.contrast and not cell.same_as]
        return max(techniques, key=lambda cell: cell.score, default=None)

    def where(self, ratio: float | None) -> str:
        """A ratio in words, for titles."""
        return "all images" if ratio is None else f"ratio {ratio_text(ratio)}"


def parts(study: Study) -> list[Part]:
    """The parts of a study in the order of its rows."""
    keys = dict.fromkeys((s.dataset, s.fingerprint, s.profile) for s in study.scales())
    often = Counter((dataset, profile) for dataset, _, profile in keys)
    return [_part(study, *key, alone=often[key[0], key[2]] == 1) for key in keys]


def _part(study: Study, dataset: str, fingerprint: str, profile: str, *, alone: bool) -> Part:
    scales = {
        s: cells
        for s, cells in study.scales().items()
        if (s.dataset, s.fingerprint, s.profile) == (dataset, fingerprint, profile)
    }
    return Part(
        key=f"{dataset}-{profile}" if alone else f"{dataset}-{fingerprint}-{profile}",
        dataset=dataset,
        fingerprint=fingerprint,
        profile=profile,
        scales=scales,
        splits={s.ratio: s for s in study.splits if (s.dataset, s.fingerprint) == (dataset, fingerprint)},
        averages={a.label: a for a in study.averages if (a.dataset, a.profile) == (dataset, profile)},
        not_run=tuple(n for n in study.not_run if (n.dataset, n.profile, n.kind) == (dataset, profile, "experiment")),
    )
