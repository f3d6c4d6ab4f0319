"""A ranking's members: what each committed, without its network."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from ltk8s.errors import Corrupt
from ltk8s.network.learners import Predictions, put_aside, read_learner, read_members, read_predictions
from ltk8s.planning.task import LearnerTask, RankingTask
from ltk8s.store.base import Store
from ltk8s.store.commit import Result


@dataclass(frozen=True)
class Member:
    """One learner: its task and its commit. Its predictions are read when they are needed."""

    task: LearnerTask
    result: Result

    @property
    def class_counts(self) -> tuple[float, ...]:
        """How often an epoch of its training showed each class."""
        return tuple(self.result.provenance["class_counts"])


class Members:
    """All learners of a ranking, by id. One that turns out to be bad is set aside, so that submitting again trains it anew."""

    def __init__(self, store: Store, task: RankingTask, classes: int, check: Callable[[], None] = lambda: None) -> None:
        """Read every commit.

        Args:
            classes: how many classes the data set has.
            check: called before each member; what it raises ends the reading.

        Raises:
            MembersError: if any is missing or bad; it names them all.
        """
        self._store, self._classes = store, classes
        read = read_members(store, task.members, lambda result: Member(read_learner(store, result.id, task), result), check)
        self._by_id = {member.task.id: member for member in read}

    def __getitem__(self, id: str) -> Member:
        return self._by_id[id]

    def predictions(self, id: str) -> Predictions:
        """What a member committed, verified.

        Raises:
            MembersError: if it is not what was committed.
        """
        result = self._by_id[id].result
        try:
            return read_predictions(self._store, result, self._classes)
        except Corrupt as error:
            raise put_aside(self._store, id, error, result) from None
