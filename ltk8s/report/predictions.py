"""A fusion's committed predictions, as far as a report needs them: which image, which class, what was said and how surely."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ltk8s.errors import Corrupt
from ltk8s.store.base import Store
from ltk8s.store.commit import Result, read_artifact

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

ARTIFACT = "predictions.safetensors"


@dataclass(frozen=True, eq=False)
class Predictions:
    """N images: ``predicted`` and ``labels`` are classes, ``keys`` which image it is (int64); ``confidence`` is the
    probability of the predicted class.
    """

    predicted: NDArray[np.int64]
    confidence: NDArray[np.float64]
    labels: NDArray[np.int64]
    keys: NDArray[np.int64]

    @property
    def correct(self) -> NDArray[np.bool_]:
        """Whether each image is right, N."""
        right: NDArray[np.bool_] = self.predicted == self.labels
        return right

    def same_images(self, other: Predictions) -> bool:
        """Whether both are of the same images in the same order."""
        import numpy as np

        return np.array_equal(self.keys, other.keys) and np.array_equal(self.labels, other.labels)


def read_predictions(store: Store, result: Result) -> Predictions:
    """Read and verify a result's predictions.

    Raises:
        Corrupt: if they are not what the commit says, or no predictions.
    """
    import numpy as np
    from safetensors import SafetensorError
    from safetensors.numpy import load

    try:
        tensors = load(read_artifact(store, result, ARTIFACT))
        logits, labels, keys = tensors["logits"], tensors["labels"], tensors["keys"]
    except (SafetensorError, KeyError) as error:
        raise Corrupt(result.key(ARTIFACT), f"it holds no predictions ({error})") from None
    highest = logits.max(axis=1, keepdims=True)
    # The softmax of the largest logit; of a fusion's log-probabilities, the probability itself.
    confidence = 1 / np.exp(logits - highest, dtype=np.float64).sum(axis=1)
    return Predictions(logits.argmax(axis=1), confidence, labels, keys)
