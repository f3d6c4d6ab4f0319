"""What submit and render are asked to plan: the options as written, and the runs that they stand for."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Annotated, Any, get_args

import typer

from ltk8s.cli import complete
from ltk8s.errors import UsageError, did_you_mean
from ltk8s.spec.profile import Family
from ltk8s.spec.yaml import YamlError, parse_yaml

ExperimentsArgument = Annotated[
    list[str],
    typer.Argument(metavar="EXPERIMENT", help="Names of presets, or paths of YAML files.", autocompletion=complete.experiments),
]
RatioOption = Annotated[
    list[str] | None,
    typer.Option(
        "--ratio",
        metavar="R|full",
        help="Smallest class over largest, or 'full'; once per ratio. Else the experiment's own, 0.02 in the presets; with "
        "another --dataset all images.",
    ),
]
SeedOption = Annotated[list[int] | None, typer.Option("--seed", metavar="N", help="Training seed; once per seed.")]
SplitSeedOption = Annotated[int | None, typer.Option("--split-seed", metavar="N", help="Draws which images the tail keeps.")]
ProfileOption = Annotated[
    str | None,
    typer.Option(
        "--profile",
        metavar="NAME",
        help="Scale: laptop, cpu (the default on this machine) or paper.",
        autocompletion=complete.profiles,
    ),
]
FamilyOption = Annotated[str | None, typer.Option("--family", metavar="NAME", help="Networks: efficientnet or lite.")]
DatasetOption = Annotated[
    str | None,
    typer.Option(
        "--dataset",
        metavar="NAME",
        help="A staged data set of your own: all its images, unless --ratio (or a study) cuts a tail from it.",
    ),
]
SetOption = Annotated[
    list[str] | None, typer.Option("--set", metavar="PATH=VALUE", help="Set any field, as in train.steps=50; repeatable.")
]

TunedByOption = Annotated[
    str | None,
    typer.Option("--tuned-by", metavar="SWEEP", help="Lay a finished sweep's winner over each experiment.", show_default=False),
]

FAMILIES: tuple[Family, ...] = get_args(Family)


@dataclass(frozen=True)
class Request:
    """Experiments, and what the command line lays over each: ``overrides`` are dotted paths of fields and their values."""

    experiments: tuple[str, ...]
    ratios: tuple[float | str, ...]
    seeds: tuple[int, ...]
    family: Family | None
    overrides: dict[str, Any]
    tuned_by: str = ""

    def variants(self) -> Iterator[tuple[str, dict[str, Any]]]:
        """Each run that is asked for, as an experiment's name and its overrides."""
        for experiment, ratio, seed in product(self.experiments, self.ratios or (None,), self.seeds or (None,)):
            chosen = {"dataset.ratio": ratio, "seed": seed}
            yield experiment, {**{path: value for path, value in chosen.items() if value is not None}, **self.overrides}


def read_request(
    experiments: Sequence[str],
    ratio: Sequence[str] | None,
    seed: Sequence[int] | None,
    split_seed: int | None,
    family: str | None,
    dataset: str | None,
    settings: Sequence[str] | None,
    tuned_by: str | None = None,
) -> Request:
    """Understand the options.

    Raises:
        UsageError: for a malformed one, or a field that is given twice.
    """
    overrides: dict[str, Any] = {}
    options: dict[str, str] = {"dataset.ratio": "--ratio" if ratio else "", "seed": "--seed" if seed else ""}
    for path, option, value in (("dataset.split_seed", "--split-seed", split_seed), ("dataset.name", "--dataset", dataset)):
        if value is not None:
            overrides[path], options[path] = value, option
    for text in settings or ():
        path, value = parse_setting(text)
        if taken := options.get(path):
            raise UsageError(f"The field {path!r} is given twice, by {taken} and by --set {text}.", "Give it once.")
        if lost := next((option for field, option in options.items() if option and field.startswith(f"{path}.")), ""):
            raise UsageError(f"--set {path} would replace what {lost} sets, which is a part of it.", "Give the whole first.")
        overrides[path], options[path] = value, f"--set {path}"
    if {"train.epochs", "train.steps"} <= set(overrides):
        raise UsageError("Both train.epochs and train.steps are set.", "Give the duration either in epochs or in steps.")
    return Request(
        experiments=tuple(experiments),
        ratios=tuple(parse_ratio(text) for text in ratio or ()),
        seeds=tuple(seed or ()),
        family=parse_family(family),
        overrides=overrides,
        tuned_by=tuned_by or "",
    )


def parse_setting(text: str) -> tuple[str, Any]:
    """Read ``path=value``; the value is YAML.

    >>> parse_setting("train.loss={name: logit-adjustment, tau: 1.5}")
    ('train.loss', {'name': 'logit-adjustment', 'tau': 1.5})
    """
    path, equals, value = text.partition("=")
    path = path.strip()
    if not equals or not path or not value.strip():
        raise UsageError(f"--set {text!r} does not say what to set to what.", "Write it as in --set train.steps=50.")
    try:
        return path, parse_yaml(value, comments=False)
    except YamlError as error:
        raise UsageError(f"The value {value!r} of --set {path} is not valid YAML: {error}.", error.do) from None


def parse_ratio(text: str) -> float | str:
    """A ratio in (0, 1], or ``full``."""
    if text == "full":
        return text
    try:
        ratio = float(text)
    except ValueError:
        ratio = -1.0
    if not 0 < ratio <= 1:
        raise UsageError(f"The ratio {text!r} is not in (0, 1].", "Give a number such as 0.02, or 'full' for all images.")
    return ratio


def parse_family(name: str | None) -> Family | None:
    if name is None:
        return None
    for family in FAMILIES:
        if name == family:
            return family
    raise UsageError(f"There is no family {name!r}.{did_you_mean(name, FAMILIES)}", f"Choose {' or '.join(FAMILIES)}.")
