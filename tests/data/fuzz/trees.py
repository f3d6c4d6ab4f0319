"""Folders of images as people have them: a sound one, and up to two things that are odd about it."""

from __future__ import annotations

from hypothesis import strategies as st

from tests.data.fuzz.names import class_name, is_hidden, is_part, plain
from tests.data.fuzz.oddities import LINKS, ODDITIES, SPELLINGS, Draw, fill
from tests.data.fuzz.person import Tree, normal, picture

LAYOUTS = ("classes", "classes", "parts", "parts", "train alone", "test without labels")


@st.composite
def trees(draw: Draw, links: bool = True, faults: bool = True) -> Tree:
    """A folder of images and what a person sees in it.

    Args:
        links: whether there may be links and pipes.
        faults: whether there may be anything beside a sound data set.
    """
    tree = Tree()
    layout = draw(st.sampled_from(LAYOUTS))
    tree.parted = layout != "classes"
    wrappers = draw(st.lists(plain, max_size=2)) if draw(st.booleans()) else []
    tree.root = "/".join(wrappers)
    few = 1 if faults and draw(st.integers(0, 9)) == 9 else 2
    odd = faults and draw(st.booleans())
    names = draw(st.lists(class_name if odd else plain, min_size=few, max_size=6, unique_by=normal))
    nested = len([name for name in names if not is_hidden(name)]) > 1 and (tree.parted or not any(map(is_part, names)))
    for part in _parts(draw, layout):
        for name in names:
            fill(draw, tree, part, name, nested)
    if layout == "test without labels":
        _unlabelled(draw, tree)
    if faults:
        oddities = ODDITIES + (LINKS if links else ())
        for oddity in draw(st.lists(st.sampled_from(oddities), max_size=2)):
            oddity(draw, tree)
    return tree


def _parts(draw: Draw, layout: str) -> list[str | None]:
    if layout == "classes":
        return [None]
    train, test = (draw(st.sampled_from(spellings)) for spellings in SPELLINGS)
    return [train, test] if layout == "parts" else [train]


def _unlabelled(draw: Draw, tree: Tree) -> None:
    """A test part as competitions have it: pictures without classes, which are left out."""
    name = draw(st.sampled_from(SPELLINGS[1]))
    for i in range(2):
        tree.entries[f"{tree.class_folder(None, name)}/{i}.png"] = picture(tree.new_colour())
        tree.left_out += 1
    tree.doubts.append(name)
