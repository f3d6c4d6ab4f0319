"""What of some plans is done already, and which learners look done and cannot be used for what is still to come."""

from __future__ import annotations

from collections.abc import Iterable

from ltk8s.planning.sweep import AnyPlan
from ltk8s.store.base import Store
from ltk8s.store.commit import committed, lacking
from ltk8s.store.layout import KINDS


def find_done(plans: Iterable[AnyPlan], store: Store) -> tuple[set[str], dict[str, str]]:
    """Return what need not be done, and what has to be made anew although it is committed, with why.

    The latter are learners of unfinished runs whose commit names something that the store lacks: an import brings no networks.
    A learner that finished runs alone need stays done: nobody reads its network again.

    Raises:
        StoreError: if the store cannot be reached.
    """
    plans = list(plans)
    ids = {plan.last.id for plan in plans} | {task.id for plan in plans for task in plan.learners}
    done = set().union(*(committed(store, kind, ids) for kind in KINDS))
    needed = {task.id for plan in plans if plan.last.id not in done for task in plan.learners}
    anew = lacking(store, "learner", needed & done)
    return done - anew.keys(), anew
