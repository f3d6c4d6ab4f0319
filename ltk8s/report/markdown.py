"""A study as a Markdown page."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from ltk8s.escaping import markdown as plain
from ltk8s.report import columns, numbers
from ltk8s.report.cell import Cell
from ltk8s.report.exhibit import Sweep
from ltk8s.report.grid import LEGEND, REAL, Grid, grid, published_grid
from ltk8s.report.published import SOURCE
from ltk8s.report.study import Scale, Study, scale_of
from ltk8s.times import shown

READING = """\
Accuracies are of the fusion on the test set, averaged over seeds, with a 95 % interval: Wilson's for one seed, for several the
stratified bootstrap's of each image's average correctness. Many, medium and few are the classes with more than 100, 20 to 100,
and fewer than 20 training images. Differences to the baseline are in points, on the same images, seed by seed and draw by draw
of the tail, with a stratified paired bootstrap interval over images; the t interval (from three seeds) is over seeds. McNemar's
p is exact, one a seed. Holm's correction is for all columns of a line. *Real* is a difference whose interval stays clear of 0
after that correction and whose seeds all agree; with one draw of the tail it is real given this split. Where the classes have
unequal numbers of test images, balanced accuracy leads. A learner that several runs share counts in full in each run's cost."""


def to_markdown(study: Study) -> str:
    """Return the page: verdicts, the headline, every cell and run, sweeps, claims, errata, what is open, where it is from."""
    parts = ["# Results", *(plain(verdict.sentence) for verdict in study.verdicts)]
    if study.cells:
        parts += ["## Accuracy", _grid(grid(study)), LEGEND, *_published(study), *_lines(study), *_members(study)]
    if not study.rows and not study.sweeps:
        parts.append("There are no runs.")
    parts += [*_sweeps(study.sweeps), *_claims(study), *_errata(study), *_costs(study), *_not_run(study), *_origins(study)]
    parts += [READING] if study.cells else []
    parts.append(f"From {study.store}, written by ltk8s {study.version}.")
    return "\n\n".join(parts) + "\n"


def _published(study: Study) -> list[str]:
    theirs = published_grid(study)
    return [f"For comparison, the student report's own numbers ({SOURCE}):", _grid(theirs)] if theirs else []


def _lines(study: Study) -> list[str]:
    parts = ["## Runs"]
    for scale, cells in study.scales().items():
        parts += [_heading(scale), table(["", *columns.CELL], [[plain(cell.label), *columns.of_cell(cell)] for cell in cells])]
        parts += [plain(f"{cell.label} is not compared: {cell.incomparable}.") for cell in cells if cell.incomparable]
        rows = [row for row in study.rows if scale_of(row) == scale and row.outcome]
        body = [
            [plain(row.title), *columns.details(row, row.outcome), f"`{row.run}`", f"`{row.fusion}`"]
            for row in rows
            if row.outcome
        ]
        parts += [*_smallest(cells), table(["", *columns.DETAILS, "run", "fusion"], body), *_confusions(cells)]
    return parts


def _smallest(cells: Sequence[Cell]) -> list[str]:
    """What these comparisons could have shown at all."""
    found = [cell.contrast for cell in cells if cell.contrast]
    if not found:
        return []
    low, high = (numbers.size(choose(contrast.smallest for contrast in found)) for choose in (min, max))
    span = low if low == high else f"{low} to {high}"
    return [f"The smallest difference that {found[0].n:,} images can show is {span} points here (power .8 at p = .05)."]


def _confusions(cells: Sequence[Cell]) -> list[str]:
    """What the best of a line takes for what."""
    best = max(cells, key=lambda cell: cell.score)
    worst = ", ".join(f"{c.label} for {c.predicted} ({c.count:g})" for c in best.confusions[:5])
    each = "" if best.seeds == 1 else ", a seed's average"
    return [plain(f"{best.label} most often takes, in images{each}: {worst}.")] if worst else []


def _members(study: Study) -> list[str]:
    body = [
        [
            f"`{row.run}`",
            f"`{member.id}`",
            member.arch,
            str(member.seed),
            f"{member.correct}/{member.n}",
            numbers.fraction(member.correct / member.n),
        ]
        for row in study.rows
        for member in row.members
        if row.outcome and member.correct is not None and member.n
    ]
    return ["## Members", table(["run", "learner", "network", "seed", "correct", "accuracy"], body)] if body else []


