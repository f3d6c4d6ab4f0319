"""The figures of a page, drawn side by side."""

from __future__ import annotations

import logging
from collections.abc import Sequence

from ltk8s.processes import cpus, spread
from ltk8s.report.figures import Drawing
from ltk8s.report.page.panels.panel import Panel

log = logging.getLogger(__name__)

SHOWN = 20
"""Letters that a warning names, at most."""

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
    drawings = {drawing.name: drawing for drawing in drawn}
    if lacking := "".join(sorted({letter for drawing in drawings.values() for letter in drawing.missing})):
        log.warning(
            "No installed font has the letters %s: the figures' PNG files show their numbers, such as U+%04X. "
            "Install a font that has them, such as Noto Sans CJK, and write the report again.",
            lacking if len(lacking) <= SHOWN else f"{lacking[:SHOWN]}…",
            ord(lacking[0]),
        )
    return drawings
