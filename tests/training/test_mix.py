"""Mixup and CutMix: whatever timm draws is a function of seed and step."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from ltk8s.spec.train import Mixup
from ltk8s.training.mix import Mixer

LABELS = torch.tensor([0, 1, 2, 1])


def images() -> torch.Tensor:
    return torch.arange(4.0).view(4, 1, 1, 1).expand(4, 3, 8, 8).clone()  # image i is all i


def mixed(step: int = 0, seed: int = 0, **mixup: float) -> tuple[torch.Tensor, torch.Tensor]:
    return Mixer(Mixup(**mixup), 3, seed)(images(), LABELS, step)


def test_mixup_blends_images_and_labels_by_the_same_share() -> None:
    batch, shares = mixed(alpha=1.0)
    share = shares[0, 0].item()  # the first image's label is 0, its partner's, the last one's, is 1
    assert 0 < share < 1
    assert shares.tolist() == [
        pytest.approx([share, 1 - share, 0]),
        pytest.approx([0, share, 1 - share]),
        pytest.approx([0, 1 - share, share]),
        pytest.approx([1 - share, share, 0]),
    ]
    for i in range(4):
        torch.testing.assert_close(batch[i], torch.full((3, 8, 8), share * i + (1 - share) * (3 - i)))


def test_cutmix_pastes_a_box_whose_area_is_the_partners_share() -> None:
    batch, shares = mixed(step=1, alpha=0, cutmix_alpha=1.0)
    pasted = (batch[0] == 3.0).float().mean().item()
    assert set(batch[0].unique().tolist()) <= {0.0, 3.0}
    assert shares[0].tolist() == pytest.approx([1 - pasted, pasted, 0])


def test_a_step_mixes_the_same_whatever_came_before() -> None:
    mixer = Mixer(Mixup(alpha=1.0), 3, 0)
    later = [mixer(images(), LABELS, step)[0] for step in range(4)][3]
    assert torch.equal(later, mixed(step=3, alpha=1.0)[0])
    assert not torch.equal(later, mixed(step=2, alpha=1.0)[0])
    assert not torch.equal(later, mixed(step=3, seed=1, alpha=1.0)[0])


def test_numpys_global_generator_is_left_alone() -> None:
    np.random.seed(5)
    before = np.random.get_state()[1].tolist()
    mixed(alpha=1.0)
    assert np.random.get_state()[1].tolist() == before


def test_a_share_of_the_batches_is_left_unmixed() -> None:
    whole = sum(torch.equal(mixed(step, alpha=1.0, prob=0.25)[0], images()) for step in range(200))
    assert 120 < whole < 180
