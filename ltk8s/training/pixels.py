"""A learner's training images, kept where a batch is fetched fastest."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from ltk8s.data.dataset import Images
from ltk8s.data.memory import memory_limit
from ltk8s.data.split import Indices


class Pixels:
    """The images at ``rows`` (repetitions are stored once), uint8: on the device, in memory, or left on disk, as they fit.

    What is in memory already is not copied there.

    Index it with an int64 tensor of positions in ``rows`` and you have a batch, uint8 B×H×W×3.

    Args:
        memory: bytes that this process may use, of which images from disk may fill a quarter; by default what there is.
    """

    def __init__(self, images: Images, rows: Indices, device: torch.device, *, memory: int | None = None) -> None:
        self._source = images
        self._rows, places = np.unique(rows, return_inverse=True)
        self._resident: Tensor | None = None
        size = len(self._rows) * int(np.prod(images.shape[1:]))
        on_device = device.type == "cuda" and size <= torch.cuda.mem_get_info(device)[0] // 2
        if isinstance(images, np.ndarray) and not on_device:
            self._resident, places = torch.from_numpy(images), rows
        elif isinstance(images, np.ndarray) or size <= (memory or memory_limit()) // 4:
            self._resident = torch.from_numpy(images[self._rows]).to(device if on_device else "cpu")
        self._places = torch.from_numpy(places).to(self._resident.device if self._resident is not None else "cpu")

    @property
    def stored(self) -> int:
        """How many images there are, repetitions not counted."""
        return len(self._rows)

    @property
    def resident(self) -> bool:
        """Whether they are in memory, the device's or the machine's."""
        return self._resident is not None

    def __getitem__(self, positions: Tensor) -> Tensor:
        places = self._places[positions.to(self._places.device)]
        if self._resident is None:
            return torch.from_numpy(self._source[self._rows[places.numpy()]])
        return self._resident[places]
