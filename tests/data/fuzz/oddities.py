"""What is odd about folders of images, one thing a function: each changes a tree, and what a person sees in it."""

from __future__ import annotations

from collections.abc import Callable

from hypothesis import strategies as st

from tests.data.fuzz.names import HIDDEN, SUFFIXES, UNREAD, any_name, is_hidden, is_part, plain
from tests.data.fuzz.person import Link, Tree, picture

Draw = Callable[[st.SearchStrategy], object]

SPELLINGS = ("train", "Train", "TRAIN", "training", "Training"), ("test", "Test", "TEST", "testing", "Testing")
"""What folders of the parts are called."""


def fill(draw: Draw, tree: Tree, part: str | None, name: str, nested: bool) -> None:
    """Make a class's folder with its pictures."""
    tree.folders.append((part, name))
    folder = tree.class_folder(part, name)
    tree.entries[folder] = None
    number = draw(st.integers(2, 3))
    for i in range(number):
        suffix = draw(st.sampled_from(SUFFIXES))
        inner = draw(st.sampled_from(("", "", "", "", "young/", "a/b/", "é/"))) if nested else ""
        colour = tree.new_colour()
        tree.add(f"{folder}/{inner}{i}.{suffix}", part, name, picture(colour, suffix.lower()), colour)


def _place(draw: Draw, tree: Tree) -> tuple[str | None, str, str]:
    """A class: its part's folder, its name and its folder."""
    part, name = draw(st.sampled_from(tree.folders))
    return part, name, tree.class_folder(part, name)


def _leave_out(tree: Tree, path: str, content: bytes) -> None:
    if tree.free(path):
        tree.entries[path] = content
        tree.left_out += 1


def odd_file_name(draw: Draw, tree: Tree) -> None:
    """A picture with any name."""
    part, name, folder = _place(draw, tree)
    suffix = draw(st.sampled_from(SUFFIXES))
    file = _cut(draw(any_name), 249) + f".{suffix}"
    if tree.free(f"{folder}/{file}"):
        colour = tree.new_colour()
        tree.add(f"{folder}/{file}", part, name, picture(colour, suffix.lower()), colour)


def odd_folder_in_a_class(draw: Draw, tree: Tree) -> None:
    """A picture in a folder of any name in a class."""
    part, name, folder = _place(draw, tree)
    inner = draw(st.one_of(any_name, st.sampled_from(HIDDEN)))
    if len(tree.visible()) > 1 and not any(is_part(other) for _, other in tree.folders) and tree.free(f"{folder}/{inner}"):
        colour = tree.new_colour()
        tree.entries[f"{folder}/{inner}"] = None
        tree.add(f"{folder}/{inner}/1.png", part, name, picture(colour), colour)


def one_name_in_two_spellings(draw: Draw, tree: Tree) -> None:
    """A class's folder in another Unicode normal form, or with something invisible in it."""
    part, name, _ = _place(draw, tree)
    other = draw(st.sampled_from(OTHER_SPELLINGS))(name)
    if tree.free(tree.class_folder(part, other)) and len(other.encode("utf-8", "surrogateescape")) <= 255:
        fill(draw, tree, part, other, nested=False)


def picture_of_no_class(draw: Draw, tree: Tree) -> None:
    """A picture beside the class folders, or beside what is around them."""
    path = tree.root
    depth = draw(st.integers(0, len(path.split("/")) if path else 0))
    name = "/".join([*path.split("/")[:depth], draw(st.sampled_from(("stray.png", "preview.JPG", "é.webp")))])
    _leave_out(tree, name, picture(tree.new_colour()))
    tree.doubts += name.split("/")[-1 if tree.shown else -2 :]


def picture_of_a_part(draw: Draw, tree: Tree) -> None:
    """A picture in a part and beside its class folders."""
    part, _, _ = _place(draw, tree)
    if part is not None:
        _leave_out(tree, f"{tree.class_folder(part, '')}/montage.png", picture(tree.new_colour()))
        tree.doubts += [part, "montage.png"]


def other_file(draw: Draw, tree: Tree) -> None:
    """A file of a kind that is not read, in a class or at the top."""
    folder = _place(draw, tree)[2] if draw(st.booleans()) else ""
    suffix = draw(st.sampled_from((*UNREAD, "")))
    content = draw(st.sampled_from((b"", b"text\n", picture(0))))
    _leave_out(tree, f"{folder}/x.{suffix}".strip("/") if suffix else f"{folder}/README".strip("/"), content)


