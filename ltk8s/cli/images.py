"""Which image files a person means."""

from __future__ import annotations

import glob
import os
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from ltk8s.data.sources.base import readable, spelled
from ltk8s.data.sources.folder import GIVE_RIGHT, may, not_a_file, survey
from ltk8s.data.sources.kinds import describe, is_image, left_out_as, nobodys
from ltk8s.errors import UsageError, system_errors


@dataclass
class Found:
    """The files that are meant, each once, and what was left out of folders and patterns, counted by kind."""

    paths: list[str] = field(default_factory=list)
    left_out: Counter[str] = field(default_factory=Counter)


def expand(images: Sequence[str]) -> Found:
    """The files that are meant: files as they are, all images below a folder, and those that a pattern finds.

    Raises:
        UsageError: if there is none for one of them, or a folder cannot be read.
    """
    found: dict[str, None] = {}
    others: dict[str, str] = {}
    for text in images:
        with system_errors("read", repr(spelled(readable(text))), instead="move it elsewhere", kind=UsageError):
            paths, kinds = _files(text)
        found.update(dict.fromkeys(paths))
        others.update(kinds)
    return Found([*found], Counter(kind for path, kind in others.items() if path not in found))


def _files(text: str) -> tuple[list[str], dict[str, str]]:
    """The images that one argument means, and the kind of each file that it leaves out.

    Raises:
        UsageError: if there is no image.
        OSError: if the system does not let us look.
    """
    path = Path(text)
    if path.is_dir():
        tree = survey(path)
        paths, kinds = _sorted_out([(str(path / name), name) for name in tree.files])
        kinds.update({str(path / name): kind for name, kind in tree.not_files.items()})
        return _refuse_none(paths, kinds, f"There is no image below {text!r}", "Name files, or a folder that has some.")
    if path.is_file():
        return [text], {}
    if path.exists():
        raise UsageError(f"{text!r} is not a file.", "Name files, folders, or a pattern in quotes.")
    _refuse_unread(text)
    matches = [name for name in sorted(glob.glob(text, recursive=True)) if not os.path.isdir(name)]
    broken = {name: kind for name in matches if (kind := not_a_file(Path(name)))}
    paths, kinds = _sorted_out([(name, _found_part(text, name)) for name in matches if name not in broken])
    kinds.update(broken)
    return _refuse_none(paths, kinds, f"There is no image {text!r}", "Name files, folders, or a pattern in quotes.")


def _sorted_out(files: Sequence[tuple[str, str]]) -> tuple[list[str], dict[str, str]]:
    """Sort files, each with the part of its path that was not asked for, into images and others with their kinds."""
    paths = [path for path, below in files if is_image(below) and not nobodys(below)]
    return paths, {path: left_out_as(below) for path, below in files if not is_image(below) or nobodys(below)}


def _refuse_none(paths: list[str], kinds: dict[str, str], what: str, do: str) -> tuple[list[str], dict[str, str]]:
    if not paths:
        raise UsageError(f"{what}{f', but {describe(Counter(kinds.values()))}' if kinds else ''}.", do)
    return paths, kinds


def _found_part(pattern: str, path: str) -> str:
    """What a pattern found of a path. A folder that the pattern names is meant, and so is a dot: only a dot finds one."""
    named = set(pattern.split("/"))
    *folders, name = path.split("/")
    found = [*(folder for folder in folders if folder and folder not in named), name]
    return "/".join(part.lstrip(".") for part in found)


def _refuse_unread(pattern: str) -> None:
    """Refuse a pattern that leads into a folder that this user may not list: what it would find there counts as not there.

    Raises:
        UsageError: naming the folder.
    """
    parts = pattern.split("/")
    for end in range(len(parts)):
        if not glob.has_magic("/".join(parts[end:])):
            return
        for folder in glob.glob("/".join(parts[:end]) or ".", recursive=True):
            if os.path.isdir(folder) and not may(folder, os.R_OK | os.X_OK) and not nobodys(_found_part(pattern, folder)):
                raise UsageError(f"Cannot read {spelled(readable(folder))!r}: permission denied.", f"{GIVE_RIGHT}.")
