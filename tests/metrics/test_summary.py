from __future__ import annotations

import json
import subprocess
import sys

import numpy as np
import pytest

from ltk8s.errors import TaskError
from ltk8s.metrics import summarise

PROBABILITIES = np.array([[0.8, 0.2, 0.0], [0.4, 0.6, 0.0], [0.3, 0.7, 0.0], [0.5, 0.3, 0.2]], dtype=np.float32)
LABELS = np.array([0, 0, 1, 2])


def test_a_summary_holds_exact_counts() -> None:
    summary = summarise(PROBABILITIES, LABELS, [500, 50, 5])
    assert (summary["n"], summary["correct"], summary["accuracy"]) == (4, 2, 0.5)
    assert summary["per_class"] == {"correct": [1, 1, 0], "n": [2, 1, 1]}
    assert summary["balanced_accuracy"] == pytest.approx(0.5)
    assert summary["groups"]["few"] == {"classes": 1, "n": 1, "correct": 0}


def test_a_summary_is_json() -> None:
    summary = summarise(PROBABILITIES, LABELS, [500, 50, 5], ["cat", "dog", "eel"])
    assert json.loads(json.dumps(summary, allow_nan=False)) == summary
    assert summary["confusions"][0] == {"label": "cat", "predicted": "dog", "count": 1}


def test_nothing_to_evaluate_is_an_error() -> None:
    with pytest.raises(TaskError, match="no image"):
        summarise(PROBABILITIES[:0], LABELS[:0], [1, 1, 1])


def test_probabilities_that_are_not_finite_are_an_error() -> None:
    with pytest.raises(TaskError, match="not finite"):
        summarise(PROBABILITIES * np.nan, LABELS, [1, 1, 1])


def test_metrics_load_neither_torch_nor_scipy() -> None:
    code = "import sys, ltk8s.metrics; sys.exit(any(name in sys.modules for name in ('torch', 'scipy')))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
