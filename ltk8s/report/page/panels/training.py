"""Fig 4 and the learning curves."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from ltk8s.report.figures import lines
from ltk8s.report.page.panels.panel import Panel, capital, slug
from ltk8s.report.page.part import Part
from ltk8s.report.place import place_of
from ltk8s.report.study import Curve, Study

WEIGHTINGS = {"cross-entropy": "none", "ins": "INS", "isns": "ISNS", "ens": "ENS"}
"""The weighting functions, by a curve's name of its loss."""

PAIRS = (("ins", "isns"), ("ins", "ens"), ("isns", "ens"), ("cross-entropy", "ens"))

ALIKE = ({"loss-sweep"}, {"baseline", "stacking", "weighted-loss", "stack-wl"})
"""Experiments that differ in nothing but the weighting, network by network."""

MOST = 6


def weightings(study: Study, part: Part) -> Iterator[Panel]:
    """Fig 4: the weighting functions in pairs, then all on comparable axes."""
    for ratio in part.ratios:
        curves = _one_each(_of(study, part, ratio))
        if len(curves) < 2:
            continue
        name, where = f"fig4-{part.key}-{slug(ratio)}", part.where(ratio)
        colours = {loss: number for number, loss in enumerate(WEIGHTINGS)}
        top = 1.05 * max(max(curve.loss) for curve in curves.values())
        for one, other in PAIRS:
            if one in curves and other in curves:
                pair = [_line(WEIGHTINGS[x], curves[x], curves[x].loss, colours[x]) for x in (one, other)]
                title = f"{WEIGHTINGS[one]} and {WEIGHTINGS[other]}, {where}"
                yield _panel(f"{name}-{one}-{other}", title, pair, "loss as minimised", (0, top))
        plain = [_line(WEIGHTINGS[x], c, c.plain_loss, colours[x]) for x, c in curves.items() if c.plain_loss]
        if len(plain) > 1:
            yield _panel(f"{name}-plain", f"Unweighted loss, {where}", plain, "cross entropy, unweighted")
        accuracy = [_line(WEIGHTINGS[x], c, c.accuracy, colours[x]) for x, c in curves.items()]
        yield _panel(f"{name}-accuracy", f"Training accuracy, {where}", accuracy, "training accuracy")


def learning_curves(study: Study, part: Part) -> Iterator[Panel]:
    """Training accuracy and loss of one learner of each technique, all of one architecture.

    A learner that several techniques share stands under the first of them.
    """
    titles = {cell.experiment: cell.title for cell in part.cells()}
    for ratio in part.ratios:
        own = [c for c in _of(study, part, ratio) if c.fold is None and any(each in titles for each in c.experiments)]
        chosen: dict[str, Curve] = {}
        for curve in own:
            if curve.arch == own[0].arch:
                chosen.setdefault(next(titles[each] for each in curve.experiments if each in titles), curve)
        shown = list(chosen.items())[:MOST]
        if not shown:
            continue
        name, where = f"curves-{part.key}-{slug(ratio)}", capital(part.where(ratio))
        accuracy = [_line(label, curve, curve.accuracy, i) for i, (label, curve) in enumerate(shown)]
        loss = [_line(label, curve, curve.loss, i) for i, (label, curve) in enumerate(shown)]
        yield _panel(f"{name}-accuracy", f"{where}, {own[0].arch}", accuracy, "training accuracy")
        yield _panel(f"{name}-loss", f"{where}, {own[0].arch}", loss, "loss as minimised")


def _of(study: Study, part: Part, ratio: float | None) -> list[Curve]:
    return [c for c in study.curves if place_of(c) == place_of(part) and c.ratio == ratio]


def _one_each(curves: list[Curve]) -> dict[str, Curve]:
    """One learner for each weighting function, alike in all else; of several such sets the largest, a sweep's first."""
    families: dict[tuple[int, str, int, int], dict[str, Curve]] = {}
    for curve in curves:
        for number, experiments in enumerate(ALIKE):
            if curve.loss_name in WEIGHTINGS and experiments & set(curve.experiments):
                families.setdefault((number, curve.arch, curve.seed, -1 if curve.fold is None else curve.fold), {}).setdefault(
                    curve.loss_name, curve
                )
    chosen = max((families[key] for key in sorted(families)), key=len, default={})
    return {loss: chosen[loss] for loss in WEIGHTINGS if loss in chosen}


def _line(label: str, curve: Curve, values: tuple[float, ...], colour: int) -> lines.Line:
    return lines.Line(label, curve.epochs, values, colour)


def _panel(name: str, title: str, shown: list[lines.Line], y_label: str, limits: tuple[float, float] | None = None) -> Panel:
    return Panel(name, partial(lines.draw, title=title, lines=shown, x_label="epoch", y_label=y_label, limits=limits))
