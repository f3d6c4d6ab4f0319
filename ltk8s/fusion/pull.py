"""Taking a finished run's ensemble out of the store: verified, and as a whole or not at all."""

from __future__ import annotations

import shutil
import uuid
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import ltk8s
from ltk8s.data.manifest import Manifest
from ltk8s.errors import Corrupt, StoreError, UsageError, system_errors
from ltk8s.fusion.bundle import CARD, FORMAT, Bundle, BundleMember, Preprocessing, encode, read_bundle, read_file
from ltk8s.fusion.prior import corrections
from ltk8s.fusion.readme import readme
from ltk8s.network.learners import read_task
from ltk8s.planning.task import FusionTask, LearnerTask, canonical
from ltk8s.spec.train import Ldam
from ltk8s.store import layout
from ltk8s.store.base import Store
from ltk8s.store.commit import Artifact, Result, read_artifact, read_result
from ltk8s.store.runs import RunRecord

OF_A_MEMBER = ("n", "correct", "accuracy", "balanced_accuracy")
OF_A_FUSION = ("n", "correct", "accuracy", "interval", "balanced_accuracy", "groups", "disagreement", "parameters")


ASIDE = ".pulling-"
"""How the name begins of what is not whole yet."""


def pull(store: Store, bundle: Bundle, directory: Path, progress: Callable[[int], None] = lambda size: None) -> None:
    """Put a finished run's ensemble into ``directory``.

    It is written aside and renamed; into an empty directory (which may be the working directory, or a disk of its own) its
    parts are moved, what says that it is whole last. A directory that holds this very ensemble already is verified and left.

    Args:
        bundle: what ``describe`` returns for the run.
        directory: an empty directory, or one that does not exist.
        progress: called with the size of each file in bytes, when it is there.

    Raises:
        UsageError: if the directory is in use.
        StoreError: if the store cannot be reached, something in it is corrupt, or the directory cannot be written.
    """
    with system_errors("write", directory, instead="choose another directory", kind=StoreError):
        if directory.exists() and (not directory.is_dir() or any(not _is_aside(path) for path in directory.iterdir())):
            _check_there_already(directory, bundle)
        else:
            _pull(store, bundle, directory, progress)


def _pull(store: Store, bundle: Bundle, directory: Path, progress: Callable[[int], None]) -> None:
    fresh = not directory.exists()
    aside = directory.absolute().parent if fresh else directory
    aside /= f"{ASIDE}{uuid.uuid4().hex}"
    try:
        (aside / "members").mkdir(parents=True)
        for member in bundle.members:
            data = read_artifact(store, _result(store, member.id), layout.CHECKPOINT)
            (aside / member.file).write_bytes(data)
            progress(len(data))
        (aside / "README.md").write_text(readme(bundle), encoding="utf-8")
        (aside / CARD).write_bytes(encode(bundle))
        if fresh:
            aside.rename(directory)
        else:
            _move_into(directory, aside)
    finally:
        shutil.rmtree(aside, ignore_errors=True)


def describe(store: Store, record: RunRecord) -> Bundle:
    """Return what a pulled directory of this run says of itself.

    Raises:
        UsageError: if the run has no ensemble, or is not finished.
        StoreError: if the store cannot be reached, or something in it is missing or corrupt.
    """
    if record.kind != "experiment":
        raise UsageError(
            f"{record.run!r} is a sweep: it ends in a ranking, not in an ensemble.", "Pull a run of an experiment."
        )
    result = read_result(store, "fusion", record.fusion)
    if result is None:
        raise UsageError(f"The run {record.run!r} is not finished.", f"`ltk8s status {record.run}` shows how far it is.")
    task = read_task(store, "fusion", record.fusion)
    assert isinstance(task, FusionTask)
    manifest = _read_manifest(store, task)
    members = [_member(store, id) for id in task.members]
    added = corrections(task, members, manifest)
    return Bundle(
        format=FORMAT,
        version=ltk8s.__version__,
        run=record.run,
        experiment=record.experiment,
        title=record.title,
        classes=manifest.classes,
        members=tuple(
            member.model_copy(update={"correction": tuple(row.tolist()), "flip": member.flip or task.flip})
            for member, row in zip(members, added, strict=True)
        ),
        rule=task.rule,
        temperature=task.temperature,
        tau_norm=task.tau_norm,
        fusion=canonical(task),
        dataset=manifest.model_copy(update={"shards": (), "duplicates": ()}),
        metrics={name: result.metrics[name] for name in OF_A_FUSION},
        provenance={**result.provenance, "id": result.id, "created": result.created},
        store=store.url,
        pulled=datetime.now(UTC).isoformat(timespec="seconds"),
    )


def _member(store: Store, id: str) -> BundleMember:
    """A member as its commit and task describe it; what the fusion adds to its logits is still to come."""
    result, task = _result(store, id), read_task(store, "learner", id)
    assert isinstance(task, LearnerTask)
    train, weights = task.train, task.weights
    provenance = {**result.provenance, "created": result.created}
    return BundleMember(
        id=id,
        arch=task.arch,
        file=f"members/{id}.safetensors",
        content=_content(result),
        preprocessing=Preprocessing(
            size=train.final_size, interpolation=train.interpolation, mean=weights.mean, std=weights.std
        ),
        head="cosine" if isinstance(train.loss, Ldam) else "linear",
        flip=train.eval_flip,
        class_counts=provenance.pop("class_counts"),
        correction=(),
        learner=canonical(task),
        metrics={name: result.metrics[name] for name in OF_A_MEMBER},
        provenance=provenance,
    )


def _content(result: Result) -> Artifact:
    if layout.CHECKPOINT not in result.artifacts:
        raise Corrupt(layout.result(result.kind, result.id), f"it names no artifact {layout.CHECKPOINT!r}")
    return result.artifacts[layout.CHECKPOINT]


def _result(store: Store, id: str) -> Result:
    result = read_result(store, "learner", id)
    if result is None:
        raise StoreError(f"The learner {id!r} is not in the store any more.", "Submit again to have it made anew.")
    return result


def _read_manifest(store: Store, task: FusionTask) -> Manifest:
    key = layout.dataset_manifest(task.dataset.name, task.dataset.fingerprint)
    try:
        return Manifest.model_validate_json(store.get(key))
    except ValueError:
        raise StoreError(f"{key!r} is no manifest of a data set.", "Stage that data set again.") from None


def _move_into(directory: Path, aside: Path) -> None:
    """Move an ensemble into an empty directory: all of it or nothing. What earlier pulls have left there goes."""
    parts = ("members", "README.md", CARD)
    try:
        for name in parts:
            (aside / name).rename(directory / name)
    except OSError:
        for name in parts:
            with suppress(FileNotFoundError):
                (directory / name).rename(aside / name)
        raise
    for path in directory.iterdir():
        if _is_aside(path):
            shutil.rmtree(path, ignore_errors=True)


def _is_aside(path: Path) -> bool:
    """Whether it is what a pull that was killed has left."""
    return path.name.startswith(ASIDE)


def _check_there_already(directory: Path, bundle: Bundle) -> None:
    """Raise UsageError unless what is in use there is this ensemble, and StoreError unless it is whole."""
    if not (directory / CARD).is_file():
        raise UsageError(f"{directory} is not empty.", "Choose a directory that is empty or does not exist.")
    there = read_bundle(directory)
    if (there.run, there.task) != (bundle.run, bundle.task):
        raise UsageError(f"{directory} holds another ensemble, {there.run}.", "Choose another directory.")
    for member in there.members:
        read_file(directory, member)
