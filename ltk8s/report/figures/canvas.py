"""From a matplotlib figure to a `Drawing`: one style for all, text that stays text, files no larger than need be."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from ltk8s.errors import UsageError
from ltk8s.escaping import one_line
from ltk8s.report.figures.fit import width, wrapped
from ltk8s.report.figures.letters import drawable, families, missing, quiet
from ltk8s.report.figures.palette import GRID, INK, MUTED, PAPER, dark_rules

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.text import Text
    from matplotlib.ticker import Formatter

WIDTH = 4.8
"""Inches: a panel, which is a phone's width or half a screen's."""

DPI = 160

MARGIN = 4.0
"""Points that stay free at the right of what is broken into lines."""

BELOW_AND_ABOVE = 60.0
"""Points of a figure's height that its axes do not have, about."""

LINE = 12.0
"""Points that a line of a title or an axis' label takes."""

HANDLE = 30.0
"""Points that a legend's handle takes, with the space on both sides of it."""

MOST_OF_THE_AXES = 0.66
"""Of a figure's width: as wide a legend within the axes may get."""

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
    includes it, ``png`` the same on white, 160 dots an inch. ``missing`` are the letters that no installed font
    has: the PNG has their numbers.
    """

    name: str
    alt: str
    svg: str
    png: bytes
    missing: str = ""

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
        """Give the axes the room that labels and legend leave them: once, since it takes as long as a drawing.

        Labels beside the axes are as wide as they are; what is written along the axes is broken to fit, and the figure grows.
        """
        self._dress()
        self._break_legend()
        _break(self.axes.yaxis.label, self.figure.get_figheight() * 72 - BELOW_AND_ABOVE)
        self._arrange()
        if self._break_lines():
            self._arrange()
        self.settled = True

    def drawing(self, name: str, alt: str) -> Drawing:
        """Return what was drawn. Call it inside the ``with`` block: the style ends there."""
        from matplotlib.backends.backend_svg import FigureCanvasSVG

        if not self.settled:
            self.settle()
        svg, png = io.StringIO(), io.BytesIO()
        # Not by savefig, which draws everything once more for each file. The PNG first, which knows its labels' sizes already.
        self.figure.set_facecolor(PAPER)
        with self._in_letters_that_are_there():
            self.png.print_png(png, metadata={"Software": None}, pil_kwargs={"compress_level": PNG_EFFORT})  # type: ignore[no-untyped-call]
        self.figure.set_facecolor("none")
        FigureCanvasSVG(self.figure).print_svg(svg, metadata=NOTHING)  # type: ignore[no-untyped-call]
        lacking = missing(text.get_text() for text in self._texts())
        alt = one_line(alt)
        return Drawing(name, alt, _element(svg.getvalue(), name, alt), png.getvalue(), lacking)

    def _texts(self) -> list[Text]:
        """All that is written, also beside ticks, which come into being when they are asked for."""
        from matplotlib.text import Text

        for axis in (self.axes.xaxis, self.axes.yaxis):
            axis.get_ticklabels()
        return [text for text in self.figure.findobj(Text) if isinstance(text, Text) and text.get_text()]

    def _dress(self) -> None:
        """Give all that is written the fonts that have its letters; what names bring that is no letter is made visible."""
        legend = self.axes.get_legend()
        for text in (self.axes.xaxis.label, self.axes.yaxis.label, *(legend.get_texts() if legend else ())):
            text.set_text(one_line(text.get_text()))
        self.axes.set_title(one_line(self.axes.get_title(loc="left")))
        used = families("".join(text.get_text() for text in self._texts()))
        if len(used) > 1:
            for text in self._texts():
                text.set_fontfamily(used)
            self.axes.tick_params(labelfontfamily=used)

    def _arrange(self) -> None:
        with self._in_letters_that_are_there():
            self.figure.tight_layout(pad=0.3)

    def _break_legend(self) -> None:
        """Break the labels of a legend that is wider than the figure or, of one column in the axes, than most of these."""
        legend = self.axes.get_legend()
        texts = legend.get_texts() if legend else []
        columns = max(1, min(getattr(legend, "_ncols", 1), len(texts)))
        whole = self.figure.get_figwidth() * 72 * (1 if columns > 1 else MOST_OF_THE_AXES) - MARGIN
        widths = sorted((width(text.get_text(), float(text.get_fontsize())) for text in texts), reverse=True)
        if sum(widths[:columns]) + columns * HANDLE <= whole:
            return
        for text in texts:
            _break(text, whole / columns - HANDLE)

    def _break_lines(self) -> bool:
        """Break the title and the label below where they are wider than their place, and let the figure grow by that.

        Returns whether anything was broken.
        """
        axes, scale = self.axes, 72 / self.figure.dpi
        frame, whole = axes.get_window_extent(), self.figure.bbox.width * scale - MARGIN
        before = axes.get_title(loc="left"), axes.get_xlabel()
        axes.set_title(_lines(before[0], whole - frame.x0 * scale, STYLE["axes.titlesize"], bold=True))
        at_the_right = axes.xaxis.label.get_horizontalalignment() == "right"
        _break(axes.xaxis.label, whole if at_the_right else frame.width * scale)
        after = axes.get_title(loc="left"), axes.get_xlabel()
        more = sum(text.count("\n") for text in after) - sum(text.count("\n") for text in before)
        self.figure.set_figheight(self.figure.get_figheight() + more * LINE / 72)
        return before != after

    @contextmanager
    def _in_letters_that_are_there(self) -> Iterator[None]:
        """For a while, write numbers for the letters that no installed font has: a picture would have boxes. An SVG keeps the
        letters, since whoever looks at it may have a font.
        """
        from matplotlib.ticker import FuncFormatter

        written = [(text, text.get_text()) for text in self._texts()]
        axes = (self.axes.xaxis, self.axes.yaxis) if missing(text for _, text in written) else ()
        ticks = [(axis, axis.get_major_formatter()) for axis in axes]
        for text, letters in written:
            text.set_text(drawable(letters))
        for axis, formatter in ticks:
            axis.set_major_formatter(FuncFormatter(partial(_in_drawable, formatter)))
        yield
        for text, letters in written:
            text.set_text(letters)
        for axis, formatter in ticks:
            axis.set_major_formatter(formatter)


def _in_drawable(formatter: Formatter, value: float, position: int | None) -> str:
    return drawable(formatter(value, position))


def _break(text: Text, room: float) -> None:
    """Break what is wider than ``room``, in points, into lines."""
    text.set_text(_lines(text.get_text(), room, float(text.get_fontsize())))


def _lines(text: str, room: float, size: float, *, bold: bool = False) -> str:
    return text if width(text, size, bold=bold) <= room else wrapped(text, room, size, lines=3, bold=bold)


@contextmanager
def canvas(height: float = 3.0, width: float = WIDTH) -> Iterator[Canvas]:
    """Give a canvas in the report's style; sizes in inches. No global state of matplotlib is touched."""
    import matplotlib

    with matplotlib.rc_context(STYLE), quiet():
        yield Canvas(width, height)


def _element(document: str, name: str, alt: str) -> str:
    """The ``<svg>`` of a document, fit to stand in a page beside others: ids of its own, no rule that reaches beyond it."""
    svg = document[document.index("<svg") :]
    svg = re.sub(r"<metadata>.*?</metadata>", "", svg, flags=re.DOTALL)
    svg = re.sub(r'<style type="text/css">.*?</style>', "", svg, flags=re.DOTALL)
    svg = re.sub(r'<g id="[^"]*"', "<g", svg)
    svg = re.sub(r'(id="|url\(#|href="#)', rf"\g<1>{name}-", svg)
    svg = re.sub(r"font: ([\d.]+px) [^;\"]*", rf"font: \1 {FONT}", svg)
    svg = re.sub(r"font-family: [^;\"]*", rf"font-family: {FONT}", svg)
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
