"""The figures of a page, drawn side by side."""

from __future__ import annotations

from collections.abc import Sequence

from ltk8s.processes import cpus, spread
from ltk8s.report.figures import Drawing
from ltk8s.report.page.panels.panel import Panel

WORTH_A_PROCESS = 8
"""With fewer panels, starting a process takes longer than drawing them."""


def draw(panels: Sequence[Panel], *, parallel: bool = False) -> dict[str, Drawing]:
    """Draw all panels; return the drawings by their names.

    Args:
        parallel: in several processes, where there are many. They import the main module anew: a script that asks for it does
            its work below ``if __name__ == "__main__"``.
    """
    processes = min(cpus(), len(panels) // WORTH_A_PROCESS) if parallel else 1
    drawn = spread(Panel.drawing, panels, processes, does="draws figures") if processes > 1 else map(Panel.drawing, panels)
    return {drawing.name: drawing for drawing in drawn}
