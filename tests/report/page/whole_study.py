"""A whole study as plain data: every part of a report has something to show, and nothing was trained for it."""

from __future__ import annotations

import base64
import io

import numpy as np
from PIL import Image

from ltk8s.metrics.selection import Point, Ranking
from ltk8s.report.study import (
    Average,
    Cell,
    Claim,
    ClassScore,
    Confusion,
    Contrast,
    Cost,
    Curve,
    Erratum,
    Gallery,
    Group,
    Member,
    Mistake,
    NotRun,
    Origin,
    Outcome,
    ReliabilityBin,
    Replicate,
    Row,
    Scale,
    Setting,
    Split,
    Study,
    Sweep,
    Verdict,
)
from ltk8s.spec.ranking import Difference

NAMES = [f"class_{i:02}" for i in range(50)]
RATIOS = (None, 0.1, 0.02, 0.005)
TECHNIQUES = {  # title and gain over the baseline, points, at 0.1, 0.02 and 0.005
    "artificial-balancing": ("Artificial balancing", (0.4, 4.8, 2.4)),
    "weighted-loss": ("Weighted loss", (1.6, 4.9, -0.9)),
    "bagging-wl": ("Bagging / WL", (0.5, 4.6, 0.1)),
    "stacking": ("Stacking", (4.2, 3.1, 1.8)),
    "stack-wl": ("Stacking / WL", (6.4, 9.5, 7.7)),
    "stack-la": ("Stacking / LA", (7.0, 14.6, 12.1)),
    "best": ("Best", (8.2, 16.4, 14.9)),
    "control": ("Control, the largest member three times as long / WL", (3.0, 6.6, 6.0)),
}
BASE = {None: 0.792, 0.1: 0.74, 0.02: 0.62, 0.005: 0.52}
PUBLISHED = {"stack-wl": (0.0786, 0.079), "stacking": (0.0305, 0.030), "bagging-wl": (0.0173, 0.015)}
LITE = ("tf_efficientnet_lite0", "tf_efficientnet_lite1", "tf_efficientnet_lite2")


def whole_study() -> Study:
    cells = [cell for ratio in RATIOS for cell in _cells(ratio)]
    return Study(
        store="s3://experiments/long-tail",
        version="0.1.0",
        name="study",
        rows=tuple(_row(cell, replicate) for cell in cells for replicate in cell.replicates),
        cells=tuple(cells),
        averages=tuple(_average(experiment) for experiment in TECHNIQUES),
        verdicts=tuple(_verdict(ratio) for ratio in RATIOS),
        sweeps=(_architectures(), _grid(), _thresholds()),
        claims=(
            Claim(
                claim="Stacking / WL is best everywhere.",
                verdict="did not hold",
                evidence=("At 0.02 Best leads by 6.9 points.",),
            ),
            Claim(
                claim="Members learn different things.",
                verdict="held",
                evidence=("They disagree on 24.1 % of the images.", "The ensemble gains 4.4 points over its members' mean."),
                runs=("stack-wl-0-02-0",),
            ),
            Claim(claim="B0 is best for its size.", verdict="not tested", evidence=("Its weights are not at hand.",)),
        ),
        errata=(Erratum(said="Bagging / WL improves by .015 on average.", found="Its own table gives .0173."),),
        splits=tuple(_split(ratio) for ratio in RATIOS),
        curves=tuple(_curve(0.02, loss, seed=0) for loss in ("cross-entropy", "ins", "isns", "ens", "la")),
        galleries=(_gallery(),),
        costs=(Cost(what="All learners", learners=42, device_hours=5.31), Cost(what="Sweeps", learners=27, device_hours=1.02)),
        not_run=(
            NotRun(
                experiment="bagging-wl", title="Bagging / WL", dataset="cifar50", fingerprint="ffcb0f2fdd60712f",
                ratio=None, profile="cpu", seed=0, split_seed=0, run="",
                why="no class is above the median: there is no majority to deal",
            ),
            NotRun(
                experiment="wide", title="One larger network", dataset="cifar50", fingerprint="ffcb0f2fdd60712f",
                ratio=0.02, profile="cpu", seed=0, split_seed=0, run="wide-12345678",
                why="0 of 1 learners are committed, the fusion is not",
            ),
        ),
        origins=tuple(_origin(cell, replicate) for cell in cells for replicate in cell.replicates),
    )  # fmt: skip


def counts_at(ratio: float | None) -> list[int]:
    return [500 if ratio is None else int(500 * ratio ** (i / 49)) for i in range(50)]


