from __future__ import annotations

import numpy as np

from ltk8s.metrics import accuracy_by_class, confusions, grouped

LABELS = np.array([0, 0, 0, 1, 1, 2])
PREDICTED = np.array([0, 1, 1, 1, 0, 1])


def test_each_class_is_counted_exactly() -> None:
    right, n = accuracy_by_class(PREDICTED, LABELS, 4)
    assert right.tolist() == [1, 1, 0, 0]
    assert n.tolist() == [3, 2, 1, 0]


def test_groups_go_by_training_images() -> None:
    groups = grouped(np.array([1, 2, 3, 4]), np.array([10, 10, 10, 10]), [101, 100, 20, 19])
    assert groups == {
        "many": {"classes": 1, "n": 10, "correct": 1},
        "medium": {"classes": 2, "n": 20, "correct": 5},
        "few": {"classes": 1, "n": 10, "correct": 4},
    }


def test_an_empty_group_is_there_with_zeros() -> None:
    assert grouped(np.array([1]), np.array([2]), [500])["few"] == {"classes": 0, "n": 0, "correct": 0}


def test_confusions_come_by_falling_count_with_names() -> None:
    assert confusions(PREDICTED, LABELS, ["cat", "dog", "eel"]) == [
        {"label": "cat", "predicted": "dog", "count": 2},
        {"label": "dog", "predicted": "cat", "count": 1},
        {"label": "eel", "predicted": "dog", "count": 1},
    ]


def test_confusions_stop_at_the_worst() -> None:
    assert confusions(PREDICTED, LABELS, 3, worst=1) == [{"label": 0, "predicted": 1, "count": 2}]


def test_no_mistakes_are_no_confusions() -> None:
    assert confusions(LABELS, LABELS, 3) == []
