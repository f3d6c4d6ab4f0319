"""From the paths in a tree to labelled items: ``train/`` and ``test/`` of class folders, or one tree of class folders."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from typing import Literal

from ltk8s.data.sources.base import SUFFIXES, Item, is_hidden, is_image, listed
from ltk8s.errors import UsageError

log = logging.getLogger(__name__)

PartName = Literal["train", "test"]

PARTS: dict[str, PartName] = {"train": "train", "training": "train", "test": "test", "testing": "test"}
"""What folders of the parts are called, in capitals or not, and which part that is."""

OTHER_PARTS = {"val", "valid", "validation", "dev", "unlabeled", "unlabelled"}

Path = tuple[str, ...]


def arrange(files: Iterable[str], folders: Iterable[str], where: str) -> tuple[tuple[Item, ...], int]:
    """Return the items of a tree, and how many files are no item: hidden, no image, or in no class folder.

    Args:
        files: ``/``-separated paths below the tree's root.
        folders: the folders below the root, as far as the source knows them: what shows a class without images.
        where: the tree's name, for messages.

    Raises:
        UsageError: if there is no image, no class folder, a class folder without images, or another part than train and test,
            or anything beside these.
    """
    every = list(files)
    images = [(*path.split("/"),) for path in every if is_image(path) and not is_hidden(path)]
    if not images:
        raise UsageError(f"{where} holds no images.", f"Images are files ending in {', '.join(SUFFIXES)}.")
    if all(len(path) < 2 for path in images):
        if any("\\" in path[0] for path in images):
            raise UsageError(f"{where} has paths with backslashes, which are no folders here.", "Pack it with another program.")
        raise UsageError(
            f"{where} holds no class folders: its images lie side by side.", "Put the images of each class in a folder."
        )

    root = _wrapper(images)
    parts = _parts([path[len(root) :] for path in images], where)
    depth = len(root) + (1 if parts else 0)
    items = tuple(
        Item(name="/".join(path), label=path[depth], part=_part(path[depth - 1]))
        if len(parts) == 2
        else Item(name="/".join(path), label=path[depth])
        for path in images
        if len(path) > depth + 1 and path[: len(root)] == root
    )
    filled = {(*item.name.split("/")[: depth + 1],) for item in items}
    _refuse_empty([(*folder.split("/"),) for folder in folders], root, depth, filled, where)
    return items, len(every) - len(items)


def _wrapper(images: Sequence[Path]) -> Path:
    """The folders around the class folders or parts: archives often have one around everything."""
    root: Path = ()
    while True:
        inside = [path[len(root) :] for path in images if path[: len(root)] == root and len(path) > len(root) + 1]
        tops = {path[0] for path in inside}
        if len(tops) > 1 or any(_part(top) for top in tops) or any(len(path) < 3 for path in inside):
            return root
        root = (*root, *tops)


def _parts(images: Sequence[Path], where: str) -> set[PartName]:
    """The parts that the tree is cut into, none where its top folders are the classes.

    A class may be called ``train`` too (CIFAR-100 has one): only images, no class folders, lie in any top folder then.
    """
    tops = {path[0] for path in images if len(path) > 1}
    deep = {path[0] for path in images if len(path) > 2}
    parts = {part for top in deep if (part := _part(top))}
    others = {top for top in tops if top.casefold() in OTHER_PARTS}
    if not deep or not (parts or deep & others):
        _refuse_several(images, where)
        return set()
    if others and all(_part(top) or top in others for top in tops):
        raise UsageError(
            f"{where} has the parts {listed(sorted(tops))}, but a data set has train and test.",
            "Rename the part to evaluate on to 'test' and take the others out.",
        )
    if not parts:
        return set()
    if beside := sorted(top for top in tops if not _part(top)):
        raise UsageError(
            f"{where} has class folders in {listed(sorted(deep))}, and beside that {listed(beside)}.",
            "Take out what is neither train nor test; or, if these are classes, put their images directly into them.",
        )
    if "train" not in parts:
        raise UsageError(f"{where} has a test part and no train part.", "Put the images to train on in train/<class>/.")
    _warn_of_unlabelled([path for path in images if len(path) == 2], parts, where)
    return parts


def _part(folder: str) -> PartName | None:
    """Which part a folder is, if it is one."""
    return PARTS.get(folder.casefold())


def _refuse_several(images: Sequence[Path], where: str) -> None:
    """Raise UsageError where top folders hold parts of class folders: they are no classes."""
    several = sorted({path[0] for path in images if len(path) > 3 and _part(path[1])})
    if several:
        raise UsageError(
            f"{where} has train or test folders in {listed(several)}: these are data sets of their own.",
            "Stage them one by one.",
        )


def _warn_of_unlabelled(images: Sequence[Path], parts: set[PartName], where: str) -> None:
    """Say which images lie in a part and in no class folder: they are left out."""
    beside = sorted("/".join(path) for path in images if _part(path[0]) in parts)
    if beside:
        log.warning("%s has images beside its class folders, which are ignored: %s.", where, listed(beside, 3))
    if len(images) > len(beside):
        log.warning(
            "%s has a test part without class folders, so without labels: it is ignored, and one is drawn from train.", where
        )


def _refuse_empty(folders: Iterable[Path], root: Path, depth: int, filled: set[Path], where: str) -> None:
    empty = [
        "/".join(folder)
        for folder in folders
        if len(folder) == depth + 1 and folder[: len(root)] == root and folder not in filled and not is_hidden("/".join(folder))
    ]
    if empty:
        raise UsageError(f"{where} has class folders without an image: {listed(sorted(empty))}.", "Remove them, or add images.")
