"""What the best predictor still gets wrong on the classes with few training images, most confident mistakes first."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from ltk8s.report.cell import Cell
from ltk8s.report.exhibit import Gallery, Mistake
from ltk8s.report.images import images_by_key
from ltk8s.report.runs import Run, Runs
from ltk8s.report.study import Scale
from ltk8s.store.answers import Answers
from ltk8s.store.base import Store

MISTAKES = 24
OF_A_CLASS = 3


@dataclass(frozen=True, eq=False)
class _Best:
    """The best cell of a line, the run that is shown of it, and its baseline's answers if it has one."""

    cell: Cell
    run: Run
    answers: Answers
    baseline: Answers | None


def galleries(store: Store, scales: dict[Scale, list[Cell]], runs: Runs) -> list[Gallery]:
    """Return a gallery for each line of the table that has classes with few training images (< 20)."""
    best = [_best(line, runs) for line in scales.values()]
    return [made for each in best if each and (made := _gallery(store, each))]


def _best(line: Sequence[Cell], runs: Runs) -> _Best | None:
    cell = max(line, key=lambda cell: cell.score)
    shown = cell.replicates[0]
    run = runs.named(shown.run)
    if run.answers is None:
        return None
    baseline = runs.named(shown.baseline_run).answers if shown.baseline_run else None
    return _Best(cell, run, run.answers, baseline)


def _gallery(store: Store, best: _Best) -> Gallery | None:
    import numpy as np

    from ltk8s.metrics import group_of

    answers, counts, names = best.answers, best.run.record.train_counts, best.run.class_names
    few = np.array([group_of(images) == "few" for images in counts])
    rare = few[answers.labels]
    wrong = np.flatnonzero(rare & ~answers.correct)
    if not len(wrong):
        return None
    chosen = _chosen(wrong[np.argsort(-answers.confidence[wrong], kind="stable")].tolist(), answers)
    images = images_by_key(store, best.cell.dataset, best.cell.fingerprint, answers.keys[chosen].tolist())
    mistakes = [
        Mistake(
            key=key,
            label=names[answers.labels[i]],
            images=counts[answers.labels[i]],
            predicted=names[answers.predicted[i]],
            confidence=round(float(answers.confidence[i]), 4),
            baseline=names[best.baseline.predicted[i]] if best.baseline else "",
            image=images[key],
        )
        for i in chosen
        if (key := int(answers.keys[i])) in images
    ]
    if not mistakes:
        return None
    return Gallery(
        dataset=best.cell.dataset,
        ratio=best.cell.ratio,
        profile=best.cell.profile,
        title=best.cell.label,
        run=best.run.row.run,
        wrong=len(wrong),
        n=int(rare.sum()),
        mistakes=tuple(mistakes),
    )


def _chosen(wrong: Sequence[int], answers: Answers) -> list[int]:
    """The first mistakes, but only a few of each class: a gallery of one class shows nothing of the others."""
    often: Counter[int] = Counter()
    chosen: list[int] = []
    for i in wrong:
        label = int(answers.labels[i])
        if often[label] < OF_A_CLASS and len(chosen) < MISTAKES:
            often[label] += 1
            chosen.append(i)
    return chosen
