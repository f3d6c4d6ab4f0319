"""The names that ltk8s writes on its Jobs. No other module spells a label or an annotation."""

from __future__ import annotations

from collections.abc import Mapping

MANAGED_BY = "app.kubernetes.io/managed-by"
MANAGER = "ltk8s"
SELECTOR = f"{MANAGED_BY}={MANAGER}"
"""Selects every pod of ours, and every Job whose labels nobody has edited."""

KIND = "ltk8s.io/kind"
ARCH = "ltk8s.io/arch"
RATIO = "ltk8s.io/ratio"

RUN = "run.ltk8s.io/"
"""Prefix of one label per run that needs the Job: a Job may belong to many."""

HELD = "ltk8s.io/held"
"""Label of a Job that is ours to release; it goes when the Job is released."""

AFTER = "ltk8s.io/after"
"""Annotation: the ids that must be committed before the Job is released, separated by commas."""

STORE = "ltk8s.io/store"
"""Annotation: the store to which the Job commits."""

TROUBLE = "ltk8s.io/store-trouble"
"""Annotation of a controller's Lease: why it cannot read the store, as a sentence; empty where it can."""

QUEUE = "ltk8s.io/queue"
"""Annotation of a held Job: the Kueue queue into which releasing puts it."""

KUEUE_QUEUE = "kueue.x-k8s.io/queue-name"
"""Kueue's own label: with it, un-suspending is Kueue's."""

POD_JOB = "batch.kubernetes.io/job-name"
"""Kubernetes' own label of a Job's pods: the Job's name."""

LAST_EXIT = "ltk8s.io/last-exit-code"
"""Annotation that the local cluster writes: what Kubernetes would keep in the last pod's status."""

WORKER = "worker"
"""The container that does the work."""


def run_label(run: str) -> str:
    return f"{RUN}{run}"


def is_ours(labels: Mapping[str, str], annotations: Mapping[str, str]) -> bool:
    """Whether a Job is ltk8s's: by its label or, where a person has edited that, by the store to which it commits.

    >>> is_ours({}, {STORE: "s3://bucket"}), is_ours({"app": "another"}, {})
    (True, False)
    """
    return labels.get(MANAGED_BY) == MANAGER or STORE in annotations
