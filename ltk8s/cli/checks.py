"""What doctor checks, one function each.

A check returns what it found, None where there is nothing to check, or raises the error that a run would meet.
"""

from __future__ import annotations

import platform
import shutil
import uuid
from importlib.util import find_spec
from pathlib import Path

import ltk8s
from ltk8s.cli import cluster_checks
from ltk8s.cli.cluster_checks import Check
from ltk8s.cli.common import Context
from ltk8s.cli.findings import Finding, failed, note, ok
from ltk8s.cli.show import counted, size
from ltk8s.errors import ClusterError, StoreError, UsageError

TRAIN = ("torch", "torchvision", "timm", "pytorch_lightning")

ENOUGH_MEMORY = 2 * 1024**3
ENOUGH_DISK = 5 * 1024**3


def check_version(context: Context) -> Finding:
    return ok(f"ltk8s {ltk8s.__version__}, Python {platform.python_version()}")


def check_settings(context: Context) -> Finding:
    from ltk8s.spec.settings import SETTINGS_FILE

    where = str(Path(SETTINGS_FILE).absolute()) if Path(SETTINGS_FILE).is_file() else f"no {SETTINGS_FILE} here: defaults"
    return ok(f"{where}; state in {context.own_settings.state_dir}")


def check_train_extra(context: Context) -> Finding:
    missing = [name for name in TRAIN if find_spec(name) is None]
    if not missing:
        return ok("installed: learners can run and weights be staged here")
    what, do = f"not installed here ({', '.join(missing)} missing).", "Run `pip install '.[train]'` in a checkout of ltk8s."
    return failed(what, do) if context.on_this_machine else note(what, f"Only staging weights needs it. {do}")


def check_store(context: Context) -> Finding:
    """Write, read, write again conditionally, list and remove one small object."""
    store, key, data = context.store, f"doctor/{uuid.uuid4().hex}", b"ltk8s doctor"
    store.put_if_absent(key, data)
    try:
        again = store.put_if_absent(key, b"another")
        if not again and store.get(key) != data:
            raise StoreError(f"The store {store.url} does not return what was written to it.", "Do not use this store.")
        if [found.key for found in store.list(key)] != [key]:
            raise StoreError(f"The store {store.url} does not list what was written to it.", "Do not use this store.")
    finally:
        store.delete(key)
    if again:
        return note(
            f"{store.url} can be read and written, but has no conditional writes.",
            "Two learners that end at once are still safe: the last one wins, whole.",
        )
    return ok(f"{store.url} can be read, written, and written only if absent")


def check_datasets(context: Context) -> Finding:
    from ltk8s.planning.catalogue import list_manifests

    manifests = list_manifests(context.store)
    if not manifests:
        raise UsageError(
            f"No data set is staged in {context.store.url}.",
            "Run `ltk8s data stage glyphs50`, or `ltk8s data stage NAME --from DIR` for your own images.",
        )
    images = {manifest.name: sum(manifest.train_counts) for manifest in manifests}
    return ok(", ".join(f"{name} ({count:,} training images)" for name, count in images.items()))


def check_weights(context: Context) -> Finding:
    from ltk8s.store.weights import list_weights

    names = dict.fromkeys(card.arch for card in list_weights(context.store))
    if names:
        return ok(", ".join(names))
    if all(find_spec(name) for name in TRAIN):
        return note("none staged yet.", "`ltk8s submit` stages what it needs.")
    return failed("none staged, and this installation cannot stage them.", "Run `ltk8s weights stage ARCH` where torch is.")


def check_cluster(context: Context) -> Finding:
    if context.on_this_machine:
        return check_machine(context)
    from ltk8s.cluster.kubernetes.cluster import KubernetesCluster

    cluster = context.cluster
    assert isinstance(cluster, KubernetesCluster)
    version = cluster.api.get("/version").get("gitVersion", "of an unknown version")
    return ok(f"{cluster.name} answers: Kubernetes {version}")


def check_machine(context: Context) -> Finding:
    """Cores, memory and free disk: what Jobs of the local cluster share."""
    from ltk8s.cluster.local.machine import Machine

    here, disk = Machine.here(), shutil.disk_usage(existing(context.settings.state_dir)).free
    found = f"local: {counted(here.cpus, 'CPU')}, {size(here.memory)} of memory, {size(disk)} of disk free"
    if here.memory < ENOUGH_MEMORY:
        raise ClusterError(f"{found}: too little memory.", f"A learner of profile laptop wants {size(ENOUGH_MEMORY)}.")
    if disk < ENOUGH_DISK:
        raise ClusterError(f"{found}: too little disk.", "Make room (`ltk8s gc`), or set LTK8S_STATE_DIR to a larger disk.")
    return ok(found)


def existing(path: Path) -> Path:
    """The nearest directory above ``path`` that exists."""
    return next(parent for parent in (path, *path.parents) if parent.exists())


CHECKS: dict[str, tuple[Check, tuple[str, ...]]] = {
    "version": (check_version, ()),
    "settings": (check_settings, ()),
    "train": (check_train_extra, ("settings",)),
    "cluster": (check_cluster, ("settings",)),
    "namespace": (cluster_checks.check_namespace, ("cluster",)),
    "rights": (cluster_checks.check_rights, ("namespace",)),
    "pods": (cluster_checks.check_store_of_pods, ("cluster",)),
    "store": (check_store, ("settings",)),
    "data": (check_datasets, ("store",)),
    "weights": (check_weights, ("store",)),
    "controller": (cluster_checks.check_controller, ("namespace",)),
    "image": (cluster_checks.check_image, ("cluster",)),
    "queue": (cluster_checks.check_queue, ("namespace",)),
    "nodes": (cluster_checks.check_nodes, ("cluster",)),
}
"""Each check with the checks that it needs, in order."""
