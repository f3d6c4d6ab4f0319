"""A pulled directory: an ensemble with all that it takes to use it, on any machine, without the store.

    ensemble.json               what it is: classes, members, preprocessing, fusion, where it comes from, the files' hashes
    members/<id>.safetensors    the trained networks, as timm names their tensors
    README.md                   the same for people

``ensemble.json`` says enough for a program that knows nothing of ltk8s to do the same with timm, ONNX or anything else.
"""

from __future__ import annotations

import hashlib
import json
import re
from pathlib import Path
from typing import Any, Literal

from pydantic import ValidationError

import ltk8s
from ltk8s.data.manifest import Manifest
from ltk8s.errors import StoreError, TaskError, UsageError, system_error
from ltk8s.planning.task import FusionTask, LearnerTask, parse_task
from ltk8s.spec.base import Spec
from ltk8s.store.commit import Artifact

FORMAT = 1
CARD = "ensemble.json"

NUMBERS = re.compile(r"\[[-+.,0-9e\s]+\]")
"""A list of numbers in indented JSON; between quotes such brackets hold no line break, and are left as they are."""


class Preprocessing(Spec):
    """From an RGB image to a member's input: resize all of it to ``size`` × ``size`` (antialiased), divide by 255, subtract
    ``mean`` and divide by ``std``, per channel.
    """

    size: int
    interpolation: str
    mean: tuple[float, float, float]
    std: tuple[float, float, float]


class BundleMember(Spec):
    """One network. ``head`` is timm's linear one, or ``cosine``: ``scale`` times the cosines of features and class weights, of
    which ``scale`` is a tensor of the file.

    ``flip``: its logits are the mean of those of an image and of its mirror image. ``class_counts``: how often an epoch of its
    training showed each class. ``correction``: what the fusion adds to its logits, one a class.
    """

    id: str
    arch: str
    file: str
    content: Artifact
    preprocessing: Preprocessing
    head: Literal["linear", "cosine"]
    flip: bool
    class_counts: tuple[float, ...]
    correction: tuple[float, ...]
    learner: dict[str, Any]
    metrics: dict[str, Any]
    provenance: dict[str, Any]

    @property
    def task(self) -> LearnerTask:
        """The task that it was trained by."""
        task = parse_task(json.dumps(self.learner))
        assert isinstance(task, LearnerTask)
        return task


class Bundle(Spec):
    """What ``ensemble.json`` holds.

    ``dataset`` is what is known of the data set that it was trained on, without its files; images of another size are first
    scaled (bicubic) until they fill its ``height`` and ``width``, and their centre is cut out; where values have more than 8
    bits, the largest that its ``bits`` hold (None: 16) becomes 255. ``fusion`` is the fusion's task,
    ``metrics`` and ``provenance`` are those of its result.
    """

    format: int
    version: str
    run: str
    experiment: str
    title: str
    classes: tuple[str, ...]
    members: tuple[BundleMember, ...]
    rule: str
    temperature: float
    tau_norm: float
    fusion: dict[str, Any]
    dataset: Manifest
    metrics: dict[str, Any]
    provenance: dict[str, Any]
    store: str
    pulled: str

    @property
    def task(self) -> FusionTask:
        """The fusion's task."""
        task = parse_task(json.dumps(self.fusion))
        assert isinstance(task, FusionTask)
        return task


def encode(bundle: Bundle) -> bytes:
    """``ensemble.json``, with a digest that shows whether it is whole."""
    document = bundle.model_dump(mode="json")
    text = json.dumps({**document, "digest": _digest(document)}, indent=1, ensure_ascii=False, allow_nan=False)
    return f"{NUMBERS.sub(_on_one_line, text)}\n".encode()


def read_bundle(directory: Path) -> Bundle:
    """Read a pulled directory's card.

    Raises:
        UsageError: if it is no pulled directory, or one of a version that this one cannot read.
        StoreError: if its card is not what was written.
    """
    path = directory / CARD
    try:
        document = json.loads(path.read_bytes())
    except (FileNotFoundError, NotADirectoryError):
        raise UsageError(f"{directory} is no pulled directory: it has no {CARD}.", "`ltk8s pull RUN DIR` makes one.") from None
    except OSError as error:
        raise system_error(error, "read", path, instead="pull the run into another directory", kind=StoreError) from None
    except ValueError:
        raise _damaged(path) from None
    if not isinstance(document, dict) or document.pop("digest", None) != _digest(document):
        raise _damaged(path)
    try:
        bundle = Bundle.model_validate(document)
        if bundle.format == FORMAT and all(member.task for member in bundle.members) and bundle.task:
            return bundle
    except (ValidationError, TaskError):
        pass
    raise UsageError(
        f"{path} was written by ltk8s {document.get('version')}; this is {ltk8s.__version__}, which cannot read it.",
        "Use that version, or pull the run again with this one.",
    )


def read_file(directory: Path, member: BundleMember) -> bytes:
    """Return a member's checkpoint, after checking its size and SHA-256.

    Raises:
        StoreError: if it is missing or is not what was pulled; it names the file.
    """
    path = directory / member.file
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        raise StoreError(f"There is no {path}.", "Pull the run again.") from None
    except OSError as error:
        raise system_error(error, "read", path, instead="pull the run into another directory", kind=StoreError) from None
    if Artifact.of(data) != member.content:
        raise _damaged(path)
    return data


def _digest(document: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(document, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def _on_one_line(numbers: re.Match[str]) -> str:
    return " ".join(numbers[0].split()).replace("[ ", "[").replace(" ]", "]") if "\n" in numbers[0] else numbers[0]


def _damaged(path: Path) -> StoreError:
    return StoreError(f"{path} is damaged: its content is not what was pulled.", "Pull the run again.")
