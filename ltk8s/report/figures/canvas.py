"""From a matplotlib figure to a `Drawing`: one style for all, text that stays text, files no larger than need be."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from ltk8s.errors import UsageError
from ltk8s.report.figures.palette import GRID, INK, MUTED, PAPER, dark_rules

if TYPE_CHECKING:
    from matplotlib.axes import Axes

WIDTH = 4.8
"""Inches: a panel, which is a phone's width or half a screen's."""

DPI = 160

PNG_EFFORT = 4
"""Of zlib's 9: files 1 % larger than with 6, the default, in two thirds of the time."""

NOTHING = {"Date": None, "Creator": None, "Format": None, "Type": None}
"""The metadata of an SVG: equal studies make equal files."""

STYLE: Any = {
    "axes.axisbelow": True,
    "axes.edgecolor": MUTED,
    "axes.facecolor": "none",
    "axes.grid": True,
    "axes.labelcolor": MUTED,
    "axes.linewidth": 0.8,
    "axes.spines.right": False,
    "axes.spines.top": False,
    "axes.titlecolor": INK,
    "axes.titlelocation": "left",
    "axes.titlesize": 10,
    "axes.titleweight": "bold",
    "figure.facecolor": "none",
    "font.size": 9.5,
    "grid.color": GRID,
    "grid.linewidth": 0.7,
    "hatch.linewidth": 0.6,
    "legend.fontsize": 9,
    "legend.frameon": False,
    "legend.handlelength": 1.6,
    "lines.linewidth": 1.8,
    "svg.fonttype": "none",
    "svg.hashsalt": "ltk8s",
    "text.color": INK,
    "text.parse_math": False,
    "xtick.color": MUTED,
    "xtick.major.pad": 6,
    "xtick.major.size": 0,
    "ytick.color": MUTED,
    "ytick.major.size": 0,
}

FONT = "system-ui, -apple-system, 'Segoe UI', 'Helvetica Neue', 'DejaVu Sans', sans-serif"


@dataclass(frozen=True)
class Drawing:
    """One finished panel.

    ``name`` is its file's stem, ``alt`` says in words what it shows, ``svg`` is the element ``<svg …>…</svg>`` as a page
    includes it, ``png`` the same on white, 160 dots an inch.
    """

    name: str
    alt: str
    svg: str
    png: bytes

    def standalone(self) -> str:
        """The SVG as a file of its own, which follows its viewer's light or dark theme."""
        theme = f"<style>@media (prefers-color-scheme:dark){{{dark_rules()}}}</style>"
        head, rest = self.svg.split(">", 1)
        return f'<?xml version="1.0" encoding="UTF-8"?>\n{head}>{theme}{rest}\n'


def need_matplotlib() -> None:
    """
    Raises:
        UsageError: if matplotlib, which only the report's figures need on this side, is not installed.
    """
    if find_spec("matplotlib") is None:
        raise UsageError(
            "The report's figures need matplotlib, which is not installed.",
            "Run `pip install '.[report]'` in a checkout of ltk8s, or leave out --to.",
        )


class Canvas:
    """A figure to draw on, ``axes`` its only axes; `drawing` ends it."""

    def __init__(self, width: float, height: float) -> None:
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure

        self.figure = Figure(figsize=(width, height), dpi=DPI)
        self.png = FigureCanvasAgg(self.figure)
        self.axes: Axes = self.figure.subplots()
        self.settled = False

    def settle(self) -> None:
        """Give the axes the room that labels and legend leave them: once, since it takes as long as a drawing."""
        self.figure.tight_layout(pad=0.3)
        self.settled = True

    def drawing(self, name: str, alt: str) -> Drawing:
        """Return what was drawn. Call it inside the ``with`` block: the style ends there."""
        from matplotlib.backends.backend_svg import FigureCanvasSVG

        if not self.settled:
            self.settle()
        svg, png = io.StringIO(), io.BytesIO()
        # Not by savefig, which draws everything once more for each file. The PNG first, which knows its labels' sizes already.
        self.figure.set_facecolor(PAPER)
        self.png.print_png(png, metadata={"Software": None}, pil_kwargs={"compress_level": PNG_EFFORT})  # type: ignore[no-untyped-call]
        self.figure.set_facecolor("none")
        FigureCanvasSVG(self.figure).print_svg(svg, metadata=NOTHING)  # type: ignore[no-untyped-call]
        return Drawing(name, alt, _element(svg.getvalue(), name, alt), png.getvalue())


@contextmanager
def canvas(height: float = 3.0, width: float = WIDTH) -> Iterator[Canvas]:
    """Give a canvas in the report's style; sizes in inches. No global state of matplotlib is touched."""
    import matplotlib

    with matplotlib.rc_context(STYLE):
        yield Canvas(width, height)


def _element(document: str, name: str, alt: str) -> str:
    """The ``<svg>`` of a document, fit to stand in a page beside others: ids of its own, no rule that reaches beyond it."""
    svg = document[document.index("<svg") :]
    svg = re.sub(r"<metadata>.*?</metadata>", "", svg, flags=re.DOTALL)
    svg = re.sub(r'<style type="text/css">.*?</style>', "", svg, flags=re.DOTALL)
    svg = re.sub(r'<g id="[^"]*"', "<g", svg)
    svg = re.sub(r'(id="|url\(#|href="#)', rf"\g<1>{name}-", svg)
    svg = re.sub(r"font: ([\d.]+px) [^;\"]*", rf"font: \1 {FONT}", svg)
    svg = re.sub(r"font: (bold|700) ([\d.]+px) [^;\"]*", rf"font: bold \2 {FONT}", svg)
    svg = re.sub(r'="[^"]*"', _rounded, svg)
    svg = re.sub(r"\s*\n\s*", " ", svg).replace("> <", "><").strip()
    size = re.search(r'viewBox="0 0 ([\d.]+) ([\d.]+)"', svg)
    assert size is not None
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" viewBox="0 0 {size[1]} {size[2]}" '
        f'width="{size[1]}" height="{size[2]}" role="img" aria-label="{_quoted(alt)}" stroke-linejoin="round">'
    )
    return head + svg.split(">", 1)[1]


def _rounded(attribute: re.Match[str]) -> str:
    """An attribute with its numbers to a hundredth of a point. What is written in the figure is no attribute."""
    return re.sub(r"-?\d+\.\d{3,}", lambda number: f"{float(number[0]):.2f}".rstrip("0").rstrip("."), attribute[0])


def _quoted(text: str) -> str:
    return text.replace("&", "&amp;").replace('"', "&quot;").replace("<", "&lt;").replace(">", "&gt;")
