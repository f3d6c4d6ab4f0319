"""One fusion: from its members' checkpoints to its committed result."""

from __future__ import annotations

import logging
import time
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors.torch import save
from torch import Tensor

from ltk8s.data.dataset import Dataset, Part
from ltk8s.errors import MembersError
from ltk8s.fusion import table
from ltk8s.fusion.agreement import check_agreement
from ltk8s.fusion.ensemble import assemble
from ltk8s.fusion.measure import measure
from ltk8s.fusion.members import Member, load_members
from ltk8s.network.context import WorkContext
from ltk8s.network.dataset import open_dataset
from ltk8s.network.device import choose_device
from ltk8s.network.environment import environment, peak_memory_bytes
from ltk8s.network.table import to_csv, to_markdown
from ltk8s.planning.task import FusionTask
from ltk8s.store import layout
from ltk8s.store.answers import Answers

log = logging.getLogger(__name__)


def run(task: FusionTask, context: WorkContext) -> None:
    """Evaluate the members as one predictor on the test set, and commit predictions, metrics and table.

    Raises:
        MembersError: if a member is missing, bad, or does not predict what it committed.
        TaskError: if the data set is not there or is corrupt.
        StoreError: if the store cannot be reached.
        Stopped: after SIGTERM. Nothing is kept: a fusion takes less than an epoch.
    """
    began = time.monotonic()
    dataset = open_dataset(context.store, task.dataset, ["test"])
    test, manifest = dataset.part("test"), dataset.manifest
    members = load_members(context.store, task, len(manifest.classes), context.check)
    for member in members:
        check_images(member, test)
    as_trained = task.model_copy(update={"tau_norm": 0.0, "flip": False})
    ensemble = assemble(as_trained, members, manifest).to(choose_device())

    context.progress.update(phase="evaluating")
    evaluated = time.monotonic()
    logits = ensemble.member_logits(test.images, context.check)
    rate = len(test) / (time.monotonic() - evaluated)
    here = environment()
    agreements = [check_agreement(member, own, here) for member, own in zip(members, logits, strict=True)]
    log.info("%d members agree with what they committed, %d of them exactly.", len(members), sum(a.exact for a in agreements))
    if task != as_trained:
        ensemble = assemble(task, members, manifest).to(choose_device())
        logits = ensemble.member_logits(test.images, context.check)
    fused = ensemble.fuse(logits)

    context.progress.update(phase="saving", images_per_second=rate)
    metrics = measure(task, members, agreements, logits, fused, test, manifest, duplicates(dataset, context, task))
    own_seconds = time.monotonic() - began
    metrics["device_seconds"] += own_seconds
    put_artifacts(context, metrics, task.rule, fused, test)
    own = {"seconds": own_seconds, "images_per_second": rate, "peak_memory_bytes": peak_memory_bytes()}
    context.commit(metrics, {**here, **own})


def check_images(member: Member, test: Part) -> None:
    """Raise MembersError unless a member's predictions are of the test set's images, in order."""
    predictions = member.predictions
    if not (np.array_equal(predictions.keys, test.keys) and np.array_equal(predictions.labels, test.labels)):
        raise MembersError(f"Member {member.id} was evaluated on other images than its fusion.", "Stage the data set again.")


def duplicates(dataset: Dataset, context: WorkContext, task: FusionTask) -> NDArray[np.bool_] | None:
    """Which test images are in the training part too, pixel by pixel; None where the data set has no such image."""
    if all(duplicate.dropped for duplicate in dataset.manifest.duplicates):
        return None
    train = open_dataset(context.store, task.dataset, ["train"]).part("train")
    return np.isin(dataset.part("test").keys, train.keys)


def put_artifacts(context: WorkContext, metrics: dict[str, Any], rule: str, fused: Tensor, test: Part) -> None:
    """Predictions, as log-probabilities under the name that learners' logits have; the answers alone; the table in three
    forms.
    """
    tensors = {"logits": fused, "labels": torch.from_numpy(test.labels), "keys": torch.from_numpy(test.keys)}
    context.attempt.put(layout.PREDICTIONS, save(tensors))
    context.attempt.put(layout.ANSWERS, Answers.of(fused.numpy(), test.labels, test.keys).encode())
    rows = table.rows(metrics["members"], metrics, rule)
    context.attempt.put("table.json", table.to_json(rows))
    context.attempt.put("table.csv", to_csv(rows))
    context.attempt.put("table.md", to_markdown(rows, table.text))
