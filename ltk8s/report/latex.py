"""A study's headline table as LaTeX, for a paper: booktabs, numbers aligned at their points, intervals below."""

from __future__ import annotations

from ltk8s.report.cell import Average, Cell
from ltk8s.report.latex_text import escaped, row_head
from ltk8s.report.numbers import ratio
from ltk8s.report.place import Place, dataset_names, place_of
from ltk8s.report.study import Scale, Study

CAPTION = (
    "Test accuracy in percent, mean over seeds, and difference to the baseline in points with its 95\\,\\% stratified paired "
    "bootstrap interval. $^{*}$ real: clear of 0 after Holm's correction, and every seed agrees."
)


def to_latex(study: Study) -> str:
    """Return one ``table`` environment for each data set and profile; it needs ``\\usepackage{booktabs}``."""
    parts: dict[Place, dict[Scale, list[Cell]]] = {}
    for scale, cells in study.scales().items():
        parts.setdefault(place_of(scale), {})[scale] = cells
    names = dataset_names(parts)
    tables = [_table(names[place], place, scales, study) for place, scales in parts.items()]
    head = f"% Written by ltk8s {study.version}. Needs \\usepackage{{booktabs}}.\n"
    return head + "\n".join(tables)


def _table(dataset: str, place: Place, scales: dict[Scale, list[Cell]], study: Study) -> str:
    labels = list(dict.fromkeys(cell.label for cells in scales.values() for cell in cells))
    averages = {each.label: each for each in study.averages if place_of(each) == place}
    heads = ["Technique", *("Full" if scale.ratio is None else ratio(scale.ratio) for scale in scales)]
    heads += ["Average", "Report"] if averages else []
    lines = [
        r"\begin{table}",
        r"  \centering",
        f"  \\caption{{{escaped(dataset)}, profile {escaped(place.profile)}. {CAPTION}}}",
        f"  \\begin{{tabular}}{{l{'r' * (len(heads) - 1)}}}",
        r"    \toprule",
        f"    {' & '.join(heads)} \\\\",
        r"    \midrule",
        *(line for label in labels for line in _lines(label, scales, averages)),
        r"    \bottomrule",
        r"  \end{tabular}",
        r"\end{table}",
    ]
    return "\n".join(lines) + "\n"


def _lines(label: str, scales: dict[Scale, list[Cell]], averages: dict[str, Average]) -> list[str]:
    """A technique on two lines: scores, and below them the intervals of their differences, where there are any."""
    cells = [next((cell for cell in own if cell.label == label), None) for own in scales.values()]
    above, below = [_score(cell) for cell in cells], [_interval(cell) for cell in cells]
    if averages:
        found = averages.get(label)
        above += [_points(found.difference) if found else "", _report(found)]
        below += [_range(found.interval) if found else "", ""]
    rows = [f"    {' & '.join([row_head(label), *above])} \\\\"]
    return [*rows, f"    {' & '.join(['', *below])} \\\\"] if any(below) else rows


def _score(cell: Cell | None) -> str:
    if cell is None:
        return "--"
    if cell.same_as:
        return f"= {escaped(cell.same_as)}"
    difference = ""
    if cell.contrast:
        difference = f" ({_points(cell.contrast.difference)}{'$^{*}$' if cell.contrast.real else ''})"
    return f"{100 * cell.score:.1f}{difference}"


def _interval(cell: Cell | None) -> str:
    return _range(cell.contrast.interval) if cell and cell.contrast else ""


def _range(interval: tuple[float, float]) -> str:
    return f"{{\\footnotesize [{_points(interval[0])}, {_points(interval[1])}]}}"


def _points(difference: float) -> str:
    return f"${100 * difference:+.1f}$"


def _report(average: Average | None) -> str:
    return "" if average is None or average.published is None else f"${100 * average.published:+.2f}$"
