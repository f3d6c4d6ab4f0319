"""A task holds everything that decides an outcome and nothing else; its hash names it.

Changing a field's default here or in ``spec.train`` changes what old names mean: raise RECIPE when you do, or when training
code changes results. A new field with a default renames nothing, since canonical JSON omits fields at their default.
"""

from __future__ import annotations

import hashlib
import json
import re
from typing import Annotated, Any, Literal

from pydantic import Field, TypeAdapter, ValidationError

from ltk8s.errors import TaskError
from ltk8s.spec.base import Spec
from ltk8s.spec.experiment import AllSampling, ClassAwareSampling, Fusion, SquareRootSampling
from ltk8s.spec.train import Focal, Ldam, LogitAdjustment, Train

RECIPE = 1
ID_LENGTH = 52
HASH_LENGTH = 10

Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class DatasetRef(Spec):
    """A staged data set by name and content."""

    name: str
    fingerprint: str


class Split(Spec):
    """Which training images there are; ``ratio`` None is all of them."""

    ratio: float | None = None
    seed: int = 0


class Fold(Spec):
    """Cross-validation: train without fold ``index`` of ``of``, predict it, never load the test set."""

    index: int
    of: int


class TaskBalanced(Spec):
    """Every class at ``threshold`` images."""

    rule: Literal["balanced"]
    threshold: int


class TaskBag(Spec):
    """Bag ``index`` of ``of``."""

    rule: Literal["bag"]
    index: int
    of: int


TaskSampling = Annotated[
    AllSampling | TaskBalanced | TaskBag | ClassAwareSampling | SquareRootSampling, Field(discriminator="rule")
]


class Weights(Spec):
    """Initial weights by content, with the normalisation they expect (per channel, of images in 0..1)."""

    sha256: Sha256
    mean: tuple[float, float, float]
    std: tuple[float, float, float]


class LearnerTask(Spec):
    """One network trained once."""

    kind: Literal["learner"]
    recipe: int
    dataset: DatasetRef
    split: Split = Split()
    fold: Fold | None = None
    sampling: TaskSampling = AllSampling(rule="all")
    arch: str
    weights: Weights
    train: Train
    seed: int = 0

    @property
    def id(self) -> str:
        return _id(self, _learner_slug(self))


class FusionTask(Spec):
    """Learners' checkpoints evaluated as one predictor; ``members`` are learner ids, in order."""

    kind: Literal["fusion"]
    recipe: int
    dataset: DatasetRef
    split: Split = Split()
    members: Annotated[tuple[str, ...], Field(min_length=1)]
    rule: Literal["mean-probability", "mean-logit"]
    prior_correction: bool = False
    target_prior: Literal["uniform", "train"] | dict[str, float] = "uniform"
    logit_adjustment: float = 0.0
    temperature: float = 1.0
    tau_norm: float = 0.0
    flip: bool = False

    @property
    def id(self) -> str:
        return _id(self, _fusion_slug(self))


class RankingPoint(Spec):
    """One point of a sweep: what it changes in the base, the learners of each fold (of one, where there are none), and how
    these are fused.
    """

    label: str
    settings: dict[str, Any] = {}
    default: bool = False
    folds: Annotated[tuple[Annotated[tuple[str, ...], Field(min_length=1)], ...], Field(min_length=1)]
    fusion: Fusion = Fusion()


class RankingTask(Spec):
    """A sweep's points compared. ``folds`` 0 selects nothing: the points' learners have seen all images, and it is their test
    scores that are shown.
    """

    kind: Literal["ranking"]
    recipe: int
    dataset: DatasetRef
    split: Split = Split()
    folds: int
    points: Annotated[tuple[RankingPoint, ...], Field(min_length=1)]

    @property
    def members(self) -> tuple[str, ...]:
        """The learners of all points and folds, each once."""
        return tuple(dict.fromkeys(id for point in self.points for fold in point.folds for id in fold))

    @property
    def id(self) -> str:
        return _id(self, _ranking_slug(self))


Task = LearnerTask | FusionTask | RankingTask

_TASK: TypeAdapter[Task] = TypeAdapter(Annotated[Task, Field(discriminator="kind")])


def parse_task(text: str | bytes) -> Task:
    """Read a task from JSON.

    Raises:
        TaskError: if it is not JSON or not a task, naming the field.
    """
    try:
        return _TASK.validate_json(text)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise TaskError(
            f"The task is not valid: {where}: {first['msg']}.", "Submit again with this version of ltk8s."
        ) from None


def canonical_json(task: Task) -> str:
    """The task as JSON with sorted keys, no spaces, and without the fields that are at their default."""
    return json.dumps(canonical(task), sort_keys=True, separators=(",", ":"), allow_nan=False)


def canonical(task: Task) -> dict[str, Any]:
    """The task as JSON values without the fields that are at their default."""
    return task.model_dump(mode="json", exclude_defaults=True)


def _id(task: Task, slug: str) -> str:
    digest = hashlib.sha256(canonical_json(task).encode()).hexdigest()[:HASH_LENGTH]
    room = ID_LENGTH - HASH_LENGTH - 1
    return f"{slug[:room].strip('-')}-{digest}"


def _learner_slug(task: LearnerTask) -> str:
    parts = [task.dataset.name[:12], ratio_slug(task.split.ratio), arch_slug(task.arch), _technique(task), f"s{task.seed}"]
    if task.fold:
        parts.append(f"f{task.fold.index}")
    return slugify("-".join(part for part in parts if part))


def _technique(task: LearnerTask) -> str:
    loss, sampling = task.train.loss, task.sampling
    if isinstance(loss, LogitAdjustment):
        name = "la"
    elif isinstance(loss, Focal | Ldam):
        name = loss.name if loss.weights == "none" else f"{loss.name}-{loss.weights}"
    else:
        name = "ce" if loss.weights == "none" else loss.weights
    if isinstance(sampling, TaskBalanced):
        return f"{name}-bal{sampling.threshold}"
    if isinstance(sampling, TaskBag):
        return f"{name}-bag{sampling.index}"
    return name if isinstance(sampling, AllSampling) else f"{name}-{sampling.rule}"


def _fusion_slug(task: FusionTask) -> str:
    return slugify(f"fusion-{task.dataset.name[:12]}-{ratio_slug(task.split.ratio)}-{len(task.members)}x")


def _ranking_slug(task: RankingTask) -> str:
    return slugify(f"ranking-{task.dataset.name[:12]}-{ratio_slug(task.split.ratio)}-{len(task.points)}p")


def ratio_slug(ratio: float | None) -> str:
    """A ratio as a label's value.

    >>> ratio_slug(0.02), ratio_slug(None)
    ('0.02', 'full')
    """
    return "full" if ratio is None else f"{ratio:g}"


def arch_slug(arch: str) -> str:
    """A short name of a network.

    >>> arch_slug("tf_efficientnet_lite0"), arch_slug("efficientnet_b0")
    ('lite0', 'b0')
    """
    return slugify(arch.removeprefix("tf_").removeprefix("efficientnet_"))


def slugify(text: str) -> str:
    """Lower-case letters, digits and single dashes: what a DNS-1123 label may hold.

    >>> slugify("r0.02_B0")
    'r0-02-b0'
    """
    return re.sub(r"-+", "-", re.sub(r"[^a-z0-9]+", "-", text.lower())).strip("-")
