"""How members' outputs become one: each rule takes logits M×N×C to log-probabilities N×C, members weighing the same."""

from __future__ import annotations

import math
from collections.abc import Callable

from torch import Tensor


def mean_probability(logits: Tensor) -> Tensor:
    """log of the mean of the members' softmax."""
    return logits.log_softmax(-1).logsumexp(0) - math.log(len(logits))


def mean_logit(logits: Tensor) -> Tensor:
    """log softmax of the mean of the members' logits: their probabilities' geometric mean, normalised."""
    return logits.mean(0).log_softmax(-1)


RULES: dict[str, Callable[[Tensor], Tensor]] = {"mean-probability": mean_probability, "mean-logit": mean_logit}
