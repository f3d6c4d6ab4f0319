"""From the paths in a tree to labelled items: ``train/`` and ``test/`` of class folders, or one tree of class folders."""

from __future__ import annotations

import logging
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Literal

from ltk8s.data.sources.base import Item, label_form, listed, look, refuse_lookalikes
from ltk8s.data.sources.kinds import ARCHIVES, OTHER_PICTURES, OUTSIDE, describe, is_image, is_photo, left_out_as, nobodys
from ltk8s.errors import UsageError

log = logging.getLogger(__name__)

PartName = Literal["train", "test"]

PARTS: dict[str, PartName] = {"train": "train", "training": "train", "test": "test", "testing": "test"}
"""What folders of the parts are called, in capitals or not, and which part that is."""

OTHER_PARTS = {"val", "valid", "validation", "dev", "unlabeled", "unlabelled"}

Path = tuple[str, ...]


def arrange(files: Iterable[str], folders: Iterable[str], where: str) -> tuple[tuple[Item, ...], Counter[str]]:
    """Return the items of a tree, and how many files of which kind are no item: hidden, no image, or in no class folder.

    Folders count as one where their names differ only in the form of Unicode.

    Args:
        files: ``/``-separated paths below the tree's root.
        folders: the folders below the root, as far as the source knows them: what shows a class without images.
        where: the tree's name, for messages.

    Raises:
        UsageError: if there is no image, no class folder, a class folder without images, or another part than train and test,
            or anything beside these; or if classes have names that look the same.
    """
    every = list(files)
    images = {path: _folders(path) for path in every if is_image(path) and not nobodys(path)}
    others = [path for path in every if path not in images]
    left_out = Counter(left_out_as(path) for path in others)
    _refuse_no_classes(list(images.values()), left_out, where)

    photos = [_folders(path) for path in every if is_photo(path) and not nobodys(path)]
    root = _wrapper(photos)
    parts = _parts([path[len(root) :] for path in photos], where)
    depth = len(root) + (1 if parts else 0)
    items = tuple(
        Item(name=name, label=path[depth], part=_part(path[depth - 1]) if len(parts) == 2 else None)
        for name, path in images.items()
        if len(path) > depth + 1 and path[: len(root)] == root
    )
    left_out[OUTSIDE] += len(images) - len(items)
    if not parts:
        _refuse_one_mixed([path[len(root) :] for path in photos if path[: len(root)] == root], where)
    filled = {images[item.name][: depth + 1] for item in items}
    empty = {_folders(folder) for folder in folders if not nobodys(folder)}
    empty = {folder for folder in empty if len(folder) == depth + 1 and folder[: len(root)] == root} - filled
    _refuse_empty(empty, others, depth, where)
    labels = {item.label for item in items}
    refuse_lookalikes(labels, where)
    _warn_of_capitals(labels, where)
    return items, +left_out


def _folders(path: str) -> Path:
    return (*label_form(path).split("/"),)


def _refuse_no_classes(images: Sequence[Path], left_out: Mapping[str, int], where: str) -> None:
    """Raise UsageError where there is no image that can be read, or no folder that any lies in."""
    if not images:
        has = f", but {describe(left_out)}" if left_out else ""
        if left_out.keys() & set(ARCHIVES):
            do = "Unpack the archives and stage what was in them."
        elif left_out.keys() & OTHER_PICTURES:
            do = "Convert the pictures to JPEG or PNG."
        else:
            do = "Images are files with a suffix such as .jpg, .png, .webp or .tif."
        raise UsageError(f"{where} holds no images{has}.", do)
    if any(len(path) > 1 for path in images):
        return
    if any("\\" in path[0] for path in images):
        raise UsageError(f"{where} has paths with backslashes, which are not folders here.", "Pack it with another program.")
    raise UsageError(
        f"{where} holds no class folders: its images lie side by side.", "Put the images of each class in a folder."
    )