def _cells(ratio: float | None) -> list[Cell]:
    cells = [_cell("baseline", "Baseline", ratio, 0.0)]
    for experiment, (title, gains) in TECHNIQUES.items():
        if ratio is not None:
            cells.append(_cell(experiment, title, ratio, gains[RATIOS.index(ratio) - 1] / 100))
        elif experiment == "weighted-loss":
            cells.append(_cell(experiment, title, ratio, 0.0, same_as="baseline"))
        elif experiment == "stacking":
            cells.append(_cell(experiment, title, ratio, 0.02))
    return cells


def _cell(experiment: str, title: str, ratio: float | None, gain: float, same_as: str = "") -> Cell:
    rng = np.random.default_rng([len(experiment), round(1000 * (ratio or 1))])
    accuracy = BASE[ratio] + gain
    seeds = (0, 1, 2) if ratio == 0.02 else (0,)
    archs = LITE if experiment.startswith(("stack", "best")) else LITE[:1]
    per_class = np.clip(accuracy + rng.normal(0, 0.1, 50) - np.linspace(-0.15, 0.15, 50), 0, 1)
    contrast = None
    if experiment != "baseline" and not same_as:
        differences = tuple(gain + 0.004 * (seed - len(seeds) // 2) for seed in seeds)
        contrast = Contrast(
            against="baseline", seeds=len(seeds), draws=len(seeds), n=5000, differences=differences, difference=gain,
            interval=(gain - 0.012, gain + 0.012), corrected=(gain - 0.016, gain + 0.016),
            t_interval=(gain - 0.01, gain + 0.01) if len(seeds) > 2 else None, p=0.2 if abs(gain) < 0.012 else 1e-6,
            p_holm=0.4 if abs(gain) < 0.012 else 6e-6, agree=True, real=abs(gain) > 0.016, smallest=0.018,
            given="" if len(seeds) > 1 else "this split and seed",
        )  # fmt: skip
    published = {None: {"baseline": 0.792}, 0.02: {"baseline": 0.6304, "stack-wl": 0.7253, "stacking": 0.6614}}.get(ratio, {})
    few = None if ratio in (None, 0.1) else accuracy - 0.1
    return Cell(
        experiment=experiment, title=title, label=title, dataset="cifar50", fingerprint="ffcb0f2fdd60712f", ratio=ratio,
        profile="cpu", variant="", networks=archs,
        replicates=tuple(_replicate(experiment, ratio, seed, accuracy, contrast) for seed in seeds),
        same_as=same_as, even=True, n=5000, accuracy=accuracy, interval=(accuracy - 0.013, accuracy + 0.013),
        balanced_accuracy=accuracy, balanced_interval=(accuracy - 0.012, accuracy + 0.012),
        groups={"many": accuracy + 0.08, "medium": None if ratio is None else accuracy - 0.02, "few": few},
        nll=1.02, brier=0.41, ece=0.05, parameters=3_435_058 * len(archs), multiply_adds=105_675_088 * len(archs),
        device_seconds=190.0 * len(archs), mean_member_accuracy=accuracy - 0.03 * (len(archs) > 1),
        disagreement=0.24 if len(archs) > 1 else None, without_duplicates=accuracy - 0.0004,
        reliability=tuple(_bin(i) for i in range(15)),
        classes=tuple(
            ClassScore(name=name, images=images, accuracy=float(a), baseline=float(a) - 0.09 + i / 400 if contrast else None)
            for i, (name, images, a) in enumerate(zip(NAMES, counts_at(ratio), per_class, strict=True))
        ),
        confusions=tuple(Confusion(label=NAMES[40 - i], predicted=NAMES[i], count=27 - 2 * i) for i in range(10)),
        contrast=contrast, group_gains={} if contrast is None else {"many": gain / 2, "medium": gain},
        seconds_ratio=float(len(archs)) if contrast else None, parameters_ratio=float(len(archs)) if contrast else None,
        published=published.get(experiment),
    )  # fmt: skip


def _replicate(experiment: str, ratio: float | None, seed: int, accuracy: float, contrast: Contrast | None) -> Replicate:
    run = f"{experiment}-{'full' if ratio is None else f'{ratio:g}'.replace('.', '-')}-{seed}"
    return Replicate(
        run=run, fusion=f"fusion-{run}", seed=seed, split_seed=seed, n=5000, correct=round(5000 * accuracy), accuracy=accuracy,
        balanced_accuracy=accuracy, baseline_run="" if contrast is None else f"baseline-{seed}",
        difference=None if contrast is None else contrast.difference,
    )  # fmt: skip


def _bin(i: int) -> ReliabilityBin:
    if i == 0:
        return ReliabilityBin(low=0, high=1 / 15, n=0, confidence=None, accuracy=None)
    return ReliabilityBin(low=i / 15, high=(i + 1) / 15, n=40 * i, confidence=(i + 0.5) / 15, accuracy=(i + 0.5) / 15 - 0.05)


def _row(cell: Cell, replicate: Replicate) -> Row:
    outcome = Outcome(
        n=5000, correct=replicate.correct, accuracy=replicate.accuracy, interval=cell.interval,
        balanced_accuracy=replicate.accuracy, balanced_interval=cell.interval, even=True,
        groups={name: Group(classes=0, n=0, correct=0) for name in cell.groups},
        nll=cell.nll, brier=cell.brier, ece=cell.ece, parameters=cell.parameters, device_seconds=cell.device_seconds,
        mean_member_accuracy=cell.mean_member_accuracy, disagreement=cell.disagreement,
    )  # fmt: skip
    setting = Setting(
        dataset=cell.dataset, fingerprint=cell.fingerprint, ratio=cell.ratio, split_seed=replicate.split_seed, profile="cpu",
        seed=replicate.seed,
    )  # fmt: skip
    members = tuple(Member(id=f"{replicate.run}-{arch}", arch=arch, seed=replicate.seed) for arch in cell.networks)
    return Row(
        run=replicate.run, fusion=replicate.fusion, experiment=cell.experiment, title=cell.title,
        created="2026-11-24T15:00:00+00:00", setting=setting, members=members, outcome=outcome,
    )  # fmt: skip


def _average(experiment: str) -> Average:
    title, gains = TECHNIQUES[experiment]
    mean = sum(gains) / 300
    recomputed, printed = PUBLISHED.get(experiment, (None, None))
    return Average(
        experiment=experiment, title=title, dataset="cifar50", fingerprint="ffcb0f2fdd60712f", profile="cpu", label=title,
        ratios=(0.1, 0.02, 0.005), improvements=tuple(gain / 100 for gain in gains), difference=mean,
        interval=(mean - 0.008, mean + 0.008), published=recomputed, published_same=recomputed, printed=printed,
    )  # fmt: skip


def _verdict(ratio: float | None) -> Verdict:
    where = "all images" if ratio is None else f"ratio {ratio:g}"
    sentence = (
        f"On cifar50 at {where} (profile cpu), Best, the best of 7 techniques, beats the baseline by 16.4 points (95 % "
        "interval +15.2 to +17.6, clear of 0: real); classes with few images gain most (+31.0), at 3.0 × the device-seconds."
    )
    return Verdict(
        scale=Scale(dataset="cifar50", fingerprint="ffcb0f2fdd60712f", ratio=ratio, profile="cpu"), sentence=sentence
    )


def _setting(ratio: float | None) -> Setting:
    return Setting(dataset="cifar50", fingerprint="ffcb0f2fdd60712f", ratio=ratio, split_seed=0, profile="cpu", seed=0)


def _point(label: str, settings: dict[str, object], score: float, arch: str = LITE[0], parameters: int = 3_435_058) -> Point:
    return Point(
        label=label, settings=settings, default=False, members=(f"{label}-f0", f"{label}-f1"), networks=(arch,), n=6369,
        correct=round(6369 * score), accuracy=score, balanced_accuracy=score, standard_error=0.009, groups={}, per_class={},
        parameters=parameters, device_seconds=320.0, compute=1e12,
        against_best=Difference(difference=score - 0.75, interval=(score - 0.76, score - 0.74), p=0.03),
    )  # fmt: skip


def _sweep(experiment: str, title: str, ratio: float | None, ranking: Ranking) -> Sweep:
    return Sweep(
        run=f"{experiment}-0", id=f"ranking-{experiment}", experiment=experiment, title=title, setting=_setting(ratio),
        learners=3 * len(ranking.points), device_hours=0.4, command=f"ltk8s trace {experiment}-0", ranking=ranking,
    )  # fmt: skip


def _architectures() -> Sweep:
    points = tuple(
        _point(arch, {"learners.0.arch": arch}, score, arch, parameters)
        for arch, score, parameters in zip(LITE, (0.70, 0.715, 0.722), (3_435_058, 4_200_000, 4_880_000), strict=True)
    )
    reason = "This sweep selects nothing: it shows test accuracies."
    ranking = Ranking(selects="nothing", folds=0, n=5000, excluded=(), points=points, best=2, chosen=None, reason=reason)
    return _sweep("arch-sweep", "Architectures", None, ranking)


def _grid() -> Sweep:
    scores = [[0.61, 0.63, 0.62], [0.6, 0.64, 0.65], [0.55, 0.62, 0.641]]
    points = tuple(
        _point(f"batch_size {size}, lr {lr:g}", {"train.batch_size": size, "train.lr": lr}, scores[i][j])
        for i, size in enumerate((32, 64, 128))
        for j, lr in enumerate((0.0005, 0.001, 0.002))
    )
    reason = "The default is within one standard error of the best."
    ranking = Ranking(selects="oof", folds=3, n=6369, excluded=(), points=points, best=5, chosen=4, reason=reason)
    return _sweep("hp-sweep", "Batch size × learning rate", 0.02, ranking)


def _thresholds() -> Sweep:
    points = tuple(_point(f"threshold {t:g}", {"sampling.threshold": t}, 0.6 + t / 20) for t in (0.2, 0.4, 0.6, 0.8))
    ranking = Ranking(
        selects="oof", folds=3, n=6369, excluded=(), points=points, best=3, chosen=2, reason="The default is near."
    )
    return _sweep("threshold-sweep", "Balancing threshold", 0.02, ranking)


def _split(ratio: float | None) -> Split:
    counts = counts_at(ratio)
    base = {
        "dataset": "cifar50",
        "fingerprint": "ffcb0f2fdd60712f",
        "ratio": ratio,
        "profile": "cpu",
        "classes": tuple(NAMES),
        "counts": tuple(counts),
    }
    if ratio is None:
        return Split.model_validate(base)
    median = float(np.median(counts))
    bags = tuple(tuple(n if n <= median else len(range(k, n, 4)) for n in counts) for k in range(4))
    return Split.model_validate({**base, "balanced_to": 300, "bag_threshold": 120, "bags": bags})


def _curve(ratio: float, loss: str, seed: int) -> Curve:
    rng = np.random.default_rng(len(loss))
    steps = np.arange(3, 399, 3)
    fall = np.exp(-steps / 120)
    return Curve(
        id=f"lite0-{loss}", arch=LITE[0], seed=seed, dataset="cifar50", fingerprint="ffcb0f2fdd60712f",
        ratio=ratio, profile="cpu", loss_name=loss, label=loss.upper(),
        experiments=("weighted-loss",), steps=tuple(steps.tolist()), epochs=tuple((steps / 99).tolist()),
        loss=tuple((3 * fall + 0.6 + rng.normal(0, 0.1, len(steps))).tolist()),
        accuracy=tuple(np.clip(0.8 - 0.7 * fall + rng.normal(0, 0.03, len(steps)), 0, 1).tolist()),
        plain_loss=tuple((3 * fall + 0.5).tolist()),
    )  # fmt: skip


def _gallery() -> Gallery:
    rng = np.random.default_rng(0)
    mistakes = tuple(
        Mistake(
            key=i, label=NAMES[49 - i % 9], images=10 + i % 9, predicted=NAMES[i], confidence=0.99 - i / 50, baseline=NAMES[i],
            image=_png(rng.integers(0, 256, (32, 32, 3), dtype=np.uint8)),
        )
        for i in range(24)
    )  # fmt: skip
    return Gallery(
        dataset="cifar50", ratio=0.02, profile="cpu", title="Best", run="best-0-02-0", wrong=212, n=900, mistakes=mistakes
    )


def _png(pixels: np.ndarray) -> str:
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "PNG")
    return base64.b64encode(buffer.getvalue()).decode()


def _origin(cell: Cell, replicate: Replicate) -> Origin:
    where = "all images" if cell.ratio is None else f"ratio {cell.ratio:g}"
    return Origin(
        number=f"{cell.title}, {where}, seed {replicate.seed}", run=replicate.run, id=replicate.fusion,
        learners=tuple(f"cifar50-0-02-{arch[-5:]}-ens-s{replicate.seed}-1065bf4880" for arch in cell.networks),
        command=f"ltk8s trace {replicate.run}", submitted="2026-11-24T15:00:00+00:00", scored="2026-11-24T16:10:00+00:00",
        device="cpu", threads=2, version="0.1.0", revision="8eff08d000000000-dirty",
        commit="0123456", torch="2.15.0", timm="1.0.31",
    )  # fmt: skip
