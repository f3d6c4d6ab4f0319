"""What cannot be read is said, never taken for not there; but what is nobody's data may well be unreadable."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st

from tests.data.fuzz.disk import check, write
from tests.data.fuzz.names import HIDDEN
from tests.data.fuzz.person import SOURCE, Tree, picture
from tests.data.fuzz.rights import ordinary_user
from tests.data.fuzz.trees import trees

FUZZ = settings(settings.get_profile("fuzz"))


@pytest.fixture(scope="module")
def work(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("rights")


@contextmanager
def mode(path: Path, value: int) -> Iterator[None]:
    """Give a file or folder a mode in the block."""
    before = path.stat().st_mode
    path.chmod(value)
    try:
        with ordinary_user():
            yield
    finally:
        path.chmod(before)


@FUZZ
@given(tree=trees(links=False), data=st.data())
def test_what_cannot_be_read_is_refused_by_name(work: Path, tree: Tree, data: st.DataObject) -> None:
    path = data.draw(st.sampled_from(tree.shown or [""]), "below or at")
    path = "/".join(path.split("/")[: data.draw(st.integers(0, path.count("/") + 1), "steps")])
    is_file = path in tree.shown
    value = data.draw(st.sampled_from([0o000] if is_file else [0o000, 0o100, 0o400]), "mode")
    tree.faults.append((path.split("/")[-1] or SOURCE,))
    try:
        with mode(write(tree, work / "in") / path, value):
            event("refused" if check(tree, work / "in" / SOURCE, work / "out") else "staged")
    finally:
        shutil.rmtree(work / "in")


@FUZZ
@given(
    tree=trees(links=False, faults=False),
    name=st.sampled_from(HIDDEN),
    value=st.sampled_from([0o000, 0o100, 0o400]),
    data=st.data(),
)
def test_a_systems_folder_that_cannot_be_read_stops_nothing(
    work: Path, tree: Tree, name: str, value: int, data: st.DataObject
) -> None:
    above = data.draw(st.sampled_from(["", *(folder for folder, entry in tree.entries.items() if entry is None)]), "in")
    path = f"{above}/{name}".strip("/")
    tree.entries[path] = None
    try:
        with mode(write(tree, work / "in") / path, value):
            assert check(tree, work / "in" / SOURCE, work / "out") == ""
    finally:
        shutil.rmtree(work / "in")


def test_the_rights_are_an_ordinary_users(tmp_path: Path) -> None:
    (tmp_path / "x.png").write_bytes(picture(0))
    with mode(tmp_path / "x.png", 0), pytest.raises(PermissionError):
        (tmp_path / "x.png").read_bytes()
