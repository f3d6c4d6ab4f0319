"""The sections of the page: what is said of each part of a study, and which figures and tables show it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from itertools import chain

from ltk8s.report import numbers
from ltk8s.report.page import evidence
from ltk8s.report.page import results as tables
from ltk8s.report.page.panels import predictors, sampling, training
from ltk8s.report.page.panels import results as result_panels
from ltk8s.report.page.panels import sweeps as sweep_panels
from ltk8s.report.page.panels.panel import Panel
from ltk8s.report.page.part import Part
from ltk8s.report.page.section import Group, Section
from ltk8s.report.study import Study


def results(own: list[Part]) -> Section:
    groups = [Group("", tuple(result_panels.staircases(part)), (tables.results(part),)) for part in own]
    return Section("results", "Results", "", tuple(groups), kind="results" if groups else "")


def claims(study: Study) -> Section:
    lead = "Each as the report makes it, whether it held here, and why one can say so."
    return Section("claims", "The claims", lead, kind="claims" if study.claims else "")


def differences(own: list[Part]) -> Section:
    lead = "How sure one can be of each difference, and every number behind the table above."
    after = "Filled: real, after correction and with every seed agreeing. Open: cannot be told from the baseline. Lines: 95 %."
    groups = []
    for part in own:
        panels = tuple(result_panels.differences(part))
        theirs = " Diamonds: the student report’s." if any("Diamond" in panel.caption for panel in panels) else ""
        every = (tables.accuracy(part), tables.details(part))
        bare = tuple(replace(panel, caption="") for panel in panels)
        groups.append(Group(_heading(own, part), bare, every, after=after + theirs))
    return Section("differences", "Differences and their intervals", lead, tuple(groups), layout="folded")


def sweeps(study: Study) -> Section:
    groups = []
    for sweep in study.sweeps:
        table = evidence.sweep(sweep)
        where = "all images" if sweep.setting.ratio is None else f"ratio {numbers.ratio(sweep.setting.ratio)}"
        outcome = sweep.ranking.reason if sweep.ranking else f"Unfinished: {sweep.unfinished}."
        cost = f"{sweep.learners} learners, {sweep.device_hours:.2f} device-hours"
        note = f"{outcome} {cost}. To trace it: {sweep.command}"
        heading = f"{sweep.title}, {sweep.setting.dataset}, {where}"
        groups.append(Group(heading, tuple(sweep_panels.panels(sweep)), (table,) if table else (), note))
    return Section("sweeps", "Sweeps (Figs 1 and 2)", _how_swept(study), tuple(groups), layout="folded")


def balancing(own: list[Part]) -> Section:
    lead = "Every class ends at the threshold: a random part of the larger ones, copies and a random rest of the smaller."
    return Section("balancing", "Artificial balancing (Fig 3)", lead, _groups(own, sampling.balanced))


def weighting(study: Study, own: list[Part]) -> Section:
    lead = (
        "INS weighs a class of n images by 1/n, ISNS by 1/√n, ENS by (1−β)/(1−βⁿ) with β = .9999. At n ≤ 500 ENS is within "
        "2.5 % of INS, and this is why their curves coincide."
    )
    after = (
        "Each pair: one network, the same hyper-parameters, images and order; the same axes in every pair. Losses as minimised "
        "are weighted, each in its own way, and not on one scale; unweighted loss and accuracy are. Faint: single readings."
    )
    return Section(
        "weighting", "Weighting functions (Fig 4)", lead, _groups(own, lambda part: training.weightings(study, part), after)
    )


def bagging(own: list[Part]) -> Section:
    lead = "Every bag holds all images of the smaller classes, and a share of each class above the median."
    after = "Classes of a bag are in the order and on the scale of the training set beside it."
    both = _groups(own, lambda part: chain(sampling.bagged(part), sampling.dealt(part)), after)
    return Section("bagging", "Balanced bagging (Figs 5 and 6)", lead, both)


def learning(study: Study, own: list[Part]) -> Section:
    after = "One learner each, on augmented images while training. Faint: single readings. Losses are each on their own scale."
    return Section("training", "Learning curves", "", _groups(own, lambda part: training.learning_curves(study, part), after))


def calibration(own: list[Part]) -> Section:
    lead = "Of the answers given with some confidence, how many are right?"
    after = "Below the diagonal a predictor is surer than it is right. Bins of under 10 images are left out."
    return Section("calibration", "Calibration", lead, _groups(own, predictors.calibration, after))


def classes(own: list[Part]) -> Section:
    lead = "The best technique of each ratio against the baseline, class by class, the largest class at the top."
    after = "Beside each class: its training images."
    return Section("classes", "Which classes gain", lead, _groups(own, predictors.class_gains, after))


def mistakes(study: Study, own: list[Part]) -> Section:
    groups = []
    for part in own:
        best = [(part.best(ratio), part.where(ratio)) for ratio in part.ratios]
        pairs = tuple(evidence.confusions(cell, where) for cell, where in best if cell and cell.confusions)
        groups.append(Group(_heading(own, part), (), pairs))
    lead = "The pairs of classes that the best technique of each ratio mixes up most, and its surest mistakes on rare classes."
    return Section("mistakes", "What is still wrong", lead, tuple(groups), layout="pairs", galleries=study.galleries)


def errata(study: Study) -> Section:
    lead = "What the student report says, and what is found."
    return Section("errata", "What the report got wrong", lead, kind="errata" if study.errata else "")


def cost(study: Study) -> Section:
    return Section("cost", "What it cost", "", (Group(tables=(evidence.costs(study),)),) if study.costs else ())


def not_run(study: Study) -> Section:
    lead = "Listed, so that nobody takes a gap for a result."
    return Section("not-run", "Not run", lead, (Group(tables=(evidence.not_run(study),)),) if study.not_run else ())


def provenance(study: Study) -> Section:
    lead = "Every number on this page is a run’s. One command shows the task, the Job manifest and the log behind it."
    table = (Group(tables=(evidence.provenance(study),)),) if study.origins else ()
    return Section("provenance", "Where every number is from", lead, table)


def reading() -> Section:
    return Section("reading", "How to read the numbers", kind="reading")


def _how_swept(study: Study) -> str:
    """What the sweeps of the study look at; one that is unfinished says nothing of it yet."""
    selects = {sweep.ranking.selects for sweep in study.sweeps if sweep.ranking}
    chooses = (
        "A sweep that chooses does so by out-of-fold predictions of training images and never looks at the test set. Within "
        "one standard error of the best, the default or else the cheapest point wins."
    )
    shows = "A sweep that chooses nothing shows test accuracies."
    return " ".join([chooses] * ("oof" in selects) + [shows] * ("nothing" in selects))


def _groups(own: list[Part], draw: Callable[[Part], Iterable[Panel]], after: str = "") -> tuple[Group, ...]:
    groups = [(part, tuple(draw(part))) for part in own]
    return tuple(Group(_heading(own, part), panels, after=after) for part, panels in groups if panels)


def _heading(own: list[Part], part: Part) -> str:
    """A part's name, where there is more than one."""
    return part.name if len(own) > 1 else ""