def _wrapper(images: Sequence[Path]) -> Path:
    """The folders around the class folders or parts: archives often have one around everything.

    An image directly in a folder makes it a class, unless there are parts of class folders beside the image.
    """
    root: Path = ()
    while True:
        inside = [path[len(root) :] for path in images if path[: len(root)] == root and len(path) > len(root) + 1]
        tops = {path[0] for path in inside}
        if len(tops) > 1 or any(_part(top) for top in tops):
            return root
        if any(len(path) < 3 for path in inside) and not any(_part(path[1]) for path in inside if len(path) > 3):
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
    if not parts:
        _refuse_several(images, where)
    if not deep or not (parts or deep & others):
        return set()
    if others and all(_part(top) or top in others for top in tops):
        raise UsageError(
            f"{where} has the parts {listed(sorted(tops))}, but a data set has train and test.",
            "Rename the part to evaluate on to 'test' and take the others out.",
        )
    if not parts:
        return set()
    _refuse_twice(images, where)
    if beside := sorted(top for top in tops if not _part(top)):
        raise UsageError(
            f"{where} has class folders in {listed(sorted(deep))}, and beside that {listed(beside)}.",
            "Take out what is neither train nor test; or, if these are classes, put their images directly into them.",
            every=beside,
        )
    if "train" not in parts:
        raise UsageError(f"{where} has a test part and no train part.", "Put the images to train on in train/<class>/.")
    _warn_of_unlabelled([path for path in images if len(path) == 2], parts, where)
    return parts


def _part(folder: str) -> PartName | None:
    """Which part a folder is, if it is one."""
    return PARTS.get(folder.casefold())


def _refuse_twice(images: Iterable[Path], where: str) -> None:
    """Raise UsageError where a class lies in two folders for one part: one may be an older or a smaller copy of the other."""
    folders: dict[tuple[PartName | None, str], set[str]] = defaultdict(set)
    for path in images:
        if len(path) > 2:
            folders[_part(path[0]), path[1]].add(path[0])
    twice = sorted(
        f"{label} in {' and '.join(sorted(tops))}" for (part, label), tops in folders.items() if part and len(tops) > 1
    )
    if twice:
        raise UsageError(
            f"{where} has several folders for one part, with classes in more than one of them: {listed(twice)}.",
            "Keep one of these folders, with all images of that part.",
        )


def _refuse_one_mixed(images: Sequence[Path], where: str) -> None:
    """Raise UsageError where one folder alone has images, both directly and in folders: which are the classes is not clear."""
    tops = {path[0] for path in images if len(path) > 1}
    direct = sorted("/".join(path) for path in images if len(path) == 2)
    inner = sorted({path[1] for path in images if len(path) > 2})
    if len(tops) == 1 and direct and inner:
        raise UsageError(
            f"{where} has images in one folder, {listed(tops)}: some directly in it ({listed(direct, 3)}), and others in "
            f"folders in it ({listed(inner, 3)}).",
            "If these folders are the classes, take out the images beside them; else add a folder for another class.",
        )


def _refuse_several(images: Sequence[Path], where: str) -> None:
    """Raise UsageError where top folders are not classes, or not only: they hold parts."""
    within: dict[str, set[PartName | None]] = defaultdict(set)
    for path in images:
        if len(path) == 3:
            within[path[0]].add(_part(path[1]))
    if mixed := sorted(top for top, held in within.items() if held >= {"train", "test"}):
        raise UsageError(
            f"{where} has train and test folders within the classes {listed(mixed)}: their images would be mixed.",
            "Put the parts around the classes: train/<class>/ and test/<class>/.",
        )
    several = sorted({path[0] for path in images if len(path) > 3 and _part(path[1])})
    if several:
        raise UsageError(
            f"{where} has train or test folders in {listed(several)}: these are data sets of their own.",
            "Stage them one by one.",
            every=several,
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


def _refuse_empty(empty: Iterable[Path], others: Iterable[str], depth: int, where: str) -> None:
    """Raise UsageError for class folders without an image, and say what they have instead."""
    held: dict[Path, Counter[str]] = {folder: Counter() for folder in empty}
    if not held:
        return
    for name in others:
        folder = _folders(name)[: depth + 1]
        if folder in held:
            held[folder][left_out_as(name)] += 1
    names = [
        f"{'/'.join(folder)}{f' ({describe(kinds, remarks=False)})' if kinds else ''}" for folder, kinds in sorted(held.items())
    ]
    raise UsageError(
        f"{where} has class folders without an image: {listed(names)}.",
        "Put images there (Pillow's formats are read, such as JPEG and PNG), or move what is not a class out of the data set.",
        every=names,
    )


def _warn_of_capitals(labels: Iterable[str], where: str) -> None:
    """Say which classes differ in capitals alone: a person may mean one, and some file systems cannot keep them apart."""
    alike: dict[str, list[str]] = defaultdict(list)
    for label in sorted(labels):
        alike[look(label).casefold()].append(label)
    several = [" and ".join(names) for names in alike.values() if len(names) > 1]
    if several:
        log.warning("%s has classes that differ only in capitals, and are kept apart: %s.", where, listed(several))
