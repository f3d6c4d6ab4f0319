"""The staircase, and every difference with its interval."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from ltk8s.report.figures import gains, staircase
from ltk8s.report.page.panels.panel import Panel, capital, slug
from ltk8s.report.page.part import BASELINE, Part
from ltk8s.report.published import published_accuracy
from ltk8s.report.study import Cell

STAIRCASE = "stack-wl"


def staircases(part: Part) -> Iterator[Panel]:
    """The baseline against stacking / WL at every ratio, with the student report's own numbers."""
    steps = [_step(part, ratio) for ratio in part.ratios]
    steps = [step for step in steps if step.baseline or step.technique]
    if not any(step.technique for step in steps):
        return
    title = next(cell.title for cell in part.cells() if cell.experiment == STAIRCASE)
    yield Panel(
        f"staircase-{part.key}",
        partial(staircase.draw, title=f"Baseline against {title}", technique=title, steps=steps),
        "Dotted: each baseline carried over to the next harder data set. Lines: 95 % intervals. The axis does not start at 0.",
    )


def _step(part: Part, ratio: float | None) -> staircase.Step:
    own = {cell.experiment: cell for cell in part.at(ratio) if cell.preset}
    base, technique = own.get(BASELINE), own.get(STAIRCASE)
    return staircase.Step(
        part.where(ratio),
        _bar(base),
        _bar(technique if technique and not technique.same_as else None),
        (published_accuracy(part.dataset, ratio, BASELINE), published_accuracy(part.dataset, ratio, STAIRCASE)),
    )


def _bar(cell: Cell | None) -> staircase.Bar | None:
    return staircase.Bar(cell.score, cell.interval if cell.even else cell.balanced_interval) if cell else None


def differences(part: Part) -> Iterator[Panel]:
    """Every technique's difference to the baseline, a panel a ratio."""
    for ratio in part.ratios:
        cells = part.at(ratio)
        base = next((published_accuracy(part.dataset, ratio, c.experiment) for c in cells if c.experiment == BASELINE), None)
        points = [_gain(cell, base) for cell in cells if cell.contrast and not cell.same_as]
        shown = [gain for gain in points if gain]
        if shown:
            name = f"differences-{part.key}-{slug(ratio)}"
            theirs = "Diamonds" if any(gain.theirs is not None for gain in shown) else ""
            yield Panel(name, partial(gains.draw, title=capital(part.where(ratio)), gains=shown), theirs)


def _gain(cell: Cell, base: float | None) -> gains.Gain | None:
    contrast = cell.contrast
    if contrast is None:
        return None
    theirs = 100 * (cell.published - base) if cell.published is not None and base is not None else None
    low, high = contrast.interval
    return gains.Gain(cell.label, 100 * contrast.difference, (100 * low, 100 * high), contrast.real, theirs)
