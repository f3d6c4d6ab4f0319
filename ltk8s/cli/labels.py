"""Short names of Jobs for people: as long as it takes to tell those on the screen apart."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from ltk8s.planning.task import arch_slug, ratio_slug
from ltk8s.store.runs import RunRecord


def job_labels(records: Sequence[RunRecord]) -> dict[str, str]:
    """From ids to labels such as ``stack-wl lite0``; a learner that several runs share goes by the first."""
    found: dict[str, str] = {}
    for record in records:
        title = run_label(record, records)
        repeated = {arch for arch, count in Counter(member.arch for member in record.members).items() if count > 1}
        seen: Counter[str] = Counter()
        for member in record.members:
            seen[member.arch] += 1
            number = f" #{seen[member.arch]}" if member.arch in repeated else ""
            found.setdefault(member.id, f"{title} {arch_slug(member.arch)}{number}")
        found.setdefault(record.fusion, f"{title} {record.last_kind}")
    return found


def run_label(record: RunRecord, among: Sequence[RunRecord]) -> str:
    """The experiment's name, with ratio and seed where those differ among the runs."""
    parts = [record.experiment]
    if len({other.ratio for other in among}) > 1:
        parts.append(ratio_slug(record.ratio))
    if len({other.seed for other in among}) > 1:
        parts.append(f"s{record.seed}")
    return " ".join(parts)
