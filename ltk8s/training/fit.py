"""Training from a step to the end: points of the curve, progress, resume states, and leaving when told to."""

from __future__ import annotations

import logging
import time
import warnings
from typing import Any

import pytorch_lightning as pl
import torch

from ltk8s.network.context import WorkContext
from ltk8s.training.batches import Batch, Batches
from ltk8s.training.curve import Curve
from ltk8s.training.module import LearnerModule, trainer
from ltk8s.training.resume import ResumeKeeper, State

CHECK_EVERY_STEPS = 50
REPORT_EVERY_SECONDS = 1.0
KEEP_EVERY_SECONDS = 300.0
KEEP_AT_MOST_SECONDS = 45.0
"""How long a stop waits for its state to be written; a pod is given 60 s to leave."""

logger = logging.getLogger(__name__)
logging.getLogger("pytorch_lightning").setLevel(logging.WARNING)


def fit(module: LearnerModule, batches: Batches, diary: Diary, device: torch.device) -> None:
    """Train ``module`` on ``batches``, which may be none any more.

    Raises:
        TaskError: if a loss is not finite.
        Stopped: after SIGTERM, when the state after the current step is in the store.
    """
    if len(batches) == 0:
        return
    with diary.context.stopping.deferred(), warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=".*LeafSpec", category=FutureWarning)  # what Lightning says about itself
        trainer(device, module.train_spec.clip, [diary]).fit(module, batches)


class Diary(pl.Callback):
    """What is written down while a learner trains: ``seconds`` of training, the curve, progress, and resume states.

    Args:
        context: where progress goes, and whether to stop.
        module: what is trained.
        curve: what ``module`` adds its steps to.
        keeper: writes resume states.
        began: when this attempt began (``time.monotonic``).
        earlier: the resume state that this attempt goes on from, if any.
        keep_every: seconds after which a state is kept though the epoch is not over.
    """

    def __init__(
        self,
        context: WorkContext,
        module: LearnerModule,
        curve: Curve,
        keeper: ResumeKeeper,
        *,
        began: float,
        earlier: State | None = None,
        keep_every: float = KEEP_EVERY_SECONDS,
    ) -> None:
        self.context = context
        self.module = module
        self.schedule = module.schedule
        self.curve = curve
        self.keeper = keeper
        earlier = earlier or {"step": 0, "attempts": 0, "train_seconds": 0.0, "seconds": 0.0}
        self.start: int = earlier["step"]
        self.attempts: int = earlier["attempts"] + 1
        self._began: float = began - earlier["seconds"]
        self._keep_every = keep_every
        self._train_began = began
        self.train_seconds: float = earlier["train_seconds"]
        self._earlier_train_seconds = self.train_seconds
        self._reported = self._kept = began

    @property
    def seconds(self) -> float:
        """Seconds of this and all earlier attempts, as far as their work was kept."""
        return time.monotonic() - self._began

    def on_train_start(self, trainer: pl.Trainer, module: pl.LightningModule) -> None:
        self.context.stopping.install()  # Lightning's own handler would leave before the state is kept
        self._train_began = self._kept = time.monotonic()

    def on_train_batch_end(self, trainer: pl.Trainer, module: Any, outputs: Any, batch: Batch, batch_idx: int) -> None:
        done = batch.step + 1
        now = time.monotonic()
        self.train_seconds = self._earlier_train_seconds + now - self._train_began
        if self.schedule.ends_row(done):
            self.mark(batch.step)
        if done % CHECK_EVERY_STEPS == 0 or done == self.schedule.steps:
            self.curve.check()
        if now - self._reported >= REPORT_EVERY_SECONDS or done == self.schedule.steps:
            self.report(done)
            self._reported = now
        if self.context.stopping.asked:
            self.keep(done)
            self.keeper.flush(KEEP_AT_MOST_SECONDS)
            self.context.check()
        if self.schedule.ends_epoch(done) or now - self._kept >= self._keep_every:
            self.keep(done)
            self._kept = now
        if self.schedule.ends_epoch(done):
            logger.info("Step %d of %d: loss %.4f, accuracy %.4f.", done, self.schedule.steps, *self.curve.latest())

    def mark(self, step: int) -> None:
        """Add a point to the curve."""
        self.curve.mark(
            step=step + 1,
            epoch=(step + 1) / self.schedule.steps_per_epoch,
            size=self.schedule.size(step),
            lr=self.module.train_spec.lr * self.schedule.lr_factor(step),
        )

    def report(self, done: int) -> None:
        """Say how far it is. The time left follows the pixels left, since sizes may grow."""
        loss, accuracy = self.curve.latest()
        seconds = time.monotonic() - self._train_began
        work = self.schedule.work(self.start, done)
        self.context.progress.update(
            phase="training",
            step=done,
            steps=self.schedule.steps,
            epoch=done / self.schedule.steps_per_epoch,
            epochs=self.schedule.epochs,
            images_per_second=(done - self.start) * self.schedule.batch_size / seconds,
            eta_seconds=seconds * self.schedule.work(done, self.schedule.steps) / work,
            loss=loss,
            accuracy=accuracy,
        )

    def keep(self, done: int) -> None:
        """Keep the state after ``done`` steps."""
        self.keeper.keep(
            {
                "task": self.context.task.id,
                "step": done,
                "attempts": self.attempts,
                "seconds": self.seconds,
                "train_seconds": self.train_seconds,
                "curve": self.curve.state(),
                "network": snapshot(self.module.network.state_dict()),
                "optimizer": snapshot(self.module.optimizer.state_dict()),
                "average": snapshot(self.module.average.parameters if self.module.average else []),
            }
        )


def restore(module: LearnerModule, curve: Curve, state: State) -> None:
    """Put network, its average, optimiser and curve into a kept state."""
    module.network.load_state_dict(state["network"])
    module.optimizer.load_state_dict(state["optimizer"])
    if module.average:
        module.average.restore(state["average"])
    curve.restore(state["curve"])


def snapshot(value: Any) -> Any:
    """A copy of a state dict on the CPU that later steps do not change."""
    if isinstance(value, torch.Tensor):
        return value.detach().to("cpu", copy=True)
    if isinstance(value, dict):
        return {name: snapshot(part) for name, part in value.items()}
    return [snapshot(part) for part in value] if isinstance(value, list) else value
