"""A task's identity: stable, short, and decided by content alone."""

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ltk8s.errors import TaskError
from ltk8s.planning.planner import Plan
from ltk8s.planning.task import DatasetRef, FusionTask, LearnerTask, Split, canonical_json, parse_task

GOLDEN = json.loads(Path(__file__).with_name("golden_ids.json").read_text())
"""Ids that are out in the world. If this test fails, old results would no longer be found: raise RECIPE on purpose instead."""


def test_ids_never_change_by_accident(planned: Callable[..., Plan]) -> None:
    pinned = {"profile": "laptop", "train__epochs": 3, "train__image_size": 64, "train__batch_size": 64, "train__lr": 0.001}
    ids = {name: [task.id for task in (*planned(name, **pinned).learners, planned(name, **pinned).fusion)] for name in GOLDEN}
    assert ids == GOLDEN


def test_a_task_survives_its_canonical_json(manifest: object, planned: Callable[..., Plan]) -> None:
    for name in ("baseline", "bagging-wl", "artificial-balancing", "stack-la"):
        plan = planned(name, profile="laptop")
        for task in (*plan.learners, plan.fusion):
            assert parse_task(canonical_json(task)) == task
            assert parse_task(canonical_json(task)).id == task.id


def test_fields_at_their_default_are_not_in_the_canonical_json(planned: Callable[..., Plan]) -> None:
    text = canonical_json(planned("baseline", profile="laptop").learners[0])
    assert "warmup" not in text
    assert "fold" not in text
    assert '"kind":"learner"' in text


@given(
    name=st.from_regex(r"[a-z0-9]([a-z0-9-]{0,38}[a-z0-9])?", fullmatch=True),
    arch=st.text("abcXYZ_.019", min_size=1, max_size=80),
)
def test_an_id_is_a_dns_label_of_at_most_52_characters_with_its_whole_hash(name: str, arch: str) -> None:
    dataset = DatasetRef(name=name, fingerprint="0" * 16)
    task = FusionTask(kind="fusion", recipe=1, dataset=dataset, split=Split(ratio=0.005), members=(arch,), rule="mean-logit")
    assert re.fullmatch(r"[a-z0-9]([a-z0-9-]*[a-z0-9])?", task.id)
    assert len(task.id) <= 52
    assert re.search(r"-[0-9a-f]{10}$", task.id)


@pytest.mark.parametrize(
    ("text", "said"),
    [("{", "The task is not valid"), ('{"kind":"lerner"}', "kind"), ('{"kind":"fusion","recipe":1}', "dataset")],
)
def test_what_is_no_task_is_refused_naming_the_field(text: str, said: str) -> None:
    with pytest.raises(TaskError) as caught:
        parse_task(text)
    assert said in str(caught.value)


def test_a_learner_task_says_its_type(planned: Callable[..., Plan]) -> None:
    task = parse_task(canonical_json(planned("stack-wl").learners[0]))
    assert isinstance(task, LearnerTask)
