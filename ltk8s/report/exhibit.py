"""What a page shows beside the table: sweeps, curves, splits and bags, mistakes, claims, errata, and where numbers are from."""

from __future__ import annotations

from typing import Literal

from ltk8s.report.row import Setting
from ltk8s.spec.base import Spec
from ltk8s.spec.ranking import Ranking


class Sweep(Spec):
    """One sweep: its ``ranking`` (points with settings and scores) once it is committed, else ``unfinished`` says why.

    ``device_hours`` is what its learners cost, each counted once; ``command`` prints its task, Job manifest and log.
    """

    run: str
    id: str
    experiment: str
    title: str
    setting: Setting
    learners: int
    device_hours: float
    command: str = ""
    ranking: Ranking | None = None
    unfinished: str = ""


class Curve(Spec):
    """A learner's training curve, thinned to at most 150 points: means since the point before, on augmented images.

    ``loss`` is the loss that is minimised: weighted where it is weighted, so two weightings' are not on one scale;
    ``plain_loss`` is the unweighted cross entropy of the same batches, empty where it was not recorded.
    ``loss_name`` says how it is weighted (cross-entropy, ens, la, …), ``experiments`` which experiments' runs it is part of,
    ``label`` is for a legend. ``fold`` is the fold that it was trained without, None for a final learner.
    """

    id: str
    arch: str
    seed: int
    dataset: str
    fingerprint: str
    ratio: float | None
    profile: str
    fold: int | None = None
    loss_name: str
    label: str
    experiments: tuple[str, ...]
    steps: tuple[int, ...]
    epochs: tuple[float, ...]
    loss: tuple[float, ...]
    accuracy: tuple[float, ...]
    plain_loss: tuple[float, ...] = ()


class Split(Spec):
    """The long-tailed training set at one ratio, in label order: ``classes`` by name, ``counts`` of training images.

    ``balanced_to`` is artificial balancing's threshold in images where ``profile`` has such a run, ``bag_threshold`` bagging's,
    and ``bags`` the class counts of each bag.
    """

    dataset: str
    fingerprint: str
    ratio: float | None
    profile: str
    classes: tuple[str, ...]
    counts: tuple[int, ...]
    balanced_to: int | None = None
    bag_threshold: int | None = None
    bags: tuple[tuple[int, ...], ...] = ()


class Mistake(Spec):
    """A test image of a class with few training images (``images``) that a predictor gets wrong.

    ``image`` is a PNG, base64; ``confidence`` the probability of the wrong class, ``baseline`` what the baseline says;
    ``key`` identifies the image in the predictions.
    """

    key: int
    label: str
    images: int
    predicted: str
    confidence: float
    baseline: str
    image: str


class Gallery(Spec):
    """The most confident mistakes of the best predictor of one ratio on the classes with few training images.

    ``wrong`` of ``n`` test images of these classes are wrong in all.
    """

    dataset: str
    ratio: float | None
    profile: str
    title: str
    run: str
    wrong: int
    n: int
    mistakes: tuple[Mistake, ...]


class Claim(Spec):
    """A claim of the student report (or our own expectation, ``ours``), whether it held here, and why one can say so.

    ``runs`` are what the evidence is from; ``profile`` at which scale it was tested, ``fingerprint`` on which images.
    """

    claim: str
    verdict: Literal["held", "did not hold", "not tested"]
    evidence: tuple[str, ...]
    runs: tuple[str, ...] = ()
    fingerprint: str = ""
    profile: str = ""
    ours: bool = False


class Erratum(Spec):
    """Something in the student report that does not add up: what it says, and what is found."""

    said: str
    found: str


class Origin(Spec):
    """Where a number is from: ``number`` says which, ``command`` prints its task, Job manifest and log.

    ``submitted`` is when the run was first asked for, ``scored`` when its test score was committed (ISO 8601, UTC): a spec that
    was chosen without test scores was submitted before any of them. ``commit`` is the git commit that has the experiment.
    """

    number: str
    run: str
    id: str
    learners: tuple[str, ...]
    command: str
    submitted: str
    scored: str
    device: str
    threads: int | None
    version: str
    revision: str | None
    commit: str
    torch: str
    timm: str


class NotRun(Spec):
    """A cell of a study, or a run, that has no result, and why; ``run`` is empty where it cannot even be planned."""

    kind: Literal["experiment", "sweep"] = "experiment"
    experiment: str
    title: str
    dataset: str
    fingerprint: str = ""
    ratio: float | None
    profile: str
    seed: int
    split_seed: int
    run: str
    why: str


class Cost(Spec):
    """What something cost: ``learners`` trained, each counted once, and ``device_hours`` of training, evaluation and fusion."""

    what: str
    learners: int
    device_hours: float
