"""Several trained networks as one predictor."""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import groupby
from pathlib import Path
from typing import Any, cast, overload

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from ltk8s.data.dataset import Images
from ltk8s.data.manifest import Manifest
from ltk8s.errors import UsageError
from ltk8s.fusion.bundle import read_bundle
from ltk8s.fusion.members import Trained, load_members
from ltk8s.fusion.prior import corrections
from ltk8s.fusion.pulled import pulled_members
from ltk8s.fusion.rules import RULES
from ltk8s.network.device import Precision, autocast
from ltk8s.network.head import normalise_head
from ltk8s.network.predict import outputs, predict
from ltk8s.planning.task import FusionTask, parse_task
from ltk8s.store import layout
from ltk8s.store.base import Store
from ltk8s.store.commit import read_result
from ltk8s.store.runs import find_run


class Alike(nn.Module):
    """Members that take the same input, which is therefore prepared once: B×3×S×S → logits B×(M·C)."""

    def __init__(self, members: Sequence[Trained], positions: Sequence[int], flip: bool) -> None:
        super().__init__()
        self.preprocess = members[0].preprocess()
        self.precision: Precision = members[0].task.train.eval_precision
        self.flip = flip or members[0].task.train.eval_flip
        self.networks = nn.ModuleList(member.network for member in members)
        self.positions = list(positions)

    def forward(self, prepared: Tensor) -> Tensor:
        return torch.cat([network(prepared) for network in self.networks], dim=1)


class Ensemble(nn.Module):
    """A fusion as a torch Module: uint8 N×H×W×3 → probabilities float32 N×C. Always in eval mode, without gradients.

    Images of another size than the data set's are first scaled until they fill it, and their centre is cut out, as
    ``ltk8s predict`` does.

    Args:
        members: the trained networks, each with its own size, normalisation and precision.
        rule: how their outputs become one, of ``fusion.rules.RULES``.
        corrections: added to each member's logits, M×C, after these were divided by ``temperature``.
        classes: the classes' names, in the order of the outputs.
        flip: average an image's logits with its mirror image's, also for members that were not evaluated so in training.
        size: height and width of the data set's images; None takes images of any size as they are.
    """

    def __init__(
        self,
        members: Sequence[Trained],
        rule: str,
        corrections: NDArray[np.float64],
        classes: Sequence[str],
        *,
        temperature: float = 1.0,
        flip: bool = False,
        size: tuple[int, int] | None = None,
    ) -> None:
        super().__init__()
        self.rule = rule
        self.size = size
        self.temperature = temperature
        self.classes = tuple(classes)
        self.groups = nn.ModuleList(Alike([members[i] for i in positions], positions, flip) for positions in _alike(members))
        self.corrections: Tensor
        self.register_buffer("corrections", torch.from_numpy(corrections).float()[:, None], persistent=False)
        self.eval()

    @property
    def alike(self) -> list[Alike]:
        """The members in groups that share their input."""
        return cast("list[Alike]", list(self.groups))

    @torch.no_grad()
    def forward(self, images: Tensor) -> Tensor:
        """Return the images' probabilities, float32 N×C, on the ensemble's device.

        Raises:
            UsageError: if they are not uint8 N×H×W×3.
        """
        images = self._fitted(_checked(images)).to(self.corrections.device)
        logits = []
        for group in self.alike:
            prepared = group.preprocess(images)
            with autocast(images.device, group.precision):
                logits.append(outputs(group, prepared, flip=group.flip))
        return self.fuse(self._by_member(logits)).exp()

    def member_logits(self, images: Images, checkpoint: Callable[[], None] | None = None) -> Tensor:
        """Return each member's logits of many images, float32 M×N×C on the CPU, in the batches that a learner uses.

        Args:
            images: uint8 N×H×W×3, in memory or mapped.
            checkpoint: called before each batch.
        """
        logits = [
            predict(group, images, group.preprocess, precision=group.precision, flip=group.flip, checkpoint=checkpoint)
            for group in self.alike
        ]
        return self._by_member(logits)

    def fuse(self, logits: Tensor) -> Tensor:
        """Scale members' logits, M×N×C, correct them for their priors and fuse them: log-probabilities N×C."""
        return RULES[self.rule](logits / self.temperature + self.corrections.to(logits.device))

    def train(self, mode: bool = True) -> Ensemble:
        """Stay in eval mode: training would change what the members' normalisation layers know."""
        return super().train(False)

    def _fitted(self, images: Tensor) -> Tensor:
        """The images in the data set's size."""
        if self.size is None or images.shape[1:3] == self.size or not len(images):
            return images
        return torch.from_numpy(np.stack([fitted(image, *self.size) for image in images.cpu().numpy()]))

    def _by_member(self, grouped: Sequence[Tensor]) -> Tensor:
        """From each group's B×(M·C) to all members' M×B×C, in order."""
        logits: dict[int, Tensor] = {}
        for group, output in zip(self.alike, grouped, strict=True):
            logits |= zip(group.positions, torch.split(output, len(self.classes), dim=1), strict=True)
        return torch.stack([logits[i] for i in range(len(logits))])


