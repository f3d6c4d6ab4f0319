"""Networks small enough to compute in a blink, with one thread."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from ltk8s.network.backbone import build
from ltk8s.network.device import set_threads


@pytest.fixture(autouse=True)
def _one_thread() -> None:
    set_threads(1)


@pytest.fixture
def network() -> torch.nn.Module:
    """timm's smallest network with 5 classes, always with the same random weights."""
    torch.manual_seed(0)
    return build("test_efficientnet", 5, None)


@pytest.fixture(scope="session")
def images() -> NDArray[np.uint8]:
    """Twenty images of noise, 12 × 12."""
    return np.random.default_rng(0).integers(0, 256, (20, 12, 12, 3), dtype=np.uint8)
