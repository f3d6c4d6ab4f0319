"""What is staged of a folder is exactly what a person sees in it, or it is refused with a reason that names it.

python -m pytest tests/data/fuzz --fuzz 10000
"""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from hypothesis import event, given, settings

from tests.data.fuzz.disk import check, write
from tests.data.fuzz.person import Tree
from tests.data.fuzz.trees import trees

FUZZ = settings(settings.get_profile("fuzz"))


@pytest.fixture(scope="module")
def work(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("trees")


@FUZZ
@given(tree=trees())
def test_a_folder_is_staged_as_a_person_sees_it_or_refused(work: Path, tree: Tree) -> None:
    try:
        event("refused" if check(tree, write(tree, work / "in"), work / "out") else "staged")
    finally:
        shutil.rmtree(work / "in")


@FUZZ
@given(tree=trees(links=False, faults=False))
def test_a_sound_folder_is_staged(work: Path, tree: Tree) -> None:
    try:
        assert check(tree, write(tree, work / "in"), work / "out") == ""
    finally:
        shutil.rmtree(work / "in")
