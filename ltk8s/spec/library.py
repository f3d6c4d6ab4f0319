"""Finding experiments and profiles: the presets that come along, a directory of one's own, or a path to one YAML file."""

from __future__ import annotations

import os
import subprocess
from functools import cache
from pathlib import Path
from typing import Any

import ltk8s
from ltk8s.errors import UsageError, did_you_mean, system_error
from ltk8s.spec.base import parse
from ltk8s.spec.experiment import Experiment
from ltk8s.spec.profile import Family, Profile, in_family
from ltk8s.spec.yaml import SUFFIXES, as_written, is_yaml, read_mapping

KINDS = ("experiment", "sweep", "study")


def presets_directory() -> Path:
    """Where the presets are: inside an installed package, beside it in a checkout."""
    package = Path(ltk8s.__file__).parent
    return package / "jobs" if (package / "jobs").is_dir() else package.parent / "jobs"


class Library:
    """The experiments and profiles of one directory."""

    def __init__(self, directory: Path | None = None) -> None:
        self.directory = directory or presets_directory()
        if not self.directory.is_dir():
            raise UsageError(f"There is no directory {str(self.directory)!r}.", "Give --jobs a directory of experiment files.")

    def names(self) -> list[str]:
        """All that can be submitted: experiments, sweeps and studies."""
        return _stems(self.directory)

    def experiments(self) -> list[str]:
        return [name for name in self.names() if self.kind(name) == "experiment"]

    def profiles(self) -> list[str]:
        return _stems(self.profiles_directory)

    @property
    def profiles_directory(self) -> Path:
        own = self.directory / "profiles"
        return own if own.is_dir() else presets_directory() / "profiles"

    def read_experiment(self, name_or_path: str) -> tuple[str, dict[str, Any]]:
        """Return the experiment's name and its fields as written.

        The file may hold a sweep or a study as well: its ``kind`` says so.

        Raises:
            UsageError: if there is no such experiment (the nearest name is suggested) or the file is no mapping.
        """
        path = self.path(name_or_path)
        if not _is_there(path):
            raise UsageError(
                f"There is no experiment {name_or_path!r}.{did_you_mean(name_or_path, self.names())}",
                "`ltk8s experiments` lists them; a path to a YAML file works too.",
            )
        return _stem(path), read_mapping(path)

    def path(self, name_or_path: str) -> Path:
        """The file of an experiment, which need not be there."""
        path = Path(name_or_path)
        if is_yaml(path):
            return path
        if is_path(name_or_path):
            beside = _named(path.parent, path.name)
            return next((file for file in (path, beside) if file.is_file()), _named(self.directory, name_or_path))
        return _named(self.directory, name_or_path)

    def commit(self, name_or_path: str) -> str:
        """The git commit in which the experiment's file was changed last; empty where there is none that has it as it is."""
        return commit_of(self.path(name_or_path))

    def kind(self, name_or_path: str) -> str:
        """``experiment``, ``sweep`` or ``study``, as the file says. Raises UsageError for any other."""
        name, fields = self.read_experiment(name_or_path)
        kind = fields.get("kind", "experiment")
        if kind not in KINDS:
            raise UsageError(f"{name!r} is of the kind {kind!r}.", f"Its kind is {', '.join(KINDS[:-1])} or {KINDS[-1]}.")
        return str(kind)

    def read_profile(self, name: str) -> Profile:
        """Return the profile ``name``.

        Raises:
            UsageError: if there is none of that name; the nearest is suggested.
        """
        path = _named(self.profiles_directory, name)
        if not _is_there(path):
            raise UsageError(
                f"There is no profile {name!r}.{did_you_mean(name, self.profiles())}",
                f"Profiles are {', '.join(self.profiles())}.",
            )
        return parse(Profile, read_mapping(path), f"The profile {name!r}")

    def experiment(
        self,
        name_or_path: str,
        *,
        profile: str,
        family: Family | None = None,
        overrides: dict[str, Any] | None = None,
    ) -> tuple[str, Experiment]:
        """Read an experiment, lay the profile over it, then ``overrides`` (dotted path → value), and validate.

        Another data set is taken as it is: the file's ratio and fingerprint are of its own one.

        Returns the experiment's name and the experiment, with the networks of the family that was chosen.
        """
        name, fields = self.read_experiment(name_or_path)
        if (kind := fields.pop("kind", "experiment")) != "experiment":
            raise UsageError(f"{name!r} is a {kind}, not an experiment.", "Name an experiment here.")
        overlay = self.read_profile(profile)
        fields = with_scale(fields, overlay)
        if overrides and "dataset.name" in overrides:
            fields = for_dataset(fields, overrides["dataset.name"])
        for path, value in (overrides or {}).items():
            fields = with_override(fields, path, value)
        experiment = parse(Experiment, fields, f"The experiment {name!r}")
        chosen = family or overlay.family
        learners = tuple(
            learner.model_copy(update={"arch": in_family(learner.arch, chosen)}) for learner in experiment.learners
        )
        return name, experiment.model_copy(update={"learners": learners})