def _sweeps(sweeps: Iterable[Sweep]) -> list[str]:
    return [part for sweep in sweeps for part in _sweep(sweep)]


def _sweep(sweep: Sweep) -> list[str]:
    heading = f"## {plain(sweep.title)} ({numbers.at(sweep.setting.ratio)}, profile {sweep.setting.profile})"
    cost = f"{sweep.learners} learners, {numbers.hours(sweep.device_hours)} of device time. `{sweep.command}`"
    ranking = sweep.ranking
    if ranking is None:
        return [heading, f"Unfinished: {plain(sweep.unfinished)}. So far {cost}"]
    measured = "test set" if ranking.selects == "nothing" else f"{ranking.folds} folds, {ranking.n} images out of fold"
    body = [
        [
            f"{plain(point.label)}{' (chosen)' if i == ranking.chosen else ''}",
            numbers.networks(point.networks),
            f"{point.correct}/{point.n}",
            numbers.fraction(point.accuracy),
            f"{numbers.fraction(point.balanced_accuracy)} ± {numbers.fraction(point.standard_error)}",
            numbers.gain(point.against_best) if point.against_best else numbers.NONE,
            numbers.millions(point.parameters),
            numbers.seconds(point.device_seconds),
        ]
        for i, point in enumerate(ranking.points)
    ]
    scores = ["correct", "accuracy", "balanced ± standard error", "vs best, points [95 %]"]
    header = ["", "networks", *scores, "parameters", "device-seconds"]
    excluded = f" Always trained on, so left out: {plain(', '.join(ranking.excluded))}." if ranking.excluded else ""
    return [heading, f"{plain(ranking.reason)} Scores are of {measured}; {cost}{excluded}", table(header, body)]


def _claims(study: Study) -> list[str]:
    if not study.claims:
        return []
    profiles = len({claim.profile for claim in study.claims}) > 1
    body = [
        [
            f"{c.claim}{f' ({c.profile})' if profiles else ''}{' (our own)' if c.ours else ''}",
            c.verdict,
            plain(" ".join(c.evidence)),
        ]
        for c in study.claims
    ]
    return ["## Claims", table(["claim", "verdict", "evidence"], body)]


def _errata(study: Study) -> list[str]:
    body = [[erratum.said, erratum.found] for erratum in study.errata]
    return ["## What does not add up in the student report", table(["it says", "found"], body)] if body else []


def _costs(study: Study) -> list[str]:
    body = [[cost.what, str(cost.learners), f"{cost.device_hours:.2f}"] for cost in study.costs if cost.learners]
    return ["## Cost", table(["", "learners", "device-hours"], body)] if body else []


def _not_run(study: Study) -> list[str]:
    lines = []
    for each in study.not_run:
        run = f" (`{each.run}`)" if each.run else ""
        lines.append(f"- {plain(each.title)} at {numbers.at(each.ratio)}, seed {each.seed}{run}: {plain(each.why)}")
    return ["## Not run, or unfinished", "\n".join(lines)] if lines else []


def _origins(study: Study) -> list[str]:
    body = [
        [
            plain(each.number),
            f"`{each.command}`",
            f"{plain(each.device)}, {each.threads or '–'} threads",
            f"ltk8s {each.version}",
            shown(each.scored),
        ]
        for each in study.origins
    ]
    header = ["number", "its task, Job manifest and log", "device", "by", "scored"]
    return ["## Where each number is from", table(header, body)] if body else []


def _heading(scale: Scale) -> str:
    return f"### {scale.dataset} (`{scale.fingerprint}`), ratio {numbers.ratio(scale.ratio)}, profile {scale.profile}"


def _grid(texts: Grid) -> str:
    return table([plain(text) for text in texts.header], [[_cell(text) for text in row] for row in texts.rows])


def _cell(text: str) -> str:
    """A cell of the headline; the mark of a real difference at its end opens nothing."""
    return plain(text.removesuffix(REAL)) + text[len(text.removesuffix(REAL)) :]


def table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A Markdown table.

    >>> print(table(["a", "b"], [["1", "x|y"]]))
    | a | b |
    | --- | --- |
    | 1 | x\\|y |
    """
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join("| " + " | ".join(" ".join(cell.split()).replace("|", "\\|") for cell in line) + " |" for line in lines)
