"""How fast a learner trains, against the bare step and against the report's way of training.

    python benchmarks/training_step.py            # the GPU where there is one; --device cpu for the CPU

Four ways take turns, block by block, on random images of 32 × 32 that are trained on at 64 × 64:

    learner                 what a worker runs: data resident as uint8, augmentation and resize batched, resume, progress
    bare step               forward, loss, backward, fused AdamW on one prepared random batch; no data, no Lightning
    report                  Lightning, a torchvision data set with PIL transforms, a DataLoader with 2 workers
    report, channels_last   the same, with the one setting that helps it most

All of them keep freed memory, as a worker does: by default each but the learner would be slower still.

Printed are the median images per second of each, and the median over the rounds of the learner's over each other's.
"""

from __future__ import annotations

import argparse
import logging
import os
import statistics
import tempfile
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytorch_lightning as pl
import torch
import torch.nn.functional as F  # noqa: N812
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor, nn
from torch.utils.data import DataLoader
from torchvision import transforms
from torchvision.datasets import VisionDataset

from ltk8s.network.backbone import build
from ltk8s.network.context import WorkContext
from ltk8s.network.device import choose_device, keep_freed_memory, set_threads
from ltk8s.network.environment import cpu_kind
from ltk8s.network.preprocess import Preprocess
from ltk8s.network.stopping import Stopping
from ltk8s.planning.task import RECIPE, DatasetRef, LearnerTask, Weights
from ltk8s.spec.train import CrossEntropy, Train
from ltk8s.store import open_store
from ltk8s.store.commit import Attempt
from ltk8s.store.progress import ProgressReporter
from ltk8s.training.batches import Batches
from ltk8s.training.curve import Curve
from ltk8s.training.fit import Diary
from ltk8s.training.loss import make_loss
from ltk8s.training.module import LearnerModule, trainer
from ltk8s.training.pixels import Pixels
from ltk8s.training.resume import ResumeKeeper
from ltk8s.training.schedule import Schedule

CLASSES = 50
IMAGES = 6_400
STORED_SIDE = 32
HALF = (0.5, 0.5, 0.5)
WARM_UP = 8
REST_SECONDS = 1.0
GOALS = {"bare step": 0.95, "report": 1.7, "report, channels_last": 1.1}

Block = Callable[[int], float]
"""Trains a number of steps in the steady state and returns the seconds they took."""


def main() -> None:
    options = parse()
    keep_freed_memory()
    set_threads(options.threads)
    silence()
    device = choose_device() if options.device == "auto" else torch.device(options.device)
    name = torch.cuda.get_device_name(device) if device.type == "cuda" else f"{cpu_kind()}, {options.threads} threads"
    print(f"{options.arch}, {options.size} px, batch {options.batch}, fp32, {options.steps} steps a block, on {name}\n")
    random = np.random.default_rng(0)
    images = random.integers(0, 256, (IMAGES, STORED_SIDE, STORED_SIDE, 3), dtype=np.uint8)
    labels = random.integers(0, CLASSES, IMAGES)
    with tempfile.TemporaryDirectory() as folder:
        ways = {
            "learner": learner(options, device, images, labels, Path(folder)),
            "bare step": bare_step(options, device),
            "report": report(options, device, images, labels, channels_last=False),
            "report, channels_last": report(options, device, images, labels, channels_last=True),
        }
        rates: dict[str, list[float]] = {way: [] for way in ways}
        for turn in range(options.blocks):
            for way in rotated(list(ways), turn):
                time.sleep(REST_SECONDS)  # what the way before left running comes to rest
                rates[way].append(options.steps * options.batch / ways[way](options.steps))
    show(rates)


def rotated(ways: list[str], turn: int) -> list[str]:
    """The ways in another order each turn, so that none always follows the same one."""
    start = turn % len(ways)
    return ways[start:] + ways[:start]


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--arch", default="tf_efficientnet_lite0")
    parser.add_argument("--size", type=int, default=64)
    parser.add_argument("--batch", type=int, default=64)
    parser.add_argument("--blocks", type=int, default=7)
    parser.add_argument("--steps", type=int, default=16)
    parser.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)))
    parser.add_argument("--device", choices=["auto", "cpu", "cuda"], default="auto")
    return parser.parse_args()


def show(rates: dict[str, list[float]]) -> None:
    print(f"{'way':24} {'images/s':>9} {'least':>7} {'most':>7} {'learner over it':>16} {'goal':>6}")
    for way, found in rates.items():
        line = f"{way:24} {statistics.median(found):9.1f} {min(found):7.1f} {max(found):7.1f}"
        if way in GOALS:
            ratio = statistics.median(ours / other for ours, other in zip(rates["learner"], found, strict=True))
            line += f" {ratio:16.3f} {GOALS[way]:6.2f}"
        print(line)