def is_path(name_or_path: str) -> bool:
    """Whether a file is named by its path, not by the name that it has in the library.

    >>> is_path("mine/exp"), is_path("exp.YAML"), is_path("stack-wl")
    (True, True, False)
    """
    return is_yaml(name_or_path) or "/" in name_or_path or os.sep in name_or_path


def _named(directory: Path, name: str) -> Path:
    """The YAML file called ``name`` in a directory, whichever way its suffix is written; it need not be there."""
    usual = directory / f"{name}{SUFFIXES[0]}"
    if usual.is_file() or not directory.is_dir():
        return usual
    return next((path for path in sorted(directory.iterdir()) if path.stem == name and is_yaml(path)), usual)


def _stems(directory: Path) -> list[str]:
    return sorted({path.stem for path in directory.iterdir() if is_yaml(path) and not path.name.startswith(".")})


def _stem(path: Path) -> str:
    return path.stem if is_yaml(path) else path.name


def _is_there(path: Path) -> bool:
    """Whether a file is listed under that name. Raises UsageError where nobody may know."""
    try:
        path.lstat()
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError as error:
        raise system_error(error, "read", path, instead="give another file", kind=UsageError) from None
    return True


OF_ONE_DATASET = ("ratio", "fingerprint")
"""The fields of ``dataset`` that are about the very one that is named."""


def for_dataset(fields: dict[str, Any], name: Any) -> dict[str, Any]:
    """An experiment's fields without what they say of a data set that is not the one called ``name``."""
    dataset = fields.get("dataset")
    if not isinstance(dataset, dict) or as_written(dataset.get("name")) == as_written(name):
        return fields
    return {**fields, "dataset": {field: value for field, value in dataset.items() if field not in OF_ONE_DATASET}}


@cache
def commit_of(path: Path) -> str:
    """The git commit in which a file was changed last.

    Empty where it is not under git, has changes that are not committed, or git is not there.
    """

    def git(*arguments: str) -> str:
        command = ["git", "-C", str(path.parent), *arguments, "--", path.name]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()

    try:
        return "" if git("status", "--porcelain") else git("log", "-1", "--format=%H")
    except (OSError, subprocess.CalledProcessError):
        return ""


def with_scale(fields: dict[str, Any], profile: Profile) -> dict[str, Any]:
    """Lay a profile's scale over an experiment's fields; a duration replaces the other kind of duration."""
    scaled = dict(fields)
    for name, scale in (("train", profile.train), ("resources", profile.resources)):
        own = fields.get(name) or {}
        if isinstance(own, dict):  # what else is there is refused when the experiment is read
            replaced = {"epochs", "steps"} if {"epochs", "steps"} & set(scale) else set()
            scaled[name] = _laid_over({field: value for field, value in own.items() if field not in replaced}, scale)
    return scaled


def _laid_over(fields: dict[str, Any], scale: dict[str, Any]) -> dict[str, Any]:
    """``scale`` wins field by field; of a mapping in both (``augment``) it replaces the fields that it has, not all."""
    nested = {name: {**fields[name], **value} for name, value in scale.items() if _both_mappings(fields.get(name), value)}
    return {**fields, **scale, **nested}


def _both_mappings(one: Any, other: Any) -> bool:
    return isinstance(one, dict) and isinstance(other, dict)


def with_override(fields: dict[str, Any], path: str, value: Any) -> dict[str, Any]:
    """Set one dotted path; a list is entered by index (``learners.0.arch``).

    >>> with_override({"train": {"epochs": 10}}, "train.steps", 50)
    {'train': {'steps': 50}}
    """
    head, _, rest = path.partition(".")
    if not head:
        raise UsageError(f"{path!r} is no path of a field.", "Write it as in --set train.epochs=5.")
    if not rest:
        replaced = {"epochs": "steps", "steps": "epochs"}.get(head)
        return {**{name: kept for name, kept in fields.items() if name != replaced}, head: value}
    inner = fields.get(head)
    if isinstance(inner, list | tuple):
        return {**fields, head: _with_item(list(inner), rest, value, head)}
    return {**fields, head: with_override(_mapping(inner), rest, value)}


def _mapping(value: Any) -> dict[str, Any]:
    return dict(value) if isinstance(value, dict) else {}


def _with_item(items: list[Any], path: str, value: Any, name: str) -> list[Any]:
    index, _, rest = path.partition(".")
    if not (index.isascii() and index.isdecimal()) or int(index) >= len(items):
        raise UsageError(f"{name} has no item {index!r}: it has {len(items)}.", f"Count from 0, as in --set {name}.0.…=….")
    at = int(index)
    items[at] = with_override(_mapping(items[at]), rest, value) if rest else value
    return items
