"""The pages on techniques name presets, fields and pages that there are."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

from ltk8s.spec.library import Library

PAGES = Path(__file__).parents[2] / "docs" / "techniques"
LIBRARY = Library()
SETTING = re.compile(r"`((?:train|sampling|fusion)[a-z_.]*: [^`…]+)`")


def page(name: str) -> str:
    return (PAGES / name).read_text(encoding="utf-8")


def names() -> list[str]:
    return sorted(path.name for path in PAGES.glob("*.md"))


def test_the_index_leads_to_every_page() -> None:
    linked = set(re.findall(r"\]\(([a-z-]+\.md)\)", page("README.md")))
    assert linked == set(names()) - {"README.md"}


def test_every_preset_of_a_technique_is_in_the_index_or_with_the_controls() -> None:
    experiments = {name for name in LIBRARY.experiments() if LIBRARY.kind(name) == "experiment"} - {"baseline", "best"}
    text = page("README.md") + page("controls.md").replace("…-", "control-same-arch-")
    assert {name for name in experiments if f"`{name}`" not in text} == set()


@pytest.mark.parametrize("name", names())
def test_settings_are_valid(name: str) -> None:
    for setting in SETTING.findall(page(name)):
        ((path, value),) = yaml.safe_load(setting).items()
        whole = isinstance(value, dict) and "." not in path
        fields = {f"{path}.{field}": inner for field, inner in value.items()} if whole else {path: value}
        base = "artificial-balancing" if path.startswith("sampling.") else "baseline"  # a field of a rule needs the rule
        assert LIBRARY.experiment(base, profile="cpu", overrides=fields)


@pytest.mark.parametrize("name", names())
def test_every_page_says_what_to_set_what_it_costs_and_where_it_is_from(name: str) -> None:
    if name not in {"README.md", "controls.md", "recipe.md", "fusion-rules.md"}:
        assert re.search(r"\*\*Presets?\*\*", page(name))
        assert all(f"**{word}" in page(name) for word in ("Set", "Helps", "Costs", "Source"))
