"""What belongs in one table of a page: the cells of one data set and profile."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from ltk8s.report.labels import label_without_run
from ltk8s.report.numbers import ratio as ratio_text
from ltk8s.report.place import Place, dataset_names, place_of
from ltk8s.report.study import Average, Cell, NotRun, Scale, Split, Study

BASELINE = "baseline"


@dataclass(frozen=True)
class Part:
    """One data set at one profile: its scales, the easiest first, and what was and was not run at each.

    ``key`` is what its figures' names begin with, ``name`` what its headings say. ``not_run`` has each cell that has no result
    under its label.
    """

    key: str
    name: str
    dataset: str
    fingerprint: str
    profile: str
    scales: dict[Scale, list[Cell]]
    splits: dict[float | None, Split]
    averages: dict[str, Average]
    not_run: tuple[tuple[str, NotRun], ...]

    @property
    def ratios(self) -> list[float | None]:
        """All ratios of the part, those too at which nothing was finished; all images first."""
        return sorted(
            {*(s.ratio for s in self.scales), *(n.ratio for _, n in self.not_run)}, key=lambda r: -(1.0 if r is None else r)
        )

    def cells(self) -> list[Cell]:
        return [cell for cells in self.scales.values() for cell in cells]

    def at(self, ratio: float | None) -> list[Cell]:
        return [cell for cell in self.cells() if cell.ratio == ratio]

    def labels(self) -> list[str]:
        """The rows of its table: the baseline first, then in the order of the ratio that has most of them."""
        fullest = sorted(self.scales.values(), key=len, reverse=True)
        cells = sorted((cell for own in fullest for cell in own), key=lambda cell: cell.experiment != BASELINE)
        return list(dict.fromkeys([*(cell.label for cell in cells), *(label for label, _ in self.not_run)]))

    def best(self, ratio: float | None) -> Cell | None:
        """The technique with the highest score at a ratio, that is more than another name for the baseline."""
        techniques = [cell for cell in self.at(ratio) if cell.contrast and not cell.same_as]
        return max(techniques, key=lambda cell: cell.score, default=None)

    def where(self, ratio: float | None) -> str:
        """A ratio in words, for titles."""
        return "all images" if ratio is None else f"ratio {ratio_text(ratio)}"


def parts(study: Study) -> list[Part]:
    """The parts of a study in the order of its rows."""
    places = dict.fromkeys(place_of(scale) for scale in study.scales())
    keys = Counter(_key(place) for place in places)
    names = dataset_names(places)
    return [_part(study, place, names[place], alone=keys[_key(place)] == 1) for place in places]


def _key(place: Place) -> str:
    """What a part's figures are called by. Dashes may make two places one: data set a at b-c, and a-b at c."""
    return f"{place.dataset}-{place.profile}"


def _part(study: Study, place: Place, name: str, *, alone: bool) -> Part:
    dataset, fingerprint, profile = place
    open_ones = [n for n in study.not_run if place_of(n) == place and n.kind == "experiment"]
    return Part(
        key=_key(place) if alone else f"{dataset}-{fingerprint}-{profile}",
        name=f"{name}, profile {profile}",
        dataset=dataset,
        fingerprint=fingerprint,
        profile=profile,
        scales={scale: cells for scale, cells in study.scales().items() if place_of(scale) == place},
        splits={split.ratio: split for split in study.splits if place_of(split) == place},
        averages={average.label: average for average in study.averages if place_of(average) == place},
        not_run=tuple((label_without_run(each, study.cells, study.not_run), each) for each in open_ones),
    )
