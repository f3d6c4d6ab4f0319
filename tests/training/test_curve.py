"""The training curve, and the first step that went wrong."""

from __future__ import annotations

import pytest
import torch

from ltk8s.errors import TaskError
from ltk8s.training.curve import Curve, Point, summary, to_csv

CPU = torch.device("cpu")
RIGHT = torch.tensor([[1.0, 0.0]])
LABEL = torch.tensor([0])


def add(curve, step, loss, images=1, right=True):
    labels = torch.full((images,), 0 if right else 1)
    curve.add(step, torch.tensor(loss), RIGHT.expand(images, -1), labels)


def mark(curve, step):
    curve.mark(step=step, epoch=step / 10, size=32, lr=0.1)


def test_a_point_is_the_mean_since_the_one_before():
    curve = Curve(CPU)
    add(curve, 0, 1.0)
    add(curve, 1, 4.0, images=3, right=False)
    mark(curve, 2)
    add(curve, 2, 7.0)
    mark(curve, 3)
    assert curve.points() == [
        Point(2, 0.2, 32, 0.1, loss=3.25, accuracy=0.25, images=4, plain_loss=pytest.approx((0.3132617 + 3 * 1.3132617) / 4)),
        Point(3, 0.3, 32, 0.1, loss=7.0, accuracy=1.0, images=1, plain_loss=pytest.approx(0.3132617)),
    ]


def test_names_the_first_step_that_is_not_finite():
    curve = Curve(CPU)
    for step, loss in enumerate([1.0, 2.0, float("inf"), 1.0, float("nan")]):
        add(curve, step, loss)
    with pytest.raises(TaskError, match=r"not finite at step 2\."):
        curve.check()


def test_a_bad_step_stays_noticed_after_a_point():
    curve = Curve(CPU)
    add(curve, 0, float("nan"))
    mark(curve, 1)
    add(curve, 1, 1.0)
    with pytest.raises(TaskError, match="step 0"):
        curve.points()


def test_the_latest_covers_the_last_point_and_what_came_after():
    curve = Curve(CPU)
    for step, loss in enumerate([9.0, 1.0, 3.0]):
        add(curve, step, loss)
        if step < 2:
            mark(curve, step + 1)
    assert curve.latest() == (2.0, 1.0)


def test_goes_on_from_its_state():
    first, second = Curve(CPU), Curve(CPU)
    for curve in (first, second):
        add(curve, 0, 1.0)
        mark(curve, 1)
        add(curve, 1, 0.1)
        add(curve, 1, 1000.0)  # no float32 is the sum of both
    third = Curve(CPU)
    third.restore(second.state())
    for curve in (first, third):
        add(curve, 2, 5.0)
        mark(curve, 3)
    assert third.points() == first.points()


def test_a_summary_counts_images():
    points = [Point(1, 1, 32, 0.1, loss=1.0, accuracy=0.0, images=3), Point(2, 2, 32, 0.1, loss=5.0, accuracy=1.0, images=1)]
    assert summary(points) == {"loss": 2.0, "accuracy": 0.25}


def test_as_csv():
    assert to_csv([Point(1, 0.5, 32, 0.1, 2.0, 0.25, 8, 1.5), Point(2, 1.0, 32, 0.1, 2.0, 0.25, 8)]) == (
        b"step,epoch,size,lr,loss,accuracy,images,plain_loss\n1,0.5,32,0.1,2.0,0.25,8,1.5\n2,1.0,32,0.1,2.0,0.25,8,\n"
    )


def test_a_point_that_an_earlier_version_began_has_no_plain_loss():
    curve = Curve(CPU)
    curve.restore({"points": [], "sums": torch.tensor([3.0, 1.0, 1.0], dtype=torch.float64)})
    add(curve, 1, 5.0)
    mark(curve, 2)
    add(curve, 2, 5.0)
    mark(curve, 3)
    first, second = curve.points()
    assert (first.loss, first.images, first.plain_loss) == (4.0, 2, None)
    assert second.plain_loss == pytest.approx(0.3132617)
