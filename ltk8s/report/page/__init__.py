"""The page: one HTML file that holds everything it shows."""

from __future__ import annotations

from ltk8s.report.page.drawings import draw
from ltk8s.report.page.page import Page, compose
from ltk8s.report.page.render import to_html

__all__ = ["Page", "compose", "draw", "to_html"]
