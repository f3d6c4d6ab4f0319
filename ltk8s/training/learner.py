"""One learner: from its task to its committed result."""

from __future__ import annotations

import logging
import time
from typing import Any

import torch
from safetensors.torch import save
from torch import Tensor, nn

from ltk8s.errors import TaskError
from ltk8s.metrics import summarise
from ltk8s.network.backbone import build, check_input, save_checkpoint
from ltk8s.network.context import WorkContext
from ltk8s.network.cost import multiply_adds, parameters
from ltk8s.network.device import choose_device
from ltk8s.network.environment import environment, peak_memory_bytes
from ltk8s.network.predict import predict
from ltk8s.network.preprocess import Preprocess
from ltk8s.planning.task import LearnerTask
from ltk8s.spec.train import Ldam
from ltk8s.store import layout
from ltk8s.store.base import Store
from ltk8s.store.weights import read_weights
from ltk8s.training.batches import Batches
from ltk8s.training.curve import Curve, Point, summary, to_csv
from ltk8s.training.fit import Diary, fit, restore
from ltk8s.training.loss import make_loss
from ltk8s.training.material import Material, load_material
from ltk8s.training.mix import Mixer
from ltk8s.training.module import LearnerModule
from ltk8s.training.pixels import Pixels
from ltk8s.training.resume import ResumeKeeper, State, ignored, load_resume
from ltk8s.training.schedule import Schedule

logger = logging.getLogger(__name__)


def run(task: LearnerTask, context: WorkContext) -> None:
    """Train, evaluate and commit one learner; goes on from where an earlier attempt was stopped.

    Raises:
        TaskError: if the task or its data is bad, or a loss is not finite.
        StoreError: if the store cannot be reached.
        Stopped: after SIGTERM.
    """
    began = time.monotonic()
    device = choose_device()
    material = load_material(context.store, task)
    schedule = Schedule.of(task.train, len(material.rows))
    module, curve, earlier = go_on(task, material, schedule, context.store, device)
    logger.info(
        "%d images in %d classes, %d steps of %d.", len(material.rows), material.classes, schedule.steps, schedule.batch_size
    )
    keeper = ResumeKeeper(context.store, task.id)
    diary = Diary(context, module, curve, keeper, began=began, earlier=earlier)
    pixels = Pixels(material.images, material.rows, device)
    batches = Batches(
        pixels,
        material.labels[material.rows],
        schedule,
        seed=task.seed,
        start=diary.start,
        order=material.sampler.epoch if material.sampler else None,
    )
    fit(module, batches, diary, device)

    context.progress.update(phase="evaluating")
    network = module.trained_network(batches, device)
    logits = evaluate(module, network, material, context)
    scores = metrics(logits, material, task, last_epoch(curve.points(), schedule))
    logger.info("%d of %d images right.", scores["correct"], scores["n"])
    context.progress.update(phase="saving")
    context.attempt.put(layout.CHECKPOINT, save_checkpoint(network, task.arch, material.classes))
    context.attempt.put(layout.PREDICTIONS, predictions(logits, material))
    context.attempt.put("curve.csv", to_csv(curve.points()))
    context.commit(scores, {**environment(), **provenance(task, module, material, diary)})
    keeper.forget()


def go_on(
    task: LearnerTask, material: Material, schedule: Schedule, store: Store, device: torch.device
) -> tuple[LearnerModule, Curve, State | None]:
    """A learner where it was stopped, with the state that it was kept in; without one that fits, before its first step.

    Raises:
        TaskError, StoreError: as ``begin``.
    """
    earlier = load_resume(store, task.id)
    if earlier:
        module, curve = begin(task, material, schedule, store, device)
        try:
            restore(module, curve, earlier)
        except Exception as error:  # whatever it is, it would come again at every retry
            ignored(error)
        else:
            logger.info("Going on after step %d of %d.", earlier["step"], schedule.steps)
            return module, curve, earlier
    return *begin(task, material, schedule, store, device), None


def begin(
    task: LearnerTask, material: Material, schedule: Schedule, store: Store, device: torch.device
) -> tuple[LearnerModule, Curve]:
    """A learner before its first step, and the curve that its steps will draw.

    Raises:
        TaskError: if the network cannot take images of the task's sizes.
        StoreError: if the weights that it starts from cannot be read.
    """
    network = build(
        task.arch,
        material.classes,
        read_weights(store, task.arch, task.weights.sha256),
        torch.Generator().manual_seed(task.seed),
        cosine_scale=task.train.loss.scale if isinstance(task.train.loss, Ldam) else None,
    ).to(device)
    check_input(network, task.arch, (*task.train.sizes, task.train.final_size))
    curve = Curve(device)
    module = LearnerModule(
        network,
        make_loss(task.train.loss, material.counts),
        Preprocess(task.weights.mean, task.weights.std, task.train.final_size, task.train.interpolation),
        task.train,
        schedule,
        seed=task.seed,
        on_step=curve.add,
        mix=Mixer(task.train.mixup, material.classes, task.seed) if task.train.mixup else None,
    ).to(device)
    return module, curve


def evaluate(module: LearnerModule, network: nn.Module, material: Material, context: WorkContext) -> Tensor:
    """Logits of the evaluation images, float32 N×C. The one time that they are looked at.

    Raises:
        TaskError: if one is not finite, which the last step may have caused.
    """
    train = module.train_spec
    logits = predict(
        network,
        material.evaluation.images,
        module.preprocess,
        precision=train.eval_precision,
        flip=train.eval_flip,
        checkpoint=context.check,
    )
    if not logits.isfinite().all():
        raise TaskError(
            f"The outputs are not finite after step {module.schedule.steps - 1}.", "Lower train.lr and submit again."
        )
    return logits


def predictions(logits: Tensor, material: Material) -> bytes:
    """``logits`` float32 N×C with ``labels`` and ``keys`` int64 N, as safetensors."""
    part = material.evaluation
    return bytes(save({"logits": logits, "labels": torch.from_numpy(part.labels), "keys": torch.from_numpy(part.keys)}))


def metrics(logits: Tensor, material: Material, task: LearnerTask, points: list[Point]) -> dict[str, Any]:
    """Every metric of the evaluation images, and ``train``: mean loss and accuracy of the last epoch, augmented."""
    probabilities = logits.double().softmax(1).numpy()
    counts = material.split_counts(task.split.ratio)
    return {
        **summarise(probabilities, material.evaluation.labels, counts, material.manifest.classes),
        "train": summary(points),
    }


def last_epoch(points: list[Point], schedule: Schedule) -> list[Point]:
    """The points of the last epoch."""
    return [point for point in points if point.step > schedule.steps - schedule.steps_per_epoch]


def provenance(task: LearnerTask, module: LearnerModule, material: Material, diary: Diary) -> dict[str, Any]:
    """What the learner did and what it cost."""
    schedule = module.schedule
    images = schedule.steps * schedule.batch_size
    return {
        "seconds": diary.seconds,
        "train_seconds": diary.train_seconds,
        "images_per_second": images / diary.train_seconds,
        "peak_memory_bytes": peak_memory_bytes(),
        "parameters": parameters(module.network),
        "multiply_adds": multiply_adds(module.network, task.train.final_size),
        "class_counts": list(material.counts),
        "train_images": len(material.rows),
        "steps": schedule.steps,
        "epochs": schedule.epochs,
        "images_seen": images,
        "attempts": diary.attempts,
        "split_digest": material.digest,
    }
