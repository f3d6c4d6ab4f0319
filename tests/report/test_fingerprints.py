"""Other images under the name of a data set: what is said of one says nothing of the other."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from ltk8s.report import collect
from ltk8s.report.grid import grid
from ltk8s.report.latex import to_latex
from ltk8s.report.page.panels.training import learning_curves
from ltk8s.report.page.part import parts
from ltk8s.report.page.results import results
from ltk8s.report.study import Study
from ltk8s.store import Store
from ltk8s.store.runs import RunRecord

MakeRun = Callable[..., RunRecord]

A, B = "a" * 16, "b" * 16


@pytest.fixture
def two_stagings(store: Store, make_run: MakeRun) -> Study:
    for ratio in (0.1, 0.02):
        for fingerprint, few in ((A, 40), (B, 12)):
            make_run("baseline", (90, 60, 10), ratio=ratio, fingerprint=fingerprint)
            make_run("stack-wl", (90, 60, few), ratio=ratio, fingerprint=fingerprint)
    make_run("stacking", ratio=0.02, fingerprint=B)
    return collect(store)


def test_each_table_has_its_own_average(two_stagings: Study) -> None:
    tables = [results(part) for part in parts(two_stagings)]
    assert [[line.items[3].text for line in table.lines][1] for table in tables] == ["+10.0", "+0.7"]
    assert [table.caption for table in tables] == [f"cifar50 ({A}), profile cpu", f"cifar50 ({B}), profile cpu"]


def test_each_latex_table_has_its_own_average(two_stagings: Study) -> None:
    lines = [line for line in to_latex(two_stagings).splitlines() if "Stack wl" in line]
    assert [line.split(" & ")[3] for line in lines] == ["$+10.0$", "$+0.7$"]


def test_the_grid_averages_over_no_two_of_them(two_stagings: Study) -> None:
    texts = grid(two_stagings)
    assert [row[0] for row in texts.rows] == [f"cifar50 ({A})", f"cifar50 ({A})", f"cifar50 ({B})", f"cifar50 ({B})"]


def test_what_was_not_run_is_open_in_its_own_table(two_stagings: Study) -> None:
    assert [[label for label, _ in part.not_run] for part in parts(two_stagings)] == [[], ["Stacking"]]


def test_a_claim_is_not_judged_across_them(store: Store, make_run: MakeRun) -> None:
    runs = [make_run("baseline", (50, 40, 5), ratio=0.1, fingerprint=A), make_run("stack-wl", (90, 60, 30), fingerprint=B)]
    found = [claim for claim in collect(store, runs).claims if "next easier one" in claim.claim]
    assert [(claim.fingerprint, claim.verdict) for claim in found] == [(A, "not tested"), (B, "not tested")]
    assert found[0].evidence[0] == f"On the images with the fingerprint {A}."


def test_a_learning_curve_is_drawn_with_its_own_images(
    store: Store, make_run: MakeRun, make_learner: Callable[..., None]
) -> None:
    runs = [make_run("baseline", (90, 60, 10), fingerprint=fingerprint) for fingerprint in (A, B)]
    make_learner(runs[0].members[0].id, curve="step,epoch,loss,accuracy,images\n1,0.5,2.0,0.4,32\n2,1.0,1.5,0.6,32\n")
    study = collect(store, runs)
    assert [len(list(learning_curves(study, part))) for part in parts(study)] == [2, 0]
