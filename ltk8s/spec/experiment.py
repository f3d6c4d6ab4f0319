"""What a person writes: an experiment is a data set, a technique, learners and how they are fused."""

from __future__ import annotations

import re
import unicodedata
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, PositiveFloat, PositiveInt, field_validator, model_validator

from ltk8s.spec.base import Spec, Text
from ltk8s.spec.train import Train

Ratio = Annotated[float, Field(gt=0, le=1)] | Literal["full"]
"""The smallest class's size over the largest's, or ``full`` for all images as they are."""

Threshold = PositiveFloat
"""Images per class: up to 1 a fraction of the largest class, above 1 a count."""

MOST_LETTERS = 40
_NAME = re.compile(rf"[a-z0-9]([a-z0-9-]{{0,{MOST_LETTERS - 2}}}[a-z0-9])?")
_AMOUNT = re.compile(r"[1-9][0-9]*(Mi|Gi)")


def check_dataset_name(name: str) -> str:
    """Return a data set's name; it becomes a part of names in Kubernetes.

    Raises:
        ValueError: saying what a name is, with one that is near.

    >>> check_dataset_name("Birds_2024")
    Traceback (most recent call last):
    ValueError: a name has lower-case letters, digits and dashes, at most 40: birds-2024
    """
    if not _NAME.fullmatch(name):
        raise ValueError(f"a name has lower-case letters, digits and dashes, at most {MOST_LETTERS}: {_near(name)}")
    return name


def _near(name: str) -> str:
    letters = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    return re.sub("[^a-z0-9]+", "-", letters).strip("-")[:MOST_LETTERS].strip("-") or "birds-2024"


def _amount(text: str) -> str:
    if not _AMOUNT.fullmatch(text):
        raise ValueError("an amount of memory is whole Mi or Gi, as in 16Gi")
    return text


Name = Annotated[Text, AfterValidator(check_dataset_name)]
Memory = Annotated[Text, AfterValidator(_amount)]


class Dataset(Spec):
    """A staged data set and the long tail to cut from it; ``split_seed`` draws which images stay.

    ``fingerprint`` (or its beginning) pins the content; without it the version staged last is meant.
    """

    name: Name
    fingerprint: Text | None = None
    ratio: Ratio = "full"
    split_seed: Annotated[int, Field(ge=0)] = 0


class AllSampling(Spec):
    """Every training image once per epoch."""

    rule: Literal["all"]


class BalancedSampling(Spec):
    """Artificial balancing: every class is cut down or repeated to ``threshold`` images.

    ``equal_steps`` trains for as many steps as an epoch of all images has, not of the balanced ones (equal compute).
    """

    rule: Literal["balanced"]
    threshold: Threshold = 0.6
    equal_steps: bool = False


class BagSampling(Spec):
    """Balanced bagging: each learner becomes one per bag; all minority images, and a share of the majority's, in each.

    ``equal_steps`` trains each for as many steps as an epoch of all images has, not of its bag's (equal compute).
    """

    rule: Literal["bags"]
    threshold: Threshold = 0.24
    equal_steps: bool = False


class ClassAwareSampling(Spec):
    """Every class is shown equally often in an epoch of as many images, drawn anew each epoch (Shen et al. 2016)."""

    rule: Literal["class-aware"]


class SquareRootSampling(Spec):
    """Every class is shown ∝ √n_c times in an epoch of as many images, drawn anew each epoch (Mahajan et al. 2018)."""

    rule: Literal["square-root"]


Sampling = Annotated[
    AllSampling | BalancedSampling | BagSampling | ClassAwareSampling | SquareRootSampling, Field(discriminator="rule")
]


class Learner(Spec):
    """One network, by its timm name."""

    arch: Text


class Fusion(Spec):
    """How the members' outputs become one prediction.

    ``prior_correction`` subtracts the log of the prior that each member saw in training and adds ``target_prior``'s:
    uniform, that of the training set, or one probability for each class. ``logit_adjustment`` is post-hoc logit adjustment's
    τ: τ·log π is subtracted, π the classes' share of what the member was shown, whatever its loss (Menon et al. 2021).
    ``temperature`` divides the logits first. Two change the networks that are evaluated: ``tau_norm`` divides each class's
    weight vector by its norm to the power τ and drops the bias (Kang et al. 2020); ``flip`` averages an image's logits with its
    mirror image's.
    """

    rule: Literal["mean-probability", "mean-logit"] = "mean-probability"
    prior_correction: bool = False
    target_prior: Literal["uniform", "train"] | dict[str, PositiveFloat] = "uniform"
    logit_adjustment: Annotated[float, Field(ge=0, le=4)] = 0.0
    temperature: Annotated[float, Field(gt=0, le=100)] = 1.0
    tau_norm: Annotated[float, Field(ge=0, le=4)] = 0.0
    flip: bool = False

    @field_validator("target_prior")
    @classmethod
    def _sums_to_one(cls, prior: str | dict[str, float]) -> str | dict[str, float]:
        if isinstance(prior, dict) and abs(sum(prior.values()) - 1) > 1e-6:
            raise ValueError(f"the probabilities must sum to 1, not {sum(prior.values()):.6g}")
        return prior

    @model_validator(mode="after")
    def _one_correction(self) -> Fusion:
        if self.prior_correction and self.logit_adjustment:
            raise ValueError("prior_correction and logit_adjustment both subtract the prior: give one of them")
        return self


class Resources(Spec):
    """What one Job asks of the cluster. It never changes the outcome, except that ``cpu`` is the number of threads."""

    cpu: PositiveInt = 4
    memory: Memory = "16Gi"
    gpu: Annotated[int, Field(ge=0)] = 0
    shm: Memory = "1Gi"
    deadline_seconds: PositiveInt | None = None
    retries: Annotated[int, Field(ge=0, le=100)] = 3


class Experiment(Spec):
    """A named spec: one column of the results table."""

    title: Annotated[Text, Field(min_length=1, max_length=80)]
    dataset: Dataset
    sampling: Sampling = AllSampling(rule="all")
    train: Train = Train()
    learners: Annotated[tuple[Learner, ...], Field(min_length=1, max_length=64)]
    fusion: Fusion = Fusion()
    seed: Annotated[int, Field(ge=0, lt=1000)] = 0
    resources: Resources = Resources()
