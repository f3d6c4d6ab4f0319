"""The tables behind the results: sweeps, confusions, costs, what was not run, and where every number is from."""

from __future__ import annotations

from ltk8s.report import numbers
from ltk8s.report.numbers import fraction
from ltk8s.report.page.table import Head, Item, Line, Table, number
from ltk8s.report.study import Cell, Origin, Study, Sweep
from ltk8s.spec.ranking import Point
from ltk8s.times import shown


def sweep(data: Sweep) -> Table | None:
    """Every point of a sweep, best first; None while it is unfinished."""
    ranking = data.ranking
    if ranking is None:
        return None
    measured = "out-of-fold" if ranking.selects == "oof" else "test"
    heads = [
        Head("point", number=False),
        Head("correct", small=f"{measured} images"),
        Head("accuracy"),
        Head("balanced", small="± standard error"),
        Head("against the best", small="points, 95 % interval"),
        Head("parameters"),
        Head("device-seconds"),
    ]
    order = sorted(range(len(ranking.points)), key=lambda i: -ranking.points[i].balanced_accuracy)
    lines = []
    for i in order:
        point = ranking.points[i]
        marks = [("best", "")] if i == ranking.best else []
        marks += [("chosen", "up")] if i == ranking.chosen else []
        error = (f"± {fraction(point.standard_error)}", "")
        items = (
            Item(point.label, tuple(marks)),
            number(f"{point.correct}/{point.n}", point.correct),
            number(fraction(point.accuracy), point.accuracy),
            number(fraction(point.balanced_accuracy), point.balanced_accuracy, error),
            _against_best(point),
            number(numbers.millions(point.parameters), point.parameters),
            number(f"{point.device_seconds:,.0f}", point.device_seconds),
        )
        lines.append(Line(items))
    return Table(f"{data.title}, {numbers.ratio(data.setting.ratio)}: {len(order)} points", heads, lines)


def _against_best(point: Point) -> Item:
    found = point.against_best
    if found is None:
        return number(numbers.NONE, 0.0)
    return number(numbers.points(found.difference), found.difference, (numbers.interval_points(found.interval), ""))


def confusions(cell: Cell, where: str) -> Table:
    """The pairs of classes that a predictor mixes up most."""
    images = {score.name: score.images for score in cell.classes}
    most = max((c.count for c in cell.confusions), default=1.0)
    lines = [
        Line(
            (
                Item(_words(c.label), ((f"{images[c.label]} training images", ""),) if c.label in images else ()),
                Item(_words(c.predicted), ((f"{images[c.predicted]} training images", ""),) if c.predicted in images else ()),
                Item(f"{c.count:g}" if c.count == int(c.count) else f"{c.count:.1f}", sort=c.count, share=c.count / most),
            )
        )
        for c in cell.confusions
    ]
    heads = [Head("class", number=False), Head("taken for", number=False), Head("test images")]
    return Table(f"{cell.label}, {where}", heads, lines)


def costs(study: Study) -> Table:
    """Learners and device-hours, each learner counted once."""
    lines = [
        Line((Item(c.what), number(f"{c.learners:,}", c.learners), number(f"{c.device_hours:.2f}", c.device_hours)))
        for c in study.costs
    ]
    return Table("What it cost", [Head("what", number=False), Head("learners"), Head("device-hours")], lines)


def not_run(study: Study) -> Table:
    """Every cell of the study without a result, with the reason."""
    heads = [
        Head("technique", number=False),
        Head("data set", number=False),
        Head("ratio"),
        Head("seed"),
        Head("why", number=False),
    ]
    lines = [
        Line(
            (
                Item(n.title),
                Item(n.dataset, ((f"profile {n.profile}", ""),)),
                Item(numbers.ratio(n.ratio), sort=1.0 if n.ratio is None else n.ratio),
                Item(str(n.seed), sort=n.seed),
                Item(n.why, ((n.run, ""),) if n.run else ()),
            )
        )
        for n in study.not_run
    ]
    return Table("Not run, or not finished", heads, lines)


def provenance(study: Study) -> Table:
    """For every run and sweep the one command that shows its task, its Job manifest and its log."""
    heads = [
        Head("number", number=False),
        Head("trace it with", number=False),
        Head("made on", number=False),
        Head("learners"),
    ]
    return Table("Where every number is from", heads, [_origin(origin) for origin in study.origins])


def _origin(origin: Origin) -> Line:
    threads = f", {origin.threads} threads" if origin.threads else ""
    revision = f" ({_short(origin.revision)})" if origin.revision else ""
    versions = f"ltk8s {origin.version}{revision}, torch {origin.torch}, timm {origin.timm}"
    when = f"submitted {shown(origin.submitted)}, scored {shown(origin.scored)}"
    return Line(
        (
            Item(origin.number, anchor=f"run-{origin.run}"),
            Item(origin.command, ((origin.id, "code"),), code=True, kind="command"),
            Item(f"{origin.device}{threads}", ((versions, ""), (when, "")), origin.scored),
            Item(
                str(len(origin.learners)), tuple((each, "code") for each in origin.learners), len(origin.learners), folded=True
            ),
        )
    )


def _short(revision: str) -> str:
    """A commit as one names it, and whether something was changed since."""
    commit, _, changed = revision.partition("-")
    return f"{commit[:10]}{'-' if changed else ''}{changed}"


def chosen_blind(study: Study) -> list[str]:
    """In which commit `best` stood when it was submitted, and when its test scores came, a sentence for each run of it."""
    own = {row.run: row for row in study.rows if row.experiment == "best"}
    return [
        f"{origin.number}: submitted {shown(origin.submitted)}{f', as committed in {origin.commit}' if origin.commit else ''}; "
        f"its test score committed {shown(origin.scored) or 'not yet'}."
        for origin in study.origins
        if origin.run in own
    ]


def _words(name: str) -> str:
    return name.replace("_", " ")
