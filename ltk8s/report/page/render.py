"""From a composed page to HTML: jinja2, with the style sheet and the script inside."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib.resources import files

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from ltk8s.escaping import printable
from ltk8s.report.figures import Drawing
from ltk8s.report.figures.palette import dark_rules
from ltk8s.report.gallery import OF_A_CLASS
from ltk8s.report.page.page import Page


def to_html(page: Page, drawings: Mapping[str, Drawing]) -> str:
    """Return the whole file, with each panel's drawing. It asks for nothing from anywhere: its own policy would forbid it."""
    template = _environment().get_template("index.html.j2")
    return template.render(page=page, study=page.study, drawings=drawings, style=_style(), script=_own("sort.js"))


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("ltk8s.report.page", "templates"),
        autoescape=True,
        finalize=_shown,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals["of_a_class"] = OF_A_CLASS
    environment.filters["svg"] = Markup  # drawn here, from numbers and escaped names
    return environment


def _shown(value: object) -> object:
    """What people's data bring, without what would act on the page's reader; markup of our own is no plain str."""
    return printable(value) if type(value) is str else value


def _style() -> Markup:
    """The style sheet, with what recolours the figures on a dark screen; paper stays white."""
    dark = f"@media screen and (prefers-color-scheme:dark){{\n{dark_rules('figure svg')}\n}}"
    return Markup(f"{_own('style.css')}{dark}")


def _own(name: str) -> Markup:
    return Markup((files("ltk8s.report.page") / name).read_text(encoding="utf-8"))
