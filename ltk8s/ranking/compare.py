"""A sweep's points against the best of them, image by image: how far behind each is, and what of that is more than chance."""

from __future__ import annotations

from collections.abc import Sequence

from ltk8s.metrics import holm, over_seeds
from ltk8s.ranking.score import Pooled
from ltk8s.spec.ranking import Difference, Ranking


def compare(ranking: Ranking, pooled: Sequence[Pooled]) -> Ranking:
    """Return the ranking with every other point's difference from its best, by what ranks them.

    Every point has predicted the same images, so that a difference is far better known than two scores with an error each: what
    both get right or both get wrong does not count. That the best was picked for being best is not taken into account.

    Args:
        pooled: what each point predicts, in the ranking's order.
    """
    best = pooled[ranking.best]
    others = [i for i in range(len(pooled)) if i != ranking.best]
    balanced = ranking.selects == "oof"
    found = [over_seeds(pooled[i].correct[None], best.correct[None], best.labels, balanced=balanced) for i in others]
    differences = {
        i: Difference(difference=over.difference, interval=over.resampled.interval(), p=p)
        for i, over, p in zip(others, found, holm([over.p for over in found]), strict=True)
    }
    points = [point.model_copy(update={"against_best": differences.get(i)}) for i, point in enumerate(ranking.points)]
    return ranking.model_copy(update={"points": tuple(points)})