def learner(
    options: argparse.Namespace, device: torch.device, images: NDArray[Any], labels: NDArray[Any], folder: Path
) -> Block:
    """The learner's own parts, with a real store for what it keeps and reports."""
    train = Train(epochs=1000, batch_size=options.batch, image_size=options.size)
    task = LearnerTask(
        kind="learner",
        recipe=RECIPE,
        dataset=DatasetRef(name="random", fingerprint="0" * 16),
        arch=options.arch,
        weights=Weights(sha256="0" * 64, mean=HALF, std=HALF),
        train=train,
    )
    store = open_store(folder.as_uri())
    attempt = Attempt(store, "{}", "learner", task.id)
    context = WorkContext(store, task, attempt, ProgressReporter(store, "learner", task.id, attempt.attempt), Stopping())
    schedule = Schedule.of(train, IMAGES)
    curve = Curve(device)
    module = LearnerModule(
        build(options.arch, CLASSES, None).to(device),
        make_loss(CrossEntropy(name="cross-entropy", weights="ins"), np.bincount(labels).tolist()),
        Preprocess(HALF, HALF, options.size, train.interpolation),
        train,
        schedule,
        seed=0,
        on_step=curve.add,
    ).to(device)
    keeper = ResumeKeeper(store, task.id)
    pixels = Pixels(images, np.arange(IMAGES), device)
    done = 0

    def block(steps: int) -> float:
        nonlocal done
        batches = Batches(pixels, labels, schedule, seed=0, start=done)
        done += WARM_UP + steps
        diary = Diary(context, module, curve, keeper, began=time.monotonic())
        return timed_fit(module, batches, device, [diary], steps)

    return block


def bare_step(options: argparse.Namespace, device: torch.device) -> Block:
    """The least that training one batch takes."""
    network = build(options.arch, CLASSES, None).to(device).train()
    optimizer = torch.optim.AdamW(network.parameters(), lr=1e-3, fused=True)
    images = torch.randn(options.batch, 3, options.size, options.size, device=device)
    images = images.contiguous(memory_format=torch.channels_last)
    labels = torch.randint(0, CLASSES, (options.batch,), device=device)

    def step() -> None:
        loss = F.cross_entropy(network(images), labels)
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()

    def block(steps: int) -> float:
        for _ in range(WARM_UP):
            step()
        wait(device)
        start = time.perf_counter()
        for _ in range(steps):
            step()
        wait(device)
        return time.perf_counter() - start

    return block


class ArrayImages(VisionDataset):  # type: ignore[misc]
    """Images in memory, one by one through PIL, as torchvision's CIFAR-100 hands them out."""

    def __init__(self, images: NDArray[Any], labels: NDArray[Any], transform: Callable[[Any], Tensor]) -> None:
        super().__init__(root="", transform=transform)
        self.images = images
        self.labels = labels

    def __len__(self) -> int:
        return len(self.images)

    def __getitem__(self, index: int) -> tuple[Tensor, int]:
        assert self.transform is not None
        return self.transform(Image.fromarray(self.images[index])), int(self.labels[index])


class ReportModule(pl.LightningModule):
    """Training as it is usually written."""

    def __init__(self, network: nn.Module, channels_last: bool) -> None:
        super().__init__()
        self.network = network
        self.format = torch.channels_last if channels_last else torch.contiguous_format
        self.network.to(memory_format=self.format)

    def training_step(self, batch: tuple[Tensor, Tensor], batch_idx: int) -> Tensor:
        images, labels = batch
        return F.cross_entropy(self.network(images.contiguous(memory_format=self.format)), labels)

    def configure_optimizers(self) -> torch.optim.Optimizer:
        return torch.optim.AdamW(self.parameters(), lr=1e-3)


def report(
    options: argparse.Namespace, device: torch.device, images: NDArray[Any], labels: NDArray[Any], *, channels_last: bool
) -> Block:
    """The report's way."""
    transform = transforms.Compose(
        [
            transforms.RandomCrop(STORED_SIDE, padding=4),
            transforms.RandomHorizontalFlip(),
            transforms.Resize(options.size),
            transforms.ToTensor(),
            transforms.Normalize(HALF, HALF),
        ]
    )
    data = ArrayImages(images, labels, transform)
    loader: DataLoader[Any] = DataLoader(
        data, options.batch, shuffle=True, num_workers=2, drop_last=True, pin_memory=device.type == "cuda"
    )
    module = ReportModule(build(options.arch, CLASSES, None), channels_last)
    return lambda steps: timed_fit(module, loader, device, [], steps)


class Clock(pl.Callback):
    """The time from the end of the warm-up to the end."""

    def __init__(self, device: torch.device, steps: int) -> None:
        self.device = device
        self.steps = steps
        self.start = self.end = 0.0

    def on_train_batch_end(self, trainer: pl.Trainer, module: Any, outputs: Any, batch: Any, batch_idx: int) -> None:
        if batch_idx + 1 == WARM_UP:
            wait(self.device)
            self.start = time.perf_counter()
        if batch_idx + 1 == WARM_UP + self.steps:
            wait(self.device)
            self.end = time.perf_counter()


def timed_fit(
    module: pl.LightningModule, batches: Any, device: torch.device, callbacks: list[pl.Callback], steps: int
) -> float:
    clock = Clock(device, steps)
    trainer(device, 1.0, [*callbacks, clock], limit_train_batches=WARM_UP + steps).fit(module, batches)
    return clock.end - clock.start


def wait(device: torch.device) -> None:
    if device.type == "cuda":
        torch.cuda.synchronize(device)


def silence() -> None:
    """Lightning's advice and its own deprecations say nothing about speed."""
    logging.getLogger("pytorch_lightning").setLevel(logging.ERROR)
    warnings.filterwarnings("ignore", module="pytorch_lightning|torch")
    warnings.filterwarnings("ignore", message=".*LeafSpec")


if __name__ == "__main__":
    main()
