import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ltk8s.data.prior import class_weights, correction, log_prior, margins, seen_log_prior
from ltk8s.data.sampler import POWERS, shown
from ltk8s.data.split import tail_counts
from ltk8s.spec.train import CrossEntropy, Focal, Ldam, LogitAdjustment

counts_of_classes = st.lists(st.integers(1, 500), min_size=2, max_size=50)


@given(counts_of_classes)
def test_ens_stays_within_2_5_percent_of_ins_up_to_500_images(counts):
    relative = class_weights(counts, "ens", 0.9999) / class_weights(counts, "ins")
    assert relative.max() / relative.min() < 1.0252  # at 1 and 500 images


@pytest.mark.parametrize("ratio", [0.1, 0.02, 0.005])
def test_ens_and_ins_nearly_coincide_in_the_report(ratio):
    counts = tail_counts([500] * 50, ratio)
    assert class_weights(counts, "ens") == pytest.approx(class_weights(counts, "ins"), rel=0.025)


@given(counts_of_classes, st.sampled_from(["none", "ins", "isns", "ens"]))
def test_weights_have_mean_1(counts, rule):
    assert class_weights(counts, rule).mean() == pytest.approx(1)


@pytest.mark.parametrize(("rule", "power"), [("none", 0), ("ins", -1), ("isns", -0.5)])
def test_weights_are_powers_of_the_counts(rule, power):
    weights = class_weights([400, 100, 25], rule)
    assert weights / weights[0] == pytest.approx([1, 4**-power, 16**-power])


def test_beta_0_weighs_every_class_the_same():
    assert class_weights([500, 5], "ens", 0.0).tolist() == [1, 1]


def test_a_class_without_images_weighs_nothing():
    assert class_weights([10, 0, 10], "ins").tolist() == [1, 0, 1]


@given(counts_of_classes)
def test_priors_are_probabilities(counts):
    for loss in (CrossEntropy(name="cross-entropy", weights="isns"), LogitAdjustment(name="logit-adjustment", tau=0.5)):
        assert np.exp(seen_log_prior(counts, loss)).sum() == pytest.approx(1)


@pytest.mark.parametrize(
    "loss", [CrossEntropy(name="cross-entropy", weights="ins"), LogitAdjustment(name="logit-adjustment")], ids=["ins", "la"]
)
def test_nothing_is_left_to_correct_after_ins_and_logit_adjustment(loss):
    assert seen_log_prior(tail_counts([500] * 50, 0.02), loss) == pytest.approx(np.full(50, -np.log(50)))


def test_plain_cross_entropy_sees_the_counts():
    assert seen_log_prior([30, 10], CrossEntropy(name="cross-entropy")) == pytest.approx(np.log([0.75, 0.25]))


def test_isns_leaves_half_of_the_log_counts():
    left = seen_log_prior([400, 100], CrossEntropy(name="cross-entropy", weights="isns"))
    assert left[0] - left[1] == pytest.approx(np.log(4) / 2)


def test_a_class_without_images_counts_as_half_a_one():
    assert np.exp(log_prior([1, 0])) == pytest.approx([2 / 3, 1 / 3])


@pytest.mark.parametrize("weights", ["none", "ens"])
def test_ldam_is_taken_as_having_no_prior(weights):
    assert seen_log_prior([400, 100], Ldam(name="ldam", weights=weights)) == pytest.approx(np.log([0.5, 0.5]))


@pytest.mark.parametrize(("rule", "left"), [("class-aware", 0), ("square-root", 0.5)])
def test_a_sampler_leaves_its_power_of_the_log_counts(rule, left):
    counts = tail_counts([500] * 50, 0.02)
    log = seen_log_prior(shown(counts, POWERS[rule]), CrossEntropy(name="cross-entropy"))
    assert log - log[0] == pytest.approx(left * (np.log(counts) - np.log(counts[0])), abs=1e-12)


def test_sampler_and_weights_multiply():
    log = seen_log_prior(shown([400, 100], 0.5), CrossEntropy(name="cross-entropy", weights="ins"))
    assert log == pytest.approx(np.log([0.5, 0.5]))


def test_focal_loss_carries_the_prior_of_its_weights():
    assert seen_log_prior([30, 10], Focal(name="focal")) == pytest.approx(np.log([0.75, 0.25]))
    assert seen_log_prior([30, 10], Focal(name="focal", weights="ins")) == pytest.approx(np.log([0.5, 0.5]))


def test_margins_are_the_counts_to_the_power_of_minus_a_quarter():
    assert margins([1296, 81, 16], 0.5) == pytest.approx([1 / 6, 1 / 3, 1 / 2])
    assert margins([16, 0], 0.5).tolist() == [0.5, 0.5]


def test_a_correction_replaces_the_prior_that_was_seen_by_the_target():
    plain, target = CrossEntropy(name="cross-entropy"), np.log([0.2, 0.8])
    assert correction([30, 10], plain, target=target) == pytest.approx(np.log([0.2 / 0.75, 0.8 / 0.25]))
    assert correction([30, 10], plain).tolist() == [0, 0]


def test_post_hoc_adjustment_takes_off_tau_times_the_log_prior_whatever_the_loss():
    for loss in (CrossEntropy(name="cross-entropy", weights="ins"), LogitAdjustment(name="logit-adjustment")):
        assert correction([30, 10], loss, tau=0.5) == pytest.approx(-0.5 * np.log([0.75, 0.25]))
