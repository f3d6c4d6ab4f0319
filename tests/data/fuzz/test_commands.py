"""The command says what the function raises: never a traceback, never a warning of Python's, whatever the names are."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.data.fuzz.disk import write
from tests.data.fuzz.person import Tree
from tests.data.fuzz.trees import trees

FUZZ = settings.get_profile("fuzz")


@pytest.fixture(scope="module")
def work(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("commands")


@settings(FUZZ, max_examples=max(3, FUZZ.max_examples // 1000))
@given(tree=trees(), locale=st.sampled_from(["C", "C.UTF-8"]))
def test_the_command_says_what_is_wrong(work: Path, tree: Tree, locale: str) -> None:
    state = {"LTK8S_STATE_DIR": str(work / "state"), "LC_ALL": locale, "PYTHONWARNINGS": "default"}
    command = [sys.executable, "-c", "from ltk8s.cli.app import main; main()", "data", "stage", "fuzz", "--json", "--from"]
    try:
        answer = subprocess.run(
            [*command, write(tree, work / "in")], env=os.environ | state, capture_output=True, check=False, timeout=60
        )
    finally:
        shutil.rmtree(work / "in")
    said = answer.stderr.decode()
    assert "Traceback" not in said
    assert "Warning" not in said.replace("\nWarning: ", "")
    assert answer.returncode == (2 if tree.all_faults() else 0) or (answer.returncode == 2 and tree.all_doubts())
    assert answer.returncode or json.loads(answer.stdout)["manifest"]["ignored"] == tree.left_out
