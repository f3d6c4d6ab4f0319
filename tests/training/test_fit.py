"""What is written down while a learner trains."""

from __future__ import annotations

import time

import numpy as np
import pytest
import torch

from ltk8s.network.backbone import build
from ltk8s.network.preprocess import Preprocess
from ltk8s.spec.train import CrossEntropy
from ltk8s.training.batches import Batches
from ltk8s.training.curve import Curve
from ltk8s.training.fit import Diary, fit, restore
from ltk8s.training.loss import make_loss
from ltk8s.training.module import LearnerModule
from ltk8s.training.pixels import Pixels
from ltk8s.training.resume import NEEDED, ResumeKeeper
from ltk8s.training.schedule import Schedule

CPU = torch.device("cpu")
LABELS = np.arange(40) % 3


class Collecting(ResumeKeeper):
    """Remembers each state that it is given."""

    def __init__(self, store, id):
        super().__init__(store, id)
        self.states = []

    def keep(self, state):
        self.states.append(state)
        super().keep(state)


@pytest.fixture
def train(store, make_task, contexts):
    """Trains 15 steps in 3 epochs, from a state where one is given; returns the diary and the module."""

    def run(earlier=None, **options):
        task = make_task()
        images = np.random.default_rng(0).integers(0, 256, (len(LABELS), 16, 16, 3), dtype=np.uint8)
        schedule, curve = Schedule.of(task.train, len(LABELS)), Curve(CPU)
        torch.manual_seed(0)
        module = LearnerModule(
            build(task.arch, 3, None),
            make_loss(CrossEntropy(name="cross-entropy"), (1, 1, 1)),
            Preprocess((0.5,) * 3, (0.5,) * 3, 16, "bilinear"),
            task.train,
            schedule,
            seed=0,
            on_step=curve.add,
        )
        if earlier:
            restore(module, curve, earlier)
        keeper = Collecting(store, task.id)
        diary = Diary(contexts(store, task), module, curve, keeper, began=time.monotonic(), earlier=earlier, **options)
        fit(module, Batches(Pixels(images, np.arange(40), CPU), LABELS, schedule, seed=0, start=diary.start), diary, CPU)
        return diary, module

    return run


def test_a_state_is_kept_at_each_epochs_end(train):
    diary, _ = train()
    assert [state["step"] for state in diary.keeper.states] == [5, 10, 15]


def test_a_state_holds_what_is_needed_to_go_on(train):
    diary, _ = train()
    assert diary.keeper.states[0].keys() == NEEDED


def test_a_state_is_kept_within_an_epoch_that_is_long(train):
    diary, _ = train(keep_every=0)
    assert [state["step"] for state in diary.keeper.states] == list(range(1, 16))


def test_from_any_state_training_ends_the_same(train):
    diary, module = train(keep_every=0)
    for state in diary.keeper.states:
        again, other = train(earlier=state)
        assert all(torch.equal(a, b) for a, b in zip(module.state_dict().values(), other.state_dict().values(), strict=True))
        assert again.curve.points() == diary.curve.points()


def test_time_and_attempts_add_up(train):
    first, _ = train(keep_every=0)
    state = {**first.keeper.states[6], "seconds": 1000.0, "train_seconds": 900.0}
    second, _ = train(earlier=state)
    assert (first.attempts, second.attempts) == (1, 2)
    assert 1000 < second.seconds < 1100
    assert 900 < second.train_seconds < 1000


def test_progress_says_how_far_it_is(train):
    diary, _ = train()
    said = diary.context.progress._fields
    assert (said["step"], said["steps"], said["epoch"], said["epochs"], said["eta_seconds"]) == (15, 15, 3.0, 3.0, 0.0)
    assert said["images_per_second"] > 0
    assert 0 <= said["accuracy"] <= 1


def test_nothing_is_trained_where_all_is_done(train):
    done, module = train()
    diary, other = train(earlier=done.keeper.states[-1])
    assert not diary.keeper.states
    assert torch.equal(module.network.classifier.weight, other.network.classifier.weight)
