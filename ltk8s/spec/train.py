"""How one learner is trained: loss, optimiser, schedule, sizes, augmentation. All of it decides the outcome."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, PositiveFloat, PositiveInt, field_validator, model_validator

from ltk8s.spec.base import Spec

UnitFraction = Annotated[float, Field(ge=0, lt=1)]
ImageSide = Annotated[int, Field(ge=8, le=2048)]
Interpolation = Literal["bilinear", "bicubic"]


class Weighted(Spec):
    """Class weights: w_c = 1/n_c (ins), 1/√n_c (isns) or (1−β)/(1−β^n_c) (ens, Cui et al. 2019).

    ``defer`` is the share of the duration after which they act (deferred re-weighting, Cao et al. 2019); before it all
    classes weigh the same.
    """

    weights: Literal["none", "ins", "isns", "ens"] = "none"
    beta: UnitFraction = 0.9999
    defer: UnitFraction = 0.0


class CrossEntropy(Weighted):
    """Cross entropy, weighted by class; ``label_smoothing`` spreads that share of each label over all classes."""

    name: Literal["cross-entropy"]
    label_smoothing: UnitFraction = 0.0


class Focal(Weighted):
    """Cross entropy times (1−p)^γ, p the right class's probability (Lin et al. 2017), weighted by class."""

    name: Literal["focal"]
    gamma: Annotated[float, Field(ge=0, le=10)] = 2.0


class LogitAdjustment(Spec):
    """Cross entropy of z + τ·log π (Menon et al. 2021); at τ = 1 the same as balanced softmax (Ren et al. 2020)."""

    name: Literal["logit-adjustment"]
    tau: Annotated[float, Field(ge=0, le=4)] = 1.0
    label_smoothing: UnitFraction = 0.0


class Ldam(Weighted):
    """Label-distribution-aware margins with deferred re-weighting, LDAM-DRW (Cao et al. 2019), on a cosine classifier.

    Margins are ∝ n_c^(−1/4), the rarest class's is ``max_margin``; logits are ``scale`` times the cosines.
    """

    name: Literal["ldam"]
    max_margin: Annotated[float, Field(ge=0, le=2)] = 0.5
    scale: Annotated[float, Field(gt=0, le=1000)] = 30.0
    weights: Literal["none", "ins", "isns", "ens"] = "ens"
    defer: UnitFraction = 0.8


Loss = Annotated[CrossEntropy | Focal | LogitAdjustment | Ldam, Field(discriminator="name")]


class Mixup(Spec):
    """Mix each batch with itself in reverse order, by timm: two images are blended with a share from Beta(``alpha``, ``alpha``)
    (mixup, Zhang et al. 2018), or a box of one is pasted into the other (CutMix, Yun et al. 2019). An α of 0 is never.

    ``prob`` is the share of batches that are mixed; with both α, ``switch_prob`` is CutMix's share of those.
    """

    alpha: Annotated[float, Field(ge=0)] = 0.2
    cutmix_alpha: Annotated[float, Field(ge=0)] = 0.0
    prob: Annotated[float, Field(ge=0, le=1)] = 1.0
    switch_prob: Annotated[float, Field(ge=0, le=1)] = 0.5


class Augment(Spec):
    """Augmentation, batched on the device: horizontal flip and a random crop.

    ``crop: padded`` shifts by up to ``padding`` of the side; ``resized`` cuts out an area of ``scale`` and resizes it.
    """

    flip: bool = True
    crop: Literal["none", "padded", "resized"] = "padded"
    padding: Annotated[float, Field(ge=0, le=0.5)] = 0.125
    scale: tuple[PositiveFloat, PositiveFloat] = (0.6, 1.0)

    @field_validator("scale")
    @classmethod
    def _ordered(cls, scale: tuple[float, float]) -> tuple[float, float]:
        if not scale[0] <= scale[1] <= 1:
            raise ValueError(f"the two areas must be in order and at most 1, not {scale[0]:g} and {scale[1]:g}")
        return scale


class Train(Spec):
    """The training recipe of one learner.

    ``image_size`` may be a list: the duration is then cut into as many equal parts, one size each (progressive resizing).
    ``eval_flip`` evaluates each image and its mirror image and averages the two logits (test-time augmentation).
    ``head_lr`` multiplies the learning rate of the classifier; ``layer_decay`` multiplies all others, once per block
    below the head.
    ``schedule``: after the warm-up a cosine to 0, or the peak until the last fifth and from there a line to 0.
    ``ema`` is the decay of an exponential moving average of the weights, which then is what is evaluated and kept; 0 is none.
    Duration is given in ``epochs`` or in ``steps``, never both; ``longer`` multiplies it (a profile leaves that alone).
    """

    loss: Loss = CrossEntropy(name="cross-entropy")
    epochs: PositiveInt | None = 10
    steps: PositiveInt | None = None
    longer: Annotated[int, Field(ge=1, le=100)] = 1
    batch_size: Annotated[int, Field(ge=2, le=8192)] = 64
    lr: PositiveFloat = 1e-3
    weight_decay: Annotated[float, Field(ge=0)] = 0.05
    warmup: UnitFraction = 0.1
    schedule: Literal["cosine", "warmup-stable-decay"] = "cosine"
    head_lr: PositiveFloat = 1.0
    layer_decay: Annotated[float, Field(gt=0, le=1)] = 1.0
    clip: PositiveFloat = 1.0
    image_size: ImageSide | Annotated[tuple[ImageSide, ...], Field(min_length=1, max_length=16)] = 224
    eval_size: ImageSide | None = None
    eval_flip: bool = False
    interpolation: Interpolation = "bilinear"
    augment: Augment = Augment()
    mixup: Mixup | None = None
    ema: UnitFraction = 0.0
    freeze_bn: bool = False
    precision: Literal["fp32", "bf16"] = "fp32"
    eval_precision: Literal["fp32", "bf16"] = "fp32"

    @model_validator(mode="before")
    @classmethod
    def _steps_replace_the_default_epochs(cls, value: Any) -> Any:
        if isinstance(value, dict) and value.get("steps") is not None and "epochs" not in value:
            return {**value, "epochs": None}
        return value

    @model_validator(mode="after")
    def _one_duration(self) -> Train:
        if (self.epochs is None) == (self.steps is None):
            raise ValueError("give the duration either in epochs or in steps")
        return self

    @model_validator(mode="after")
    def _mixable(self) -> Train:
        if self.mixup and isinstance(self.loss, Ldam):
            raise ValueError("mixup gives an image two classes, and ldam's margin needs one")
        if self.mixup and self.batch_size % 2:
            raise ValueError("mixup pairs the images of a batch: batch_size must be even")
        return self

    def batch_on(self, images: int) -> int:
        """The batch size on ``images`` training images: not more than there are, and even where a batch is mixed."""
        size = min(self.batch_size, images)
        return size - size % 2 if self.mixup and size > 1 else size

    def steps_on(self, images: int) -> int:
        """The duration in steps; an epoch's last partial batch is dropped unless it is the only one."""
        once = self.steps or (self.epochs or 0) * max(1, images // self.batch_on(images))
        return once * self.longer

    @property
    def sizes(self) -> tuple[int, ...]:
        """The training sizes in order, one for each equal part of the duration."""
        return self.image_size if isinstance(self.image_size, tuple) else (self.image_size,)

    @property
    def final_size(self) -> int:
        """The side in pixels at which the learner is evaluated."""
        return self.eval_size or self.sizes[-1]
