"""What a report says, as data: the one document behind the terminal, the files and the page. JSON as it is."""

from __future__ import annotations

from ltk8s.report.cell import Average, Cell, ClassScore, Confusion, Contrast, ReliabilityBin, Replicate
from ltk8s.report.exhibit import Claim, Cost, Curve, Erratum, Gallery, Mistake, NotRun, Origin, Split, Sweep
from ltk8s.report.row import SIGNIFICANT, Comparison, Group, Interval, Member, Outcome, Row, Score, Setting
from ltk8s.spec.base import Spec


class Scale(Spec):
    """What the cells of one line of the results table share; ``ratio`` None is all images."""

    dataset: str
    fingerprint: str
    ratio: float | None
    profile: str


class Verdict(Spec):
    """One sentence on one line of the results table."""

    scale: Scale
    sentence: str


class Study(Spec):
    """Everything that a report shows. ``rows`` are the runs, ``cells`` the runs of one experiment and ratio over their seeds.

    ``name`` is the title of the study that was submitted by ``ltk8s submit study``, empty without. Claims and errata are the
    student report's, and there only for its data set.
    """

    store: str
    version: str
    name: str = ""
    rows: tuple[Row, ...]
    cells: tuple[Cell, ...] = ()
    averages: tuple[Average, ...] = ()
    verdicts: tuple[Verdict, ...] = ()
    sweeps: tuple[Sweep, ...] = ()
    claims: tuple[Claim, ...] = ()
    errata: tuple[Erratum, ...] = ()
    splits: tuple[Split, ...] = ()
    curves: tuple[Curve, ...] = ()
    galleries: tuple[Gallery, ...] = ()
    costs: tuple[Cost, ...] = ()
    not_run: tuple[NotRun, ...] = ()
    origins: tuple[Origin, ...] = ()

    def settings(self) -> dict[Setting, list[Row]]:
        """The rows by setting, in order."""
        by_setting: dict[Setting, list[Row]] = {}
        for row in self.rows:
            by_setting.setdefault(row.setting, []).append(row)
        return by_setting

    def scales(self) -> dict[Scale, list[Cell]]:
        """The cells by line of the results table, in order: the longest tail last, the baseline first."""
        by_scale: dict[Scale, list[Cell]] = {}
        for cell in self.cells:
            by_scale.setdefault(scale_of(cell), []).append(cell)
        return by_scale


def scale_of(cell: Cell | Row) -> Scale:
    """The line of the results table that a cell or run belongs to."""
    of = cell.setting if isinstance(cell, Row) else cell
    return Scale(dataset=of.dataset, fingerprint=of.fingerprint, ratio=of.ratio, profile=of.profile)


__all__ = [
    "SIGNIFICANT",
    "Average",
    "Cell",
    "Claim",
    "ClassScore",
    "Comparison",
    "Confusion",
    "Contrast",
    "Cost",
    "Curve",
    "Erratum",
    "Gallery",
    "Group",
    "Interval",
    "Member",
    "Mistake",
    "NotRun",
    "Origin",
    "Outcome",
    "ReliabilityBin",
    "Replicate",
    "Row",
    "Scale",
    "Score",
    "Setting",
    "Split",
    "Study",
    "Sweep",
    "Verdict",
    "scale_of",
]
