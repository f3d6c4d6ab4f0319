"""What stands on the page, in its order: the verdict, the numbers, the figures, the evidence, and where all of it is from."""

from __future__ import annotations

from dataclasses import dataclass

from ltk8s.report.page import evidence, sections
from ltk8s.report.page.panels.panel import Panel
from ltk8s.report.page.part import Part, parts
from ltk8s.report.page.section import Section
from ltk8s.report.page.summary import facts, summary
from ltk8s.report.published import SOURCE
from ltk8s.report.study import Claim, Study


@dataclass(frozen=True)
class Page:
    """All of it. ``networks`` are every architecture's full name, since tables shorten them; ``claims`` has the tested
    ones first; ``traced`` are the runs in the table of origins.
    """

    study: Study
    title: str
    facts: tuple[tuple[str, str], ...]
    summary: str
    sections: tuple[Section, ...]
    networks: tuple[str, ...]
    source: str
    chosen_blind: tuple[str, ...]
    claims: tuple[Claim, ...]
    traced: frozenset[str]

    def panels(self) -> list[Panel]:
        """Every figure, in order."""
        return [panel for section in self.sections for group in section.groups for panel in group.panels]


def compose(study: Study) -> Page:
    """Put all that a study has to show in order."""
    own = parts(study)
    ordered = (
        sections.results(own),
        sections.claims(study),
        sections.differences(own),
        sections.sweeps(study),
        sections.balancing(own),
        sections.weighting(study, own),
        sections.bagging(own),
        sections.learning(study, own),
        sections.calibration(own),
        sections.classes(own),
        sections.mistakes(study, own),
        sections.errata(study),
        sections.cost(study),
        sections.not_run(study),
        sections.provenance(study),
        sections.reading(),
    )
    return Page(
        study=study,
        title=_title(own),
        facts=tuple(facts(study)),
        summary=summary(study),
        sections=tuple(section for section in ordered if section),
        networks=tuple(dict.fromkeys(member.arch for row in study.rows for member in row.members)),
        source=SOURCE,
        chosen_blind=tuple(evidence.chosen_blind(study)),
        claims=tuple(sorted(study.claims, key=lambda claim: claim.verdict == "not tested")),
        traced=frozenset(origin.run for origin in study.origins),
    )


def _title(own: list[Part]) -> str:
    names = list(dict.fromkeys(part.dataset for part in own))
    return f"What helps on a long tail: {' and '.join(names)}" if names else "What helps on a long tail"
