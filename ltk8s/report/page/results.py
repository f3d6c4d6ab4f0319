"""The results tables: one to read, with a row a technique and a column a ratio, and two to check, with every number."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

from ltk8s.report import numbers
from ltk8s.report.numbers import fraction, points
from ltk8s.report.page.part import BASELINE, Part
from ltk8s.report.page.table import NONE, Head, Item, Line, Table, number
from ltk8s.report.study import Average, Cell, Contrast

REAL_UP, REAL_DOWN, OPEN = "▲", "▼", "≈"


def results(part: Part) -> Table:
    """The headline: each technique's score at each ratio, its difference to the baseline, and the average improvement."""
    ratios = part.ratios
    averaged = bool(part.averages)
    heads = [Head("technique", number=False), *(Head(*_column(part, ratio)) for ratio in ratios)]
    heads += (
        [Head("average improvement", small="points"), Head("student report’s", small="recomputed (printed)")]
        if averaged
        else []
    )
    best = {ratio: max((cell.score for cell in part.at(ratio)), default=None) for ratio in ratios}
    lines = []
    for label in part.labels():
        own = {cell.ratio: cell for cell in part.cells() if cell.label == label}
        items = [Item(label)]
        items += [_score(part, label, ratio, own.get(ratio), best[ratio]) for ratio in ratios]
        items += _average(part.averages.get(label)) if averaged else []
        lines.append(Line(tuple(items)))
    return Table(part.name, heads, lines)


def _column(part: Part, ratio: float | None) -> tuple[str, bool, str]:
    split = part.splits.get(ratio)
    name = "Full" if ratio is None else numbers.ratio(ratio)
    return name, True, f"{sum(split.counts):,}\u00a0images" if split else ""


def _score(part: Part, label: str, ratio: float | None, cell: Cell | None, best: float | None) -> Item:
    if cell is None:
        missing = any((open_label, n.ratio) == (label, ratio) for open_label, n in part.not_run)
        return Item("not run", sort="", kind="open") if missing else NONE
    if cell.same_as:
        return Item(f"= {cell.same_as}", ((fraction(cell.score), ""),), cell.score, "open")
    small = []
    if cell.contrast:
        small.append(_difference(cell.contrast))
    if cell.published is not None:
        small.append((f"report {_exact(cell.published)}", ""))
    return Item(fraction(cell.score), tuple(small), cell.score, "best" if cell.score == best else "", link=_origin(cell))


def _difference(contrast: Contrast) -> tuple[str, str]:
    sign, kind = (OPEN, "open") if not contrast.real else (REAL_UP, "up") if contrast.difference > 0 else (REAL_DOWN, "down")
    return f"{points(contrast.difference)} {sign}", kind


def _average(average: Average | None) -> list[Item]:
    if average is None:
        return [NONE, NONE]
    clear = average.interval[0] > 0 or average.interval[1] < 0
    kind = "open" if not clear else "up" if average.difference > 0 else "down"
    ours = number(points(average.difference), average.difference, (numbers.interval_points(average.interval), ""), kind=kind)
    if average.published is None:
        return [ours, NONE]
    printed = f" ({points(average.printed)})" if average.printed is not None else ""
    small = []
    if average.published_same is not None and len(average.ratios) < 3:
        small.append((f"{points(average.published_same)} at these ratios", ""))
    return [ours, Item(f"{100 * average.published:+.2f}{printed}", tuple(small), average.published)]


def _exact(value: float) -> str:
    return f"{value:.4f}".removeprefix("0").rstrip("0")


def _origin(cell: Cell) -> str:
    return f"#run-{cell.replicates[0].run}" if cell.replicates else ""


Column = tuple[Head, Callable[[Cell], Item]]

