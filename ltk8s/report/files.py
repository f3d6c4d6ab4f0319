"""A study as files: tables for reading and for machines, the page, and every figure for use elsewhere."""

from __future__ import annotations

from pathlib import Path

from ltk8s.errors import UsageError, system_errors
from ltk8s.report.figures import Drawing, need_matplotlib
from ltk8s.report.flat import to_csv
from ltk8s.report.latex import to_latex
from ltk8s.report.markdown import to_markdown
from ltk8s.report.study import Study
from ltk8s.store.aside import written_aside

FIGURES = "figures"

INSTEAD = "give --to another directory"


def to_json(study: Study) -> str:
    """Return the whole study as JSON; ``Study.model_validate_json`` reads it back."""
    return study.model_dump_json(indent=2) + "\n"


def write(study: Study, folder: Path, *, parallel: bool = False) -> list[Path]:
    """Write ``index.html``, ``results.{md,csv,json,tex}`` and each figure as SVG and PNG, and return their paths.

    Args:
        parallel: draw in several processes. They import the main module anew: a script that asks for it does its work below
            ``if __name__ == "__main__"``.

    Raises:
        UsageError: if matplotlib is missing or the folder cannot be written.
    """
    need_matplotlib()
    from ltk8s.report.page import compose, draw, to_html

    _make(folder / FIGURES)
    page = compose(study)
    drawings = draw(page.panels(), parallel=parallel)
    files: dict[str, str | bytes] = {
        "index.html": to_html(page, drawings),
        "results.md": to_markdown(study),
        "results.csv": to_csv(study),
        "results.json": to_json(study),
        "results.tex": to_latex(study),
    }
    for drawing in drawings.values():
        files |= _figure(drawing)
    return [_write(folder / name, content) for name, content in files.items()]


def _figure(drawing: Drawing) -> dict[str, str | bytes]:
    return {f"{FIGURES}/{drawing.name}.svg": drawing.standalone(), f"{FIGURES}/{drawing.name}.png": drawing.png}


def _make(folder: Path) -> None:
    with system_errors("write the report into", folder.parent, instead=INSTEAD, kind=UsageError):
        folder.mkdir(parents=True, exist_ok=True)


def _write(path: Path, content: str | bytes) -> Path:
    with written_aside(path, instead=INSTEAD, kind=UsageError) as file:
        file.write(content.encode() if isinstance(content, str) else content)
    return path
