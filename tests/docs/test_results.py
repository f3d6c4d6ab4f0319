"""The measured results: their tables follow from the evidence that is kept beside them."""

import json
from pathlib import Path

import pytest

from ltk8s.report import collect
from ltk8s.report.study import Study
from ltk8s.store import open_store
from ltk8s.store.archive import unpack

RESULTS = Path(__file__).parents[2] / "docs" / "results"


@pytest.mark.parametrize("evidence", sorted(RESULTS.glob("*/evidence.tar.xz")), ids=lambda file: file.parent.name)
def test_the_numbers_follow_from_the_evidence(evidence, tmp_path):
    printed = Study.model_validate(json.loads((evidence.parent / "results.json").read_text()))
    store = open_store(tmp_path.as_uri())
    unpack(store, evidence)
    found = collect(store)
    assert counts(found) == counts(printed)
    assert numbers(found) == pytest.approx(numbers(printed), abs=1e-9)  # below it a p-value is rounding
    assert [(claim.claim, claim.verdict) for claim in found.claims] == [
        (claim.claim, claim.verdict) for claim in printed.claims
    ]


def counts(study):
    """How many images each finished run has right, by run."""
    return {row.run: row.outcome.correct for row in study.rows if row.outcome}


def numbers(study):
    """Each cell's mean and interval, and its difference from the baseline with interval and p-value."""
    found = {}
    for cell in study.cells:
        place = (cell.experiment, cell.variant, cell.ratio)
        found |= {(*place, "accuracy"): cell.accuracy, (*place, "low"): cell.interval[0], (*place, "high"): cell.interval[1]}
        if contrast := cell.contrast:
            found |= {(*place, "difference"): contrast.difference, (*place, "p"): contrast.p_holm}
            found |= {(*place, "from"): contrast.interval[0], (*place, "to"): contrast.interval[1]}
    return found


def test_there_is_evidence():
    assert list(RESULTS.glob("*/evidence.tar.xz"))
