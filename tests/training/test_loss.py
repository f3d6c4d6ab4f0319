"""The losses against their formulas."""

from __future__ import annotations

import math

import pytest
import torch
import torch.nn.functional as F  # noqa: N812

from ltk8s.spec.train import CrossEntropy, Focal, Ldam, LogitAdjustment
from ltk8s.training.loss import make_loss

COUNTS = (90, 9, 1)
LOGITS = torch.tensor([[2.0, 1.0, 0.0], [0.5, 0.5, 0.5], [-1.0, 0.0, 3.0], [1.0, 2.0, 0.0]])
LABELS = torch.tensor([0, 1, 2, 0])


def plain():
    """−log p of the right class, for each image."""
    return -LOGITS.log_softmax(1)[torch.arange(4), LABELS]


def test_cross_entropy_is_the_mean():
    assert make_loss(CrossEntropy(name="cross-entropy"), COUNTS)(LOGITS, LABELS) == pytest.approx(plain().mean().item())


def test_weighted_cross_entropy_is_a_weighted_mean():
    w = torch.tensor([1 / 90, 1 / 9, 1.0])[LABELS]
    loss = make_loss(CrossEntropy(name="cross-entropy", weights="ins"), COUNTS)(LOGITS, LABELS)
    assert loss == pytest.approx(((w * plain()).sum() / w.sum()).item())


def test_logit_adjustment_adds_the_log_prior():
    prior = torch.tensor([0.9, 0.09, 0.01])
    adjusted = -(LOGITS + prior.log()).log_softmax(1)[torch.arange(4), LABELS]
    assert make_loss(LogitAdjustment(name="logit-adjustment"), COUNTS)(LOGITS, LABELS) == pytest.approx(adjusted.mean().item())


def test_logit_adjustment_by_tau_0_is_cross_entropy():
    loss = make_loss(LogitAdjustment(name="logit-adjustment", tau=0), COUNTS)
    assert loss(LOGITS, LABELS) == pytest.approx(plain().mean().item())


def test_a_loss_has_no_state_to_keep():
    assert not make_loss(LogitAdjustment(name="logit-adjustment"), COUNTS).state_dict()


def softmax(row):
    total = sum(math.exp(z) for z in row)
    return [math.exp(z) / total for z in row]


ROWS = LOGITS.tolist()
W = [1 / 90, 1 / 9, 1.0]


def test_focal_loss_by_hand():
    p = [softmax(row)[label] for row, label in zip(ROWS, LABELS.tolist(), strict=True)]
    w = [W[label] for label in LABELS.tolist()]
    expected = sum(w_i * (1 - p_i) ** 2 * -math.log(p_i) for w_i, p_i in zip(w, p, strict=True)) / sum(w)
    loss = make_loss(Focal(name="focal", gamma=2, weights="ins"), COUNTS)
    assert loss(LOGITS, LABELS).item() == pytest.approx(expected)


def test_focal_loss_with_gamma_0_is_cross_entropy():
    loss = make_loss(Focal(name="focal", gamma=0), COUNTS)
    assert loss(LOGITS, LABELS).item() == pytest.approx(plain().mean().item())


@pytest.mark.parametrize("gamma", [0.5, 1, 2])
def test_focal_loss_has_a_slope_where_the_network_is_certain(gamma):
    logits = torch.tensor([[200.0, 0.0, 0.0]], requires_grad=True)
    make_loss(Focal(name="focal", gamma=gamma), COUNTS)(logits, torch.tensor([0])).backward()
    assert logits.grad is not None
    assert logits.grad.abs().max() < 1e-6


def test_label_smoothing_in_weighted_form_by_hand():
    smoothing, numerator, denominator = 0.1, 0.0, 0.0
    for row, label in zip(ROWS, LABELS.tolist(), strict=True):
        log_p = [math.log(p) for p in softmax(row)]
        target = [smoothing / 3 + (1 - smoothing) * (c == label) for c in range(3)]
        numerator += sum(W[c] * target[c] * -log_p[c] for c in range(3))
        denominator += W[label]
    loss = make_loss(CrossEntropy(name="cross-entropy", weights="ins", label_smoothing=smoothing), COUNTS)
    assert loss(LOGITS, LABELS).item() == pytest.approx(numerator / denominator)
    assert loss(LOGITS, F.one_hot(LABELS, 3).float()).item() == pytest.approx(numerator / denominator)


@pytest.mark.parametrize(
    "loss",
    [
        CrossEntropy(name="cross-entropy", weights="ens"),
        CrossEntropy(name="cross-entropy", weights="isns", label_smoothing=0.2),
        LogitAdjustment(name="logit-adjustment", label_smoothing=0.1),
        Focal(name="focal", weights="ins"),
    ],
)
def test_whole_shares_are_labels(loss):
    loss = make_loss(loss, COUNTS)
    assert loss(LOGITS, F.one_hot(LABELS, 3).float()).item() == pytest.approx(loss(LOGITS, LABELS).item())


def test_a_mixed_image_counts_for_both_classes_by_their_shares_and_weights():
    # One image, 3/4 of class 0 (weight 1) and 1/4 of class 2 (weight 90), all logits equal but class 2's.
    logits, shares = torch.tensor([[0.0, 0.0, 1.0]]), torch.tensor([[0.75, 0.0, 0.25]])
    log_p = [math.log(p) for p in softmax([0.0, 0.0, 1.0])]
    expected = -(0.75 * log_p[0] + 0.25 * 90 * log_p[2]) / (0.75 + 0.25 * 90)
    loss = make_loss(CrossEntropy(name="cross-entropy", weights="ins"), COUNTS)
    assert loss(logits, shares).item() == pytest.approx(expected)


def test_ldam_lowers_the_right_classs_logit_by_its_margin_by_hand():
    # n^(−1/4) of 1296, 81 and 16 images are 1/6, 1/3 and 1/2: margins of .5/3, 1/3 and .5, times 30.
    margin = [5.0, 10.0, 15.0]
    expected = 0.0
    for row, label in zip(ROWS, LABELS.tolist(), strict=True):
        lowered = [z - (margin[label] if c == label else 0) for c, z in enumerate(row)]
        expected -= math.log(softmax(lowered)[label]) / 4
    loss = make_loss(Ldam(name="ldam", weights="none"), (1296, 81, 16))
    assert loss(LOGITS, LABELS).item() == pytest.approx(expected)


@pytest.mark.parametrize("kind", [CrossEntropy, Focal, Ldam])
def test_deferred_weights_act_from_their_share_of_the_duration_on(kind):
    name = {CrossEntropy: "cross-entropy", Focal: "focal", Ldam: "ldam"}[kind]
    deferred = make_loss(kind(name=name, weights="ins", defer=0.8), COUNTS)
    without, at_once = (make_loss(kind(name=name, weights=w, defer=0), COUNTS) for w in ("none", "ins"))
    steps = 35
    for step in range(steps):
        same = at_once if step >= 28 else without
        assert deferred(LOGITS, LABELS, step / steps) == same(LOGITS, LABELS)
