"""Fig 2: a sweep over two settings, each cell its score; the best is underlined, the chosen one framed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ltk8s.report.figures.canvas import STYLE, WIDTH, Drawing, canvas
from ltk8s.report.figures.fit import LABELS, width, wrapped
from ltk8s.report.figures.palette import INK


@dataclass(frozen=True)
class HeatMap:
    """``values`` row by row (fractions; None where the sweep has no point); ``best`` and ``chosen`` are (row, column)."""

    row_name: str
    column_name: str
    rows: Sequence[str]
    columns: Sequence[str]
    values: Sequence[Sequence[float | None]]
    best: tuple[int, int] | None = None
    chosen: tuple[int, int] | None = None


SIZE = STYLE["font.size"]
"""Points: of a label."""

BESIDE = 40.0
"""Points that the name of the rows and the space around the map take."""

LIGHT_TEXT, DARK_TEXT = "#fdfdfd", "#0b0d0f"
"""On the map's own colours, which are the same on a dark page."""


def draw(name: str, title: str, data: HeatMap) -> Drawing:
    """The map with each value written in its cell; brighter is better (cividis, even for the colour-blind)."""
    from matplotlib import colormaps
    from matplotlib.patches import Rectangle

    known = [value for row in data.values for value in row if value is not None]
    low, high = min(known), max(known)
    colours = colormaps["cividis"]
    with canvas(0.95 + 0.42 * len(data.rows)) as page:
        axes = page.axes
        for i, row in enumerate(data.values):
            for j, value in enumerate(row):
                if value is None:
                    continue
                level = 0.12 + 0.86 * (value - low) / (high - low or 1)
                axes.add_patch(Rectangle((j - 0.5, i - 0.5), 1, 1, facecolor=colours(level), edgecolor="none"))
                axes.text(
                    j,
                    i,
                    f"{value:.3f}".removeprefix("0"),
                    color=DARK_TEXT if level > 0.55 else LIGHT_TEXT,
                    ha="center",
                    va="center",
                    fontweight="bold" if (i, j) == data.best else "normal",
                )
        if data.chosen:
            i, j = data.chosen
            axes.add_patch(
                Rectangle((j - 0.5, i - 0.5), 1, 1, fill=False, edgecolor=INK, linewidth=2.4, clip_on=False, zorder=3)
            )
        axes.set(xlim=(-0.5, len(data.columns) - 0.5), ylim=(len(data.rows) - 0.5, -0.5))
        rows = [wrapped(row, LABELS, SIZE, lines=2) for row in data.rows]
        beside = max(width(line, SIZE) for row in rows for line in row.split("\n"))
        room = (72 * WIDTH - BESIDE - beside) / len(data.columns)
        axes.set_xticks(range(len(data.columns)), [wrapped(column, room, SIZE, lines=3) for column in data.columns])
        axes.set_yticks(range(len(rows)), rows)
        axes.set(xlabel=data.column_name, ylabel=data.row_name, title=title)
        axes.grid(False)
        axes.spines[:].set_visible(False)
        return page.drawing(name, _alt(title, data))


def _alt(title: str, data: HeatMap) -> str:
    cells = [
        f"{row} × {column}: {value:.3f}"
        for row, values in zip(data.rows, data.values, strict=True)
        for column, value in zip(data.columns, values, strict=True)
        if value is not None
    ]
    chosen = f" Chosen: {data.rows[data.chosen[0]]} × {data.columns[data.chosen[1]]}." if data.chosen else ""
    return f"{title}. {data.row_name} × {data.column_name}: {'; '.join(cells)}.{chosen}"