ACCURACY: list[Column] = [
    (Head("technique", number=False), lambda c: Item(c.label, ((_networks(c), ""),))),
    (Head("ratio"), lambda c: Item(numbers.ratio(c.ratio), sort=1.0 if c.ratio is None else c.ratio)),
    (Head("seeds"), lambda c: Item(str(c.seeds), sort=c.seeds)),
    (
        Head("accuracy", small="95 %"),
        lambda c: number(fraction(c.accuracy), c.accuracy, (numbers.interval_fractions(c.interval), "")),
    ),
    (
        Head("balanced", small="95 %"),
        lambda c: number(
            fraction(c.balanced_accuracy), c.balanced_accuracy, (numbers.interval_fractions(c.balanced_interval), "")
        ),
    ),
    *(
        (Head(group, small=size), lambda c, group=group: _group(c, group))
        for group, size in (("many", "> 100"), ("medium", "20–100"), ("few", "< 20"))
    ),
    (Head("vs baseline", small="points, 95 %"), lambda c: _contrast(c)),
    (Head("each seed", small="points"), lambda c: _seeds(c)),
    (Head("p", small="Holm"), lambda c: number(numbers.p_value(c.contrast.p_holm), c.contrast.p_holm) if c.contrast else NONE),
]

DETAILS: list[Column] = [
    ACCURACY[0],
    ACCURACY[1],
    (Head("members’ mean"), lambda c: number(fraction(c.mean_member_accuracy), c.mean_member_accuracy)),
    (Head("members disagree"), lambda c: NONE if c.disagreement is None else number(fraction(c.disagreement), c.disagreement)),
    (
        Head("without duplicates"),
        lambda c: NONE if c.without_duplicates is None else number(fraction(c.without_duplicates), c.without_duplicates),
    ),
    (Head("NLL"), lambda c: number(f"{c.nll:.3f}", c.nll)),
    (Head("Brier"), lambda c: number(fraction(c.brier), c.brier)),
    (Head("ECE"), lambda c: number(fraction(c.ece), c.ece)),
    (Head("parameters"), lambda c: number(numbers.millions(c.parameters), c.parameters, *_times(c.parameters_ratio))),
    (
        Head("multiply-adds"),
        lambda c: NONE if c.multiply_adds is None else number(f"{c.multiply_adds / 1e6:,.0f} M", c.multiply_adds),
    ),
    (Head("device-seconds"), lambda c: number(f"{c.device_seconds:,.0f}", c.device_seconds, *_times(c.seconds_ratio))),
]


def accuracy(part: Part) -> Table:
    """Every cell with its intervals and its comparison."""
    return _table(part, ACCURACY, "Accuracy and differences")


def details(part: Part) -> Table:
    """Every cell's members, calibration and cost."""
    return _table(part, DETAILS, "Members, calibration and cost")


def _table(part: Part, columns: list[Column], caption: str) -> Table:
    cells = [cell for cell in part.cells() if not cell.same_as]
    lines = [Line(tuple(column(cell) for _, column in columns)) for cell in cells]
    return Table(f"{caption}: {part.name}", [head for head, _ in columns], lines)


def _networks(cell: Cell) -> str:
    counts = Counter(numbers.short_network(arch) for arch in cell.networks)
    return " + ".join(f"{n} × {arch}" if n > 1 else arch for arch, n in counts.items())


def _group(cell: Cell, name: str) -> Item:
    value = cell.groups.get(name)
    if value is None:
        return Item("–", (("no class", ""),), "")
    gain = cell.group_gains.get(name)
    return number(
        fraction(value),
        value,
        *([(points(gain), "up" if gain > 0 else "down" if gain < 0 else "")] if gain is not None else []),
    )


def _contrast(cell: Cell) -> Item:
    if cell.contrast is None:
        return Item("–", ((cell.incomparable, ""),) if cell.incomparable and cell.experiment != BASELINE else (), "")
    text, kind = _difference(cell.contrast)
    return number(text, cell.contrast.difference, (numbers.interval_points(cell.contrast.interval), ""), kind=kind)


def _seeds(cell: Cell) -> Item:
    contrast = cell.contrast
    if contrast is None:
        return NONE
    text = " ".join(points(difference) for difference in contrast.differences)
    t = ((f"t: {numbers.interval_points(contrast.t_interval)}", ""),) if contrast.t_interval else ()
    return Item(text, t, contrast.difference, "wrap")


def _times(factor: float | None) -> list[tuple[str, str]]:
    return [] if factor is None else [(f"{numbers.times(factor)} baseline’s", "")]
