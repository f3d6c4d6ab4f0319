"""Settings that change nothing are made canonical before a task is named, so that equal learners are one learner."""

from __future__ import annotations

from collections.abc import Sequence

from ltk8s.planning.task import LearnerTask, TaskBalanced
from ltk8s.spec.experiment import ClassAwareSampling, Fusion
from ltk8s.spec.train import Augment, CrossEntropy, Focal, Ldam, LogitAdjustment, Loss, Mixup, Train


def canonical_learner(task: LearnerTask, counts: Sequence[float]) -> LearnerTask:
    """Return the task in its one canonical form; ``counts`` are the classes' counts after sampling."""
    return task.model_copy(update={"train": canonical_train(task.train, counts)})


def canonical_train(train: Train, counts: Sequence[float]) -> Train:
    """Return the recipe with every field that has no effect at its default."""
    sizes = train.sizes if len(set(train.sizes)) > 1 else train.sizes[:1]
    changes = {
        "loss": canonical_loss(train.loss, counts),
        "image_size": sizes if len(sizes) > 1 else sizes[0],
        "eval_size": None if train.eval_size == sizes[-1] else train.eval_size,
        "augment": canonical_augment(train.augment),
        "mixup": canonical_mixup(train.mixup),
        "epochs": train.epochs and train.epochs * train.longer,
        "steps": train.steps and train.steps * train.longer,
        "longer": 1,
    }
    return train.model_copy(update=changes)


def canonical_loss(loss: Loss, counts: Sequence[float]) -> Loss:
    """No weights or adjustment where they are the same for every class, β and deferral only where they are used; focal loss
    with γ = 0 is cross entropy.
    """
    equal = len(set(counts)) == 1
    if isinstance(loss, LogitAdjustment):
        plain = CrossEntropy(name="cross-entropy", label_smoothing=loss.label_smoothing)
        return plain if equal or loss.tau == 0 else loss
    if isinstance(loss, Focal) and loss.gamma == 0:
        loss = CrossEntropy(name="cross-entropy", weights=loss.weights, beta=loss.beta, defer=loss.defer)
    return _canonical_weights(loss, equal)


def _canonical_weights(loss: CrossEntropy | Focal | Ldam, equal: bool) -> Loss:
    defaults = {name: type(loss).model_fields[name].default for name in ("beta", "defer")}
    if equal or loss.weights == "none" or (loss.weights == "ens" and loss.beta == 0):
        return loss.model_copy(update={"weights": "none", **defaults})
    return loss if loss.weights == "ens" else loss.model_copy(update={"beta": defaults["beta"]})


def canonical_mixup(mixup: Mixup | None) -> Mixup | None:
    """None where it never mixes; the choice between its two kinds only where both may be."""
    if not mixup or mixup.prob == 0 or mixup.alpha == mixup.cutmix_alpha == 0:
        return None
    if mixup.alpha and mixup.cutmix_alpha:
        return mixup
    return mixup.model_copy(update={"switch_prob": Mixup.model_fields["switch_prob"].default})


def canonical_fusion(fusion: Fusion, member: LearnerTask, counts: Sequence[int]) -> Fusion:
    """The fusion of learners like ``member`` with every field that has no effect at its default.

    Args:
        counts: the classes' counts in the split, before sampling.
    """
    sampled_equally = isinstance(member.sampling, TaskBalanced | ClassAwareSampling)
    changes = {
        "target_prior": fusion.target_prior if fusion.prior_correction else "uniform",
        "logit_adjustment": 0.0 if len(set(counts)) == 1 or sampled_equally else fusion.logit_adjustment,
        "tau_norm": 0.0 if isinstance(member.train.loss, Ldam) else fusion.tau_norm,  # a cosine has no norm to divide by
        "flip": fusion.flip and not member.train.eval_flip,
    }
    return fusion.model_copy(update=changes)


def without_effect(fusion: Fusion, canonical: Fusion) -> list[str]:
    """What to tell about fields that canonical_fusion has taken out."""
    fields = [name for name in WITHOUT_EFFECT if getattr(fusion, name) != getattr(canonical, name)]
    return [f"fusion.{name} changes nothing here: {WITHOUT_EFFECT[name]}." for name in fields]


WITHOUT_EFFECT = {
    "logit_adjustment": "every class is shown equally often",
    "tau_norm": "a cosine head has no norms",
    "target_prior": "it is what fusion.prior_correction corrects to, which is off",
    "flip": "the learners are evaluated with flips already (train.eval_flip)",
}


def canonical_augment(augment: Augment) -> Augment:
    """Only the field that belongs to the kind of crop; a crop that does nothing is none."""
    if augment.crop == "padded" and augment.padding > 0:
        return Augment(flip=augment.flip, padding=augment.padding)
    if augment.crop == "resized" and augment.scale != (1.0, 1.0):
        return Augment(flip=augment.flip, crop="resized", scale=augment.scale)
    return Augment(flip=augment.flip, crop="none")