def other_systems_file(draw: Draw, tree: Tree) -> None:
    """What macOS, Windows and others leave behind in a folder."""
    folder = _place(draw, tree)[2] if draw(st.booleans()) else ""
    name = draw(st.sampled_from((".DS_Store", "._0.png", "._0.jpg", "Thumbs.db", "desktop.ini", ".nomedia", ".picasa.ini")))
    _leave_out(tree, f"{folder}/{name}".strip("/"), draw(st.sampled_from((b"", b"\0\5\x16\7" * 20))))


def other_systems_folder(draw: Draw, tree: Tree) -> None:
    """A system's folder with pictures in it: thumbnails, deleted files, checkpoints."""
    folder = _place(draw, tree)[2] if draw(st.booleans()) else ""
    name = draw(st.sampled_from(HIDDEN))
    inner = (
        "0.JPG/SYNOPHOTO_THUMB_M.jpg" if name == "@eaDir" else draw(st.sampled_from(("0.png", "train/cat/0.png", "a/0.jpg")))
    )
    path = f"{folder}/{name}".strip("/")
    if tree.free(path):
        tree.entries[path] = None
        if draw(st.booleans()):
            _leave_out(tree, f"{path}/{inner}", picture(tree.new_colour(), inner[-3:]))


def class_without_a_picture(draw: Draw, tree: Tree) -> None:
    """A folder among the classes that is empty, or holds only what is not read."""
    part = _place(draw, tree)[0]
    name = draw(any_name)
    folder = tree.class_folder(part, name)
    kind = draw(st.sampled_from(("", "0.heic", "0.svg", "notes.txt", ".DS_Store")))
    if len(tree.visible()) > 1 and tree.free(folder) and not (is_part(name) or is_hidden(name)):
        tree.entries[folder] = None
        tree.folders.append((part, name))
        if kind:
            _leave_out(tree, f"{folder}/{kind}", b"something")


