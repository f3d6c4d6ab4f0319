"""What to try on a data set, and how long each of it takes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from ltk8s.cli.overview import is_even
from ltk8s.cli.planning import weights_finder
from ltk8s.cli.show import about, table
from ltk8s.data.manifest import Manifest
from ltk8s.errors import UsageError
from ltk8s.planning.done import find_done
from ltk8s.planning.estimate import rates, total
from ltk8s.planning.planner import plan
from ltk8s.planning.study import Planned, arrange, seconds_by
from ltk8s.spec.base import Spec
from ltk8s.spec.library import Library
from ltk8s.spec.study import Cell
from ltk8s.store.base import Store
from ltk8s.store.weights import list_weights

ON_A_TAIL = {
    "baseline": "one network, trained plainly: what the others are compared with",
    "post-hoc-la": "the same network, its outputs corrected for the tail: costs no training",
    "logit-adjustment": "one network that learns with that correction",
    "weighted-loss": "one network for whose loss a rare class weighs more",
    "stack-la": "three different networks with logit adjustment, averaged",
    "stack-wl": "three different networks with weighted loss, averaged",
    "best": "what out-of-fold results chose on CIFAR-50",
}
FEW_STEPS, ENOUGH_STEPS = 150, 300
"""A profile counts in epochs, which are over after a few steps where there are few images: below the first, the second is what
is suggested. The profile `cpu` takes 300 steps for the smallest tail of the study.
"""

WITHOUT_A_TAIL = {
    "baseline": "one network: what the others are compared with",
    "stacking": "three different networks, averaged",
}


class Suggestion(Spec):
    """An experiment to try.

    ``learners`` are its networks, ``new`` those of them that are neither trained yet nor needed by a suggestion above, and
    ``seconds`` how long these and the fusion take, one after the other; None where nothing like them was measured.
    """

    experiment: str
    why: str
    learners: int
    new: int
    seconds: float | None


@dataclass(frozen=True)
class Suggestions:
    """What to try, the most telling first, and the ``settings`` (dotted path → value) to try all of it with."""

    tries: tuple[Suggestion, ...] = ()
    settings: dict[str, Any] = field(default_factory=dict)


def suggestions(store: Store, manifest: Manifest, counts: Sequence[int], ratio: float | None, profile: str) -> Suggestions:
    """Return what to try on a data set with these counts; nothing where a class has no image.

    Raises:
        StoreError: if the store cannot be reached.
    """
    if not all(counts):
        return Suggestions()
    library, known = Library(), set(Library().experiments())
    settings = enough_steps(library, profile, sum(counts))
    reasons = WITHOUT_A_TAIL if is_even(counts) else ON_A_TAIL
    cells = [
        _planned(library, store, Cell("suggested", name, ratio or "full", 0, settings), manifest, profile)
        for name in reasons
        if name in known
    ]
    done, _ = find_done([each.plan for each in cells if each.plan], store)
    made = arrange(cells, done, seconds_by(rates(store), manifest))
    tries = [
        Suggestion(
            experiment=each.cell.experiment,
            why=reasons[each.cell.experiment],
            learners=len(each.plan.learners),
            new=len(each.new),
            seconds=each.seconds,
        )
        for each in made
        if each.plan and each.runs
    ]
    return Suggestions(tuple(tries), settings)


def enough_steps(library: Library, profile: str, images: int) -> dict[str, Any]:
    """What to set so that so few images are trained on for long enough; nothing where the profile does."""
    train = library.experiment("baseline", profile=profile)[1].train
    steps = train.steps or (train.epochs or 0) * max(1, images // train.batch_size)
    return {"train.steps": ENOUGH_STEPS} if steps < FEW_STEPS else {}


def suggested(made: Suggestions, name: str, ratio: float | None, profile: str) -> Iterator[Any]:
    """What a person is shown: what to try, how long each takes beyond those above it, and the command for all."""
    rows = table("TRY", "NETWORKS", "NEW", "TIME", "")
    for each in made.tries:
        rows.add_row(each.experiment, str(each.learners), str(each.new), _time(each.seconds), each.why)
    yield rows
    yield ""
    yield submit_command(made, name, ratio)
    sum_of_all = _time(total([each.seconds for each in made.tries]))
    yield f"Profile {profile}, one network after the other: {sum_of_all}, and some seconds for each to start."
    if made.settings:
        yield f"The profile's epochs are over after fewer than {FEW_STEPS} steps on so few images, hence {ENOUGH_STEPS} steps."


def submit_command(made: Suggestions, name: str, ratio: float | None) -> str:
    """The command that submits all of the suggestions."""
    experiments = " ".join(each.experiment for each in made.tries)
    settings = "".join(f" --set {path}={value}" for path, value in made.settings.items())
    return f"ltk8s submit {experiments} --dataset {name} --ratio {'full' if ratio is None else f'{ratio:g}'}{settings}"


def _time(seconds: float | None) -> str:
    return "unknown" if seconds is None else about(seconds) if seconds else "done"


def _planned(library: Library, store: Store, cell: Cell, manifest: Manifest, profile: str) -> Planned:
    where = {**cell.settings, "dataset.name": manifest.name, "dataset.ratio": cell.ratio}
    _, experiment = library.experiment(cell.experiment, profile=profile, overrides=where)
    staged = {card.arch for card in list_weights(store)}
    unstaged = [learner.arch for learner in experiment.learners if learner.arch not in staged]
    try:
        return Planned(cell, plan(cell.experiment, experiment, manifest, weights_finder(store, unstaged), profile=profile))
    except UsageError as error:
        return Planned(cell, None, dropped=error.what)