def _checked(images: Tensor) -> Tensor:
    if images.dtype == torch.uint8 and images.ndim == 4 and images.shape[3] == 3:
        return images
    raise UsageError(
        f"An ensemble takes uint8 images N×H×W×3; these are {images.dtype} of the shape {tuple(images.shape)}.",
        "Give pixels of 0 to 255 as they come from a file, neither scaled nor normalised; `image[None]` is a batch of one.",
    )


def _alike(members: Sequence[Trained]) -> list[list[int]]:
    """Positions of members in groups that take the same input in the same precision."""

    def key(position: int) -> Any:
        task = members[position].task
        train, weights = task.train, task.weights
        return weights.mean, weights.std, train.final_size, train.interpolation, train.eval_precision, train.eval_flip

    return [list(positions) for _, positions in groupby(sorted(range(len(members)), key=key), key)]


def assemble(task: FusionTask, members: Sequence[Trained], manifest: Manifest) -> Ensemble:
    """Return the ensemble that a fusion task describes, on the CPU."""
    if task.tau_norm:
        members = [with_normalised_head(member, task.tau_norm) for member in members]
    added = corrections(task, members, manifest)
    return Ensemble(
        members,
        task.rule,
        added,
        manifest.classes,
        temperature=task.temperature,
        flip=task.flip,
        size=(manifest.height, manifest.width),
    )


def with_normalised_head(member: Trained, tau: float) -> Trained:
    """The member with a copy of its network whose head is τ-normalised."""
    network = copy.deepcopy(member.network)
    normalise_head(network, tau)
    return replace(member, network=network)


@overload
def load_ensemble(source: Path | str) -> Ensemble: ...
@overload
def load_ensemble(source: Store, run: str) -> Ensemble: ...
def load_ensemble(source: Store | Path | str, run: str | None = None) -> Ensemble:
    """Return a finished run's ensemble, on the CPU, from the store or from a directory that ``ltk8s pull`` made.

    ``load_ensemble(store, "stack-wl")(images)`` and ``load_ensemble("directory")(images)`` are probabilities. Images of another
    size than the data set's are first scaled until they fill it, and their centre is cut out, as ``ltk8s predict`` does.

    Args:
        source: what ``open_store`` returns, or the directory.
        run: of a store, a run's name, its beginning, or an experiment's name (its newest run).

    Raises:
        UsageError: if there is no such run or directory, or the run is not finished.
        MembersError: if a learner of it is missing or bad.
        StoreError: if the store cannot be reached, or a file of the directory is not what was pulled.
    """
    if isinstance(source, Path | str):
        directory = Path(source)
        bundle = read_bundle(directory)
        return assemble(bundle.task, pulled_members(directory, bundle), bundle.dataset)
    return _from_store(source, run or "")


def _from_store(store: Store, run: str) -> Ensemble:
    record = find_run(store, run)
    if record.kind != "experiment":
        raise UsageError(f"{record.run!r} is a sweep: it ends in a ranking, not in an ensemble.", "Name an experiment's run.")
    if read_result(store, "fusion", record.fusion) is None:
        raise UsageError(f"The run {record.run!r} is not finished.", f"`ltk8s status {record.run}` shows how far it is.")
    task = parse_task(store.get(layout.task("fusion", record.fusion)))
    assert isinstance(task, FusionTask)
    manifest = Manifest.model_validate_json(store.get(layout.dataset_manifest(task.dataset.name, task.dataset.fingerprint)))
    return assemble(task, load_members(store, task, len(manifest.classes)), manifest)


def fitted(pixels: NDArray[np.uint8], height: int, width: int) -> NDArray[np.uint8]:
    """An image, H×W×3, scaled until it fills height × width, and its centre: as staging does."""
    if pixels.shape[:2] == (height, width):
        return pixels
    from PIL import Image, ImageOps

    return np.array(ImageOps.fit(Image.fromarray(pixels), (width, height), Image.Resampling.BICUBIC))
