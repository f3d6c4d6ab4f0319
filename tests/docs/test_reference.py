"""The reference says what the source says. LTK8S_REGENERATE=1 writes it anew."""

import importlib.util
import os

import pytest

import ltk8s
from ltk8s.cli.app import COMMANDS
from tests.docs.pages import ROOT, Page


@pytest.fixture(scope="module")
def generate():
    spec = importlib.util.spec_from_file_location("generate", ROOT / "docs" / "generate.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_reference_is_in_step_with_the_source(generate):
    if os.environ.get("LTK8S_REGENERATE"):
        list(generate.write())
    stale = [
        name
        for name, text in generate.pages().items()
        if not (generate.FOLDER / name).is_file() or (generate.FOLDER / name).read_text(encoding="utf-8") != text
    ]
    assert stale == [], "run `python docs/generate.py`"


def test_every_public_name_is_in_it():
    functions = Page(ROOT / "docs" / "reference" / "python.md").anchors
    names = set(ltk8s.__all__) - {"__version__", "Experiment"}
    assert {f"ltk8s{name}" for name in names} <= functions
    assert "experiment" in Page(ROOT / "docs" / "reference" / "experiments.md").anchors


def test_every_command_is_in_it():
    headings = Page(ROOT / "docs" / "reference" / "commands.md").anchors
    assert {name for name in COMMANDS if not any(each == name or each.startswith(f"{name}-") for each in headings)} == set()
