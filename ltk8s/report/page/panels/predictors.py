"""How sure a predictor is, and which classes it helps."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from ltk8s.report.figures import per_class, reliability
from ltk8s.report.page.panels.panel import Panel, capital, slug
from ltk8s.report.page.part import Part
from ltk8s.report.study import Cell

CALIBRATED = ("baseline", "weighted-loss", "stacking", "stack-wl", "stack-la", "best")
MOST = 5


def calibration(part: Part) -> Iterator[Panel]:
    """Reliability diagrams, a panel a ratio."""
    for ratio in part.ratios:
        cells = [cell for name in CALIBRATED for cell in part.at(ratio) if cell.experiment == name and not cell.same_as]
        if cells:
            shown = [_bins(cell) for cell in cells[:MOST]]
            draw = partial(reliability.draw, title=capital(part.where(ratio)), predictors=shown)
            yield Panel(f"reliability-{part.key}-{slug(ratio)}", draw)


def _bins(cell: Cell) -> reliability.Reliability:
    known = [(b.confidence, b.accuracy, b.n) for b in cell.reliability if b.confidence is not None and b.accuracy is not None]
    return reliability.Reliability(
        cell.label, [c for c, _, _ in known], [a for _, a, _ in known], [n for _, _, n in known], cell.ece
    )


def class_gains(part: Part) -> Iterator[Panel]:
    """What the best technique of each ratio gains in each class, the largest class at the top."""
    for ratio in part.ratios:
        cell = part.best(ratio)
        scores = [(c.name, c.images, c.gain) for c in cell.classes if c.gain is not None] if cell else []
        if cell and scores:
            classes = [per_class.ClassGain(name, images, 100 * gain) for name, images, gain in scores if gain is not None]
            draw = partial(per_class.draw, title=f"{cell.label}, {part.where(ratio)}", classes=classes)
            yield Panel(f"classes-{part.key}-{slug(ratio)}", draw, _seeds(cell))


def _seeds(cell: Cell) -> str:
    return f"Mean of {cell.seeds} seeds." if cell.seeds > 1 else "One seed."
