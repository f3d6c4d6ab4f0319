"""From a tree to a disk, and from there through ltk8s to what was staged."""

from __future__ import annotations

import os
import shutil
from collections import Counter
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from ltk8s.data.dataset import load_dataset
from ltk8s.data.manifest import Manifest
from ltk8s.data.stage import stage
from ltk8s.errors import LtkError
from tests.data.fuzz.names import is_named, is_printable
from tests.data.fuzz.person import SOURCE, STEP, Entry, Seen, Tree, colour_of, rgb


def write(tree: Tree, below: Path) -> Path:
    """Write a tree as a folder below another, and what lies outside of it there too."""
    _write(tree.outside, below)
    _write(tree.entries, below / SOURCE)
    return below / SOURCE


def _write(entries: Mapping[str, Entry], root: Path) -> None:
    base = os.fspath(root)
    os.makedirs(base, exist_ok=True)
    for path, entry in entries.items():
        place = f"{base}/{path}"
        if entry is None:
            os.makedirs(place, exist_ok=True)
            continue
        os.makedirs(os.path.dirname(place), exist_ok=True)
        if isinstance(entry, bytes):
            with open(place, "wb") as file:
                file.write(entry)
        elif entry.hard:
            os.link(f"{base}/{entry.target}", place)
        else:
            os.symlink(entry.target if entry.target.startswith("/") else f"{base}/{entry.target}", place)


def staged(folder: Path) -> tuple[Seen, Manifest]:
    """What a staged data set holds, and what is said about it."""
    dataset = load_dataset(folder)
    manifest = dataset.manifest
    seen: Seen = Counter()
    for name, part in dataset.parts.items():
        for image, label in zip(np.asarray(part.images), part.labels.tolist(), strict=True):
            colour = colour_of(tuple(int(value) for value in image[0, 0]))
            assert np.abs(image.astype(int) - rgb(colour)).max() < STEP // 4, "a picture is not in one of our colours"
            seen[None if manifest.test_fraction else name, manifest.classes[label], colour] += 1
    return seen, manifest


def check(tree: Tree, source: Path, out: Path) -> str:
    """Stage a source: what a person sees is staged, or what is there is refused. Return the refusal, if any."""
    shutil.rmtree(out, ignore_errors=True)
    try:
        stage("fuzz", source, out)
    except LtkError as error:
        refusal = error
    else:
        _check_staged(tree, out)
        return ""
    _check_refusal(tree, refusal)
    return str(refusal)


def _check_staged(tree: Tree, out: Path) -> None:
    assert not tree.all_faults(), f"staged in spite of {tree.all_faults()!a}"
    expected, (seen, manifest) = tree.expected(), staged(out)
    assert not expected - seen, f"left out in silence: {[*expected - seen]!a}"
    assert not seen - expected, f"taken for what it is not, or twice: {[*seen - expected]!a}"
    assert manifest.ignored == tree.left_out, f"{manifest.ignored} files are said to be left out, not {tree.left_out}"
    assert sum(manifest.left_out.values()) == manifest.ignored
    for suffix in (".heic", ".cr2", ".svg", ".txt"):
        assert manifest.left_out.get(suffix, 0) == tree.count(suffix), (
            f"{suffix}: {manifest.left_out}, not {tree.count(suffix)}"
        )


def _check_refusal(tree: Tree, refusal: LtkError) -> None:
    culprits = [*tree.all_doubts(), *(name for names in tree.all_faults() for name in names)]
    assert is_printable(str(refusal)), f"not printable: {str(refusal)!a}"
    assert refusal.do, f"does not say what to do: {refusal}"
    assert culprits, f"refused without a reason: {refusal}"
    assert any(is_named(name, str(refusal)) for name in culprits), f"names none of {culprits!a}: {refusal}"
