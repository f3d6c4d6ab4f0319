"""One training step, as a LightningModule."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytorch_lightning as pl
import torch
from torch import Tensor, nn

from ltk8s.network.device import autocast
from ltk8s.network.preprocess import Preprocess
from ltk8s.spec.train import Train
from ltk8s.training.augment import flip_and_shift, resized_crops
from ltk8s.training.average import STATISTICS_STEPS, Average, recompute_statistics
from ltk8s.training.batches import Batch, Batches, step_seed
from ltk8s.training.mix import Mixer
from ltk8s.training.optimizer import make_optimizer, set_learning_rate
from ltk8s.training.schedule import Schedule

OnStep = Callable[[int, Tensor, Tensor, Tensor], None]
"""Called after each forward pass with the step, loss, logits and labels, all still on the device."""


class LearnerModule(pl.LightningModule):
    """Augments, prepares and learns one batch; everything that changes over time is set from the step's number."""

    def __init__(
        self,
        network: nn.Module,
        loss: nn.Module,
        preprocess: Preprocess,
        train: Train,
        schedule: Schedule,
        *,
        seed: int,
        on_step: OnStep,
        mix: Mixer | None = None,
    ) -> None:
        super().__init__()
        self.network = network
        self.loss = loss
        self.preprocess = preprocess
        self.train_spec = train
        self.schedule = schedule
        self.seed = seed
        self.on_step = on_step
        self.mix = mix
        self.average = Average(network, train.ema) if train.ema else None
        self.step = 0
        self.optimizer = make_optimizer(network, train)

    def configure_optimizers(self) -> torch.optim.Optimizer:
        return self.optimizer

    def on_train_start(self) -> None:
        self.network.train()
        if self.train_spec.freeze_bn:
            freeze_statistics(self.network)

    def on_train_batch_start(self, batch: Batch, batch_idx: int) -> None:
        self.step = batch.step
        torch.manual_seed(step_seed(self.seed, batch.step))
        set_learning_rate(self.optimizer, self.schedule.lr_factor(batch.step))

    def training_step(self, batch: Batch, batch_idx: int) -> Tensor:
        images, targets = self.augmented(batch), batch.labels
        if self.mix:
            images, targets = self.mix(images, batch.labels, batch.step)
        with autocast(self.device, self.train_spec.precision):
            logits = self.network(images)
        logits = logits.float()
        loss: Tensor = self.loss(logits, targets, batch.step / self.schedule.steps)
        self.on_step(batch.step, loss.detach(), logits.detach(), batch.labels)
        return loss

    def optimizer_step(self, *args: Any, **kwargs: Any) -> None:
        super().optimizer_step(*args, **kwargs)
        if self.average:
            self.average.update(self.network, self.step)

    def trained_network(self, batches: Batches, device: torch.device) -> nn.Module:
        """The network to evaluate and keep, on ``device``: as it was left, or with averaged weights.

        Args:
            batches: the learner's; its last ones give an average its running statistics, unless these are frozen.
        """
        network = self.to(device).network  # Lightning leaves it on the CPU
        if not self.average:
            return network
        averaged = self.average.applied_to(network)
        if not self.train_spec.freeze_bn:
            steps = min(self.schedule.steps, self.schedule.steps_per_epoch, STATISTICS_STEPS)
            recompute_statistics(averaged, (self.augmented(on(device, batch)) for batch in batches.last(steps)))
        return averaged

    @torch.no_grad()
    def augmented(self, batch: Batch) -> Tensor:
        """The batch as the network's input at this step's size: float32 B×3×S×S."""
        size, augment = self.schedule.size(batch.step), self.train_spec.augment
        images = flip_and_shift(batch.images, batch.random, augment)
        if augment.crop == "resized":
            return self.preprocess.normalise(resized_crops(images, batch.random, augment, size, self.train_spec.interpolation))
        prepared: Tensor = self.preprocess(images, size)
        return prepared


def on(device: torch.device, batch: Batch) -> Batch:
    """The batch on a device."""
    return Batch(batch.step, *(tensor.to(device) for tensor in batch[1:]))


def freeze_statistics(network: nn.Module) -> None:
    """Leave running means and variances as they are, and normalise with them; scale and shift still learn."""
    for module in network.modules():
        if isinstance(module, nn.modules.batchnorm._BatchNorm):
            module.eval()


def trainer(device: torch.device, clip: float, callbacks: list[pl.Callback], **settings: Any) -> pl.Trainer:
    """A Trainer that trains and nothing else: what to report, keep and evaluate is decided by the callbacks."""
    return pl.Trainer(
        accelerator="gpu" if device.type == "cuda" else "cpu",
        devices=1,
        max_epochs=1,
        gradient_clip_val=clip,
        callbacks=callbacks,
        logger=False,
        enable_checkpointing=False,
        enable_progress_bar=False,
        enable_model_summary=False,
        num_sanity_val_steps=0,
        **settings,
    )
