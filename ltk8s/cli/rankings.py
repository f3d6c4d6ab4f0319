"""How a sweep's ranking looks on a terminal."""

from __future__ import annotations

from collections.abc import Sequence

from ltk8s.cli.common import Context
from ltk8s.cli.show import duration, table
from ltk8s.cli.tuning import parse_ranking
from ltk8s.spec.ranking import Point, Ranking
from ltk8s.store.base import Store
from ltk8s.store.commit import read_results
from ltk8s.store.runs import RunRecord


def read_rankings(store: Store, records: Sequence[RunRecord]) -> dict[str, Ranking]:
    """The rankings that are committed, by run."""
    sweeps = [record for record in records if record.kind == "sweep"]
    results = read_results(store, "ranking", [record.fusion for record in sweeps])
    return {record.run: parse_ranking(results[record.fusion].metrics, record) for record in sweeps if record.fusion in results}


def show_ranking(context: Context, run: str, ranking: Ranking) -> None:
    """The points, best first, and why which of them was chosen."""
    selects = ranking.selects == "oof"
    scored = f"{ranking.n:,} held-out images of {ranking.folds} folds" if selects else f"{ranking.n:,} test images"
    excluded = f", {len(ranking.excluded)} classes that are always trained on left out" if ranking.excluded else ""
    context.console.print(f"\n{run}: {scored}{excluded}\n")
    rows = table("POINT", "BALANCED", "± 1 SE", "VS BEST, 95 %", "ACCURACY", "PARAMETERS", "DEVICE TIME", "")
    for index in order(ranking):
        rows.add_row(*_cells(ranking.points[index], mark(ranking, index)))
    context.console.print(rows)
    context.console.print(f"\n{ranking.reason}")
    if ranking.chosen is not None:
        context.console.print(f"Carry it into an experiment with `ltk8s submit EXPERIMENT --tuned-by {run}`.")


def order(ranking: Ranking) -> list[int]:
    """Indices of the points, best first: by what selects, or by accuracy where nothing does."""
    by_balanced = ranking.selects == "oof"

    def merit(index: int) -> float:
        point = ranking.points[index]
        return point.balanced_accuracy if by_balanced else point.accuracy

    return sorted(range(len(ranking.points)), key=merit, reverse=True)


def mark(ranking: Ranking, index: int) -> str:
    """What is special about a point."""
    words = ["chosen"] if index == ranking.chosen else []
    return ", ".join([*words, *(["default"] if ranking.points[index].default else [])])


def _cells(point: Point, marked: str) -> list[str]:
    return [
        point.label,
        f"{point.balanced_accuracy:.4f}",
        f"{point.standard_error:.4f}",
        _against_best(point),
        f"{point.accuracy:.4f} ({point.correct}/{point.n})",
        f"{point.parameters / 1e6:.2f} M",
        duration(point.device_seconds),
        marked,
    ]


def _against_best(point: Point) -> str:
    """In points; the best, and one of a ranking that was made before there were such differences, has none."""
    if point.against_best is None:
        return ""
    low, high = point.against_best.interval
    return f"{100 * point.against_best.difference:+.1f} ({100 * low:+.1f} to {100 * high:+.1f})"
