"""What a section of the page is made of."""

from __future__ import annotations

from dataclasses import dataclass

from ltk8s.report.page.panels.panel import Panel
from ltk8s.report.page.table import Table
from ltk8s.report.study import Gallery


@dataclass(frozen=True)
class Group:
    """Figures and tables under one heading: ``note`` above them, ``after`` below the figures."""

    heading: str = ""
    panels: tuple[Panel, ...] = ()
    tables: tuple[Table, ...] = ()
    note: str = ""
    after: str = ""

    def __bool__(self) -> bool:
        return bool(self.panels or self.tables or self.note)


@dataclass(frozen=True)
class Section:
    """One section, which the page shows if it has anything.

    ``kind`` names what the template knows to be special; ``layout`` says how its tables stand: "open", "folded" behind their
    captions, or in "pairs".
    """

    id: str
    title: str
    lead: str = ""
    groups: tuple[Group, ...] = ()
    kind: str = ""
    layout: str = "open"
    galleries: tuple[Gallery, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.kind or self.galleries or any(self.groups))
