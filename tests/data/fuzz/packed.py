"""What zip and tar archives have in common: members by their names, and what may be odd about any archive."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from hypothesis import strategies as st

from tests.data.fuzz.disk import check
from tests.data.fuzz.person import SOURCE, Entry, Tree, picture

Draw = Callable[[st.SearchStrategy], object]


@dataclass
class Packed:
    """An archive, and the folder that a person packed in it."""

    tree: Tree
    suffix: str
    content: bytes = field(repr=False)
    how: str

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        """As hypothesis prints an example."""
        printer.text(repr(self))

    def check(self, place: Path, out: Path) -> str:
        """Stage it from an empty folder; return why it was refused, if it was."""
        place.mkdir()
        path = place / f"{SOURCE}{self.suffix}"
        path.write_bytes(self.content)
        return check(self.tree, path, out)


def _is_utf_8(path: str) -> bool:
    return not any("\udc80" <= character <= "\udcff" for character in path)


Members = list[tuple[str, Entry]]
"""An archive's members in order, by the names that it gives them."""


def members(draw: Draw, tree: Tree) -> Members:
    """A tree's folders and files as a program lists them: all folders or just those that are empty, in any order of folders."""
    every = [*tree.entries.items()]
    if not all(_is_utf_8(path) for path in tree.entries):
        tree.doubts.append(SOURCE)  # in which code page the other names are, nobody can know then
    if draw(st.booleans()):
        every.reverse()
    if draw(st.booleans()):
        filled = {path[:i] for path, _ in every for i in range(len(path)) if path[i] == "/"}
        every = [(path, entry) for path, entry in every if entry is not None or path not in filled]
    if draw(st.integers(0, 3)) == 3:
        every = [(f"./{path}", entry) for path, entry in every]
    return every


def path_out_of_the_archive(draw: Draw, tree: Tree, every: Members) -> None:
    """A member that would be unpacked elsewhere."""
    name = draw(
        st.sampled_from(("../evil.png", "/tmp/evil.png", "a/../../evil.png", "/evil.txt", "../../../../tmp/evil/1.png"))
    )
    every.insert(draw(st.integers(0, len(every))), (name, picture(0)))
    tree.faults.append((name,))


def name_twice(draw: Draw, tree: Tree, every: Members) -> None:
    """A member that a later one of the same name takes the place of."""
    if tree.shown and not any(name.startswith("./") for name, _ in every):
        path = draw(st.sampled_from(tree.shown))
        every.insert(0, (path, picture(tree.new_colour())))
        tree.left_out += 1
        tree.doubts.append(path.split("/")[-1])


def archive_in_it(draw: Draw, tree: Tree, every: Members) -> None:
    """An archive in the archive, which is a file like any other that is no picture."""
    every.append(("more.zip", b"PK\5\6" + b"\0" * 18))
    tree.left_out += 1


def deep_in_it(draw: Draw, tree: Tree, every: Members) -> None:
    """A file below a hundred folders."""
    every.append((".a/" + "b/" * 100 + "1.png", picture(0)))
    tree.left_out += 1


def zeros(draw: Draw, tree: Tree, every: Members) -> None:
    """A member that is a thousand times larger than in the archive."""
    if tree.shown and draw(st.integers(0, 9)) == 9:
        name = f"{draw(st.sampled_from(tree.shown)).rpartition('/')[0]}/zeros.{draw(st.sampled_from(('png', 'bin')))}"
        every.append((name, _zeros()))
        if name.endswith("png"):
            tree.faults.append(("zeros.png",))
        else:
            tree.left_out += 1


@cache
def _zeros() -> bytes:
    return bytes(1 << 26)


ODDITIES = (path_out_of_the_archive, name_twice, archive_in_it, deep_in_it, zeros)


def apply(draw: Draw, tree: Tree, every: Members) -> str:
    """Do at most one odd thing to an archive's members; return its name."""
    if draw(st.integers(0, 2)) < 2:
        return ""
    oddity = draw(st.sampled_from(ODDITIES))
    oddity(draw, tree, every)
    return oddity.__name__


def damage(draw: Draw, tree: Tree, content: bytes) -> bytes:
    """Cut an archive off, as a lost connection does."""
    if draw(st.integers(0, 11)) < 11:
        return content
    tree.faults.append((SOURCE,))
    return content[: len(content.rstrip(b"\0")) * draw(st.integers(1, 9)) // 10]
