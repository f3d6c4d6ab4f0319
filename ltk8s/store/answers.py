"""A fusion's answers: of each test image the class that was said, and how surely. All that a report needs of its
predictions, in a fiftieth of their size.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ltk8s.errors import Corrupt
from ltk8s.store import layout
from ltk8s.store.base import Store
from ltk8s.store.commit import Result, read_artifact

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class Answers:
    """N images: ``predicted`` and ``labels`` are classes, ``keys`` which image it is (int64); ``confidence`` is the
    probability of the predicted class (float32).
    """

    predicted: NDArray[np.int64]
    confidence: NDArray[np.float32]
    labels: NDArray[np.int64]
    keys: NDArray[np.int64]

    @classmethod
    def of(cls, logits: NDArray[np.float32], labels: NDArray[np.int64], keys: NDArray[np.int64]) -> Answers:
        """The answers that N×C logits (or log-probabilities) give: the first of the largest, with its softmax."""
        import numpy as np

        highest = logits.max(axis=1, keepdims=True)
        confidence = 1 / np.exp(logits - highest, dtype=np.float64).sum(axis=1)
        return cls(logits.argmax(axis=1), confidence.astype(np.float32), labels, keys)

    @property
    def correct(self) -> NDArray[np.bool_]:
        """Whether each image is right, N."""
        right: NDArray[np.bool_] = self.predicted == self.labels
        return right

    def same_images(self, other: Answers) -> bool:
        """Whether both are of the same images in the same order."""
        import numpy as np

        return np.array_equal(self.keys, other.keys) and np.array_equal(self.labels, other.labels)

    def encode(self) -> bytes:
        """The artifact that ``read_answers`` reads."""
        from safetensors.numpy import save

        return save({"predicted": self.predicted, "confidence": self.confidence, "labels": self.labels, "keys": self.keys})


def read_answers(store: Store, result: Result) -> Answers:
    """Read and verify what a fusion said; of one made before there were answers, what follows from its logits.

    Raises:
        Corrupt: if it is not what the commit says, or no answers.
    """
    from safetensors import SafetensorError
    from safetensors.numpy import load

    artifact = layout.ANSWERS if layout.ANSWERS in result.artifacts else layout.PREDICTIONS
    try:
        tensors = load(read_artifact(store, result, artifact))
        labels, keys = tensors["labels"], tensors["keys"]
        if artifact == layout.PREDICTIONS:
            return Answers.of(tensors["logits"], labels, keys)
        return Answers(tensors["predicted"], tensors["confidence"], labels, keys)
    except (SafetensorError, KeyError) as error:
        raise Corrupt(result.key(artifact), f"it holds no predictions ({error})") from None