def broken_picture(draw: Draw, tree: Tree) -> None:
    """A picture that nothing can show: empty, cut off, or not a picture."""
    _, name, folder = _place(draw, tree)
    file = draw(st.sampled_from(("broken.png", "broken é.jpg", "broken\n.png")))
    whole = picture(0, file[-3:])
    content = draw(st.sampled_from((b"", whole[: len(whole) // 2], b"not a picture", b"\0" * 5000, b"<html>404</html>")))
    if not is_hidden(name):
        tree.entries[f"{folder}/{file}"] = content
        tree.faults.append(("broken",))


def wrong_suffix(draw: Draw, tree: Tree) -> None:
    """A picture whose suffix is another format's: it is seen all the same."""
    part, name, folder = _place(draw, tree)
    path = f"{folder}/wrong.{draw(st.sampled_from(SUFFIXES))}"
    if tree.free(path):
        colour = tree.new_colour()
        tree.add(path, part, name, picture(colour, draw(st.sampled_from(SUFFIXES)).lower()), colour)


def copied_picture(draw: Draw, tree: Tree) -> None:
    """One picture twice, in one class or in two."""
    part, name, folder = _place(draw, tree)
    if tree.free(f"{folder}/copy.png"):
        colour = draw(st.integers(0, max(0, tree.colours - 1)))
        tree.add(f"{folder}/copy.png", part, name, picture(colour), colour)


def part_to_take_out(draw: Draw, tree: Tree) -> None:
    """A part for validation beside train and test."""
    name = draw(st.sampled_from(("val", "Val", "valid", "VALIDATION", "dev", "unlabeled")))
    if tree.parted and tree.shown and tree.free(tree.class_folder(None, name)):
        tree.entries[f"{tree.class_folder(None, name)}/{draw(plain)}/0.png"] = picture(tree.new_colour())
        tree.faults.append((name,))


def part_in_two_spellings(draw: Draw, tree: Tree) -> None:
    """Two folders that may both be the same part: one of them may well be an older one."""
    part, name, _ = _place(draw, tree)
    if part is None:
        return
    spellings = next(spellings for spellings in SPELLINGS if part in spellings)
    other = draw(st.sampled_from([spelling for spelling in spellings if spelling != part]))
    if tree.free(tree.class_folder(None, other)) and not is_hidden(name):
        tree.entries[f"{tree.class_folder(other, name)}/0.png"] = picture(tree.new_colour())
        tree.faults.append((part, other))


def parts_in_a_class(draw: Draw, tree: Tree) -> None:
    """The parts within the classes, not around them: whoever mixes them makes the test too easy."""
    _, name, folder = _place(draw, tree)
    if not tree.parted and not is_hidden(name) and tree.free(f"{folder}/train"):
        for part in ("train", "test"):
            tree.entries[f"{folder}/{part}/0.png"] = picture(tree.new_colour())
        tree.faults.append((name, "train", "test"))


def linked_picture(draw: Draw, tree: Tree) -> None:
    """A link, of either kind, to a picture of any class."""
    part, name, folder = _place(draw, tree)
    from_part, from_name, target = _place(draw, tree)
    hard = draw(st.booleans())
    if tree.free(f"{folder}/link.png") and f"{target}/target.png" not in tree.entries:
        colour = tree.new_colour()
        tree.add(f"{target}/target.png", from_part, from_name, picture(colour), colour)
        tree.entries[f"{folder}/link.png"] = Link(f"{target}/target.png", hard)
        tree.sees(f"{folder}/link.png", part, name, colour)
        tree.doubts += [] if hard else ["link.png"]


def link_to_nothing(draw: Draw, tree: Tree) -> None:
    """A link that leads nowhere, or to itself; or what cannot be read as a file."""
    folder = _place(draw, tree)[2]
    target = draw(st.sampled_from(("nowhere.png", f"{folder}/nothing.png", "/dev/null", "/proc/self/nowhere")))
    if tree.free(f"{folder}/nothing.png"):
        tree.entries[f"{folder}/nothing.png"] = Link(target)
        tree.left_out += 1
        tree.doubts.append("nothing.png")


def link_out_of_the_tree(draw: Draw, tree: Tree) -> None:
    """A link to a folder elsewhere, with pictures of a class."""
    part, name, folder = _place(draw, tree)
    if (
        len(tree.visible()) > 1
        and not any(is_part(other) for _, other in tree.folders)
        and not (is_hidden(name) or tree.outside)
    ):
        tree.outside["more"] = None
        colour = tree.new_colour()
        tree.outside["more/1.png"] = picture(colour)
        tree.entries[f"{folder}/more"] = Link("../more")
        tree.sees(f"{folder}/more/1.png", part, name, colour)


def link_to_what_is_around_it(draw: Draw, tree: Tree) -> None:
    """A link to a folder that it lies in: whoever follows it comes back."""
    _, _, folder = _place(draw, tree)
    above = folder.split("/")[: draw(st.integers(0, folder.count("/") + 1))]
    if tree.free(f"{folder}/loop"):
        tree.entries[f"{folder}/loop"] = Link("/".join(above))


def link_to_another_class(draw: Draw, tree: Tree) -> None:
    """A link in a class to a class: its pictures would be in two."""
    _, name, folder = _place(draw, tree)
    _, other, target = _place(draw, tree)
    if folder != target and not is_hidden(name) and not is_hidden(other) and tree.free(f"{folder}/alias"):
        tree.entries[f"{folder}/alias"] = Link(target)
        tree.faults.append(("alias",))


OTHER_SPELLINGS = (
    lambda name: f"{name}\u00a0",
    lambda name: f"{name} ",
    lambda name: f" {name}",
    lambda name: f"\u200b{name}",
    lambda name: f"{name}\u200e",
    lambda name: name.replace(" ", "\u00a0"),
    lambda name: name.replace("ö", "o\u0308").replace("ï", "i\u0308").replace("é", "e\u0301"),
)

ODDITIES = (
    odd_file_name,
    odd_folder_in_a_class,
    one_name_in_two_spellings,
    picture_of_no_class,
    picture_of_a_part,
    other_file,
    other_systems_file,
    other_systems_folder,
    class_without_a_picture,
    broken_picture,
    wrong_suffix,
    copied_picture,
    part_to_take_out,
    part_in_two_spellings,
    parts_in_a_class,
)

LINKS = (linked_picture, link_to_nothing, link_out_of_the_tree, link_to_what_is_around_it, link_to_another_class)


def _cut(name: str, limit: int) -> str:
    """A name of at most so many bytes."""
    while len(name.encode("utf-8", "surrogateescape")) > limit:
        name = name[:-1]
    return name
