"""The report: what the runs in a store show, as tables, files and one sentence of verdict. Reads nothing but the store."""

from __future__ import annotations

from ltk8s.report.collect import collect
from ltk8s.report.files import to_json, write
from ltk8s.report.flat import to_csv
from ltk8s.report.markdown import to_markdown
from ltk8s.report.study import Study
from ltk8s.report.terminal import render_terminal

__all__ = ["Study", "collect", "render_terminal", "to_csv", "to_json", "to_markdown", "write"]
