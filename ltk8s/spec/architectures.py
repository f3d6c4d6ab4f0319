"""The networks that ltk8s knows by name: those of the study. Any other timm network works once its weights are staged."""

from __future__ import annotations

KNOWN = (
    "tf_efficientnet_lite0",
    "tf_efficientnet_lite1",
    "tf_efficientnet_lite2",
    "tf_efficientnet_lite4",
    "efficientnet_b0",
    "efficientnet_b1",
    "efficientnet_b2",
    "efficientnet_b4",
    "resnet34",
    "resnet34d",
    "resnet50",
    "resnet50d",
    "densenet121",
)
