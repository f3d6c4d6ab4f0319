"""Figures of a report: one file a figure, each from plain data to a `Drawing` (an SVG and, when asked for, a PNG).

A page shows them at any width, so each is one narrow panel; what belongs side by side is several drawings in a row. They are
drawn in the colours of a light page, and `palette.dark_rules` gives a dark page the rules that recolour them.
"""

from __future__ import annotations

from ltk8s.report.figures.canvas import Drawing, need_matplotlib

__all__ = ["Drawing", "need_matplotlib"]
