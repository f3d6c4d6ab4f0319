"""What doctor checks of a Kubernetes cluster, one function each. On this machine there is nothing to check: None."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import TYPE_CHECKING

from ltk8s.cli.common import Context
from ltk8s.cli.findings import Finding, failed, note, ok
from ltk8s.cli.show import counted
from ltk8s.errors import NoCredential

if TYPE_CHECKING:
    from ltk8s.cluster.kubernetes.cluster import KubernetesCluster

RESTRICTED = "pod-security.kubernetes.io/enforce"


INSTALL = "Install it: `kubectl apply -k k8s/overlays/production`, once its site.env is filled in (docs/cluster.md)."

Check = Callable[[Context], Finding | None]


def on_kubernetes(check: Callable[[Context, KubernetesCluster], Finding]) -> Check:
    """Make a check of one that needs a Kubernetes cluster."""

    @functools.wraps(check)
    def wrapper(context: Context) -> Finding | None:
        if context.on_this_machine:
            return None
        from ltk8s.cluster.kubernetes.cluster import KubernetesCluster

        cluster = context.cluster
        assert isinstance(cluster, KubernetesCluster)
        return check(context, cluster)

    return wrapper


@on_kubernetes
def check_namespace(context: Context, cluster: KubernetesCluster) -> Finding:
    from ltk8s.cluster.kubernetes.admission import is_terminating
    from ltk8s.cluster.kubernetes.api import ApiError
    from ltk8s.cluster.kubernetes.refusal import no_namespace, terminating

    try:
        found = cluster.api.find(f"/api/v1/namespaces/{cluster.namespace}")
    except ApiError as error:
        if error.status != 403:
            raise
        return ok(f"{cluster.namespace} (its labels are not for you to read)")
    if found is None:
        return failed(*no_namespace(cluster.name, cluster.namespace))
    if is_terminating(found):
        return failed(*terminating(cluster.name, cluster.namespace))
    level = (found["metadata"].get("labels") or {}).get(RESTRICTED, "")
    return ok(f"{cluster.namespace}, {f'Pod Security level {level}' if level else 'without a Pod Security level'}")


@on_kubernetes
def check_rights(context: Context, cluster: KubernetesCluster) -> Finding:
    from ltk8s.cluster.kubernetes.refusal import USER_ROLE, binding
    from ltk8s.cluster.kubernetes.rights import USER_RIGHTS, lacking

    missing = lacking(cluster.api, USER_RIGHTS)
    if not missing:
        return ok(f"all that the Role {USER_ROLE} gives")
    what = f"You may not {', '.join(map(str, missing))} in namespace {cluster.namespace}."
    return failed(what, f"Have the Role {USER_ROLE} bound to you: {binding(user_of(cluster), cluster.namespace)}")


def user_of(cluster: KubernetesCluster) -> str:
    """Who the cluster takes us for; a placeholder where it does not say."""
    from ltk8s.cluster.kubernetes.api import ApiError

    review = {"apiVersion": "authentication.k8s.io/v1", "kind": "SelfSubjectReview"}
    try:
        answer = cluster.api.post("/apis/authentication.k8s.io/v1/selfsubjectreviews", review)
    except ApiError:
        return "YOU"
    return str(answer["status"]["userInfo"]["username"])


@on_kubernetes
def check_controller(context: Context, cluster: KubernetesCluster) -> Finding:
    wrong = cluster.unattended(context.settings.store.url)
    if not wrong:
        return ok(f"runs, and releases fusions of {context.settings.store.url}")
    if cluster.site():
        return failed(wrong, f"kubectl -n {cluster.namespace} get deployment,pods -l app.kubernetes.io/component=controller")
    return note(wrong, f"`ltk8s watch RUN` releases them while it runs. {INSTALL}")


@on_kubernetes
def check_store_of_pods(context: Context, cluster: KubernetesCluster) -> Finding:
    """Whether pods reach the store and have what they need to open it. The Secret's keys are looked at, never its values."""
    store = context.settings.store
    if not store.url.startswith("s3:"):
        if (context.settings.pod_template.get("spec") or {}).get("volumes"):
            return note(f"{store.url} is a directory.", "Does `pod_template` mount it at the same path in every pod?")
        return failed(
            f"{store.url} is a directory of this machine; pods cannot reach it.", "Set store.url to s3://bucket/prefix."
        )
    if store.endpoint and (unready := cluster.unready(store.endpoint)):
        return failed(unready, "Start what serves the store, or correct store.endpoint.")
    where = f"{store.url}{f' at {store.endpoint}' if store.endpoint else ''}"
    return check_secret(store.secret, cluster, where) if store.secret else no_secret(where)


def check_secret(secret: str, cluster: KubernetesCluster, where: str) -> Finding:
    from ltk8s.cluster.kubernetes.api import ApiError
    from ltk8s.cluster.kubernetes.secret import KEYS, by_hand

    try:
        missing = [key for key in KEYS if not cluster.credentials(secret).get(key)]
    except ApiError as error:
        if error.status != 403:
            raise
        return note(f"The Secret {secret!r} is not for you to read.", "Pods of learners say so if it is not there.")
    except NoCredential:
        return failed(
            f"There is no Secret {secret!r} in namespace {cluster.namespace}; pods cannot open the store.",
            by_hand(secret, cluster.namespace),
        )
    if missing:
        return failed(f"The Secret {secret!r} has no {' and no '.join(missing)}.", "Add it: pods take it as environment.")
    return ok(f"{where}, with the credentials in the Secret {secret}")


def no_secret(where: str) -> Finding:
    return note(
        f"{where}, without store.secret: pods have no credentials of their own.",
        "Name a Secret in store.secret, unless a workload identity of the cluster's gives them some.",
    )


@on_kubernetes
def check_image(context: Context, cluster: KubernetesCluster) -> Finding:
    from ltk8s.spec.settings import ImageSettings

    image = context.settings.image.name
    if image == ImageSettings().name:
        return note(
            f"{image} is only the default, which no registry has.",
            "Push the worker's image and set image.name; with kind, `kind load docker-image` it.",
        )
    return ok(f"{image} (pull policy {context.settings.image.pull_policy})")


@on_kubernetes
def check_queue(context: Context, cluster: KubernetesCluster) -> Finding:
    """The queue of Kueue; and that none is named ``default``, into which Kueue would put every Job, held fusions too."""
    from ltk8s.cluster.kubernetes.admission import KUEUE, queues_path
    from ltk8s.cluster.kubernetes.diagnosis.kueue import inactive

    wanted, api = context.settings.queue, cluster.api
    if not wanted and api.find(KUEUE) is None:
        return ok("none: Jobs start when there is room")
    queues = {queue["metadata"]["name"]: queue for queue in api.get(queues_path(api))["items"]}
    if "default" in queues:
        return failed(
            f"Namespace {cluster.namespace} has a LocalQueue named 'default': Kueue takes every Job into it, fusions too.",
            f"Give it another name: kubectl -n {cluster.namespace} delete localqueue default",
        )
    if not wanted:
        return ok(f"none set; there {'is' if len(queues) == 1 else 'are'} {', '.join(sorted(queues)) or 'none'}")
    if wanted not in queues:
        return failed(
            f"There is no LocalQueue {wanted!r} in namespace {cluster.namespace}.",
            f"Create it, or set queue to one of: {', '.join(sorted(queues)) or 'none is there'}.",
        )
    if trouble := inactive(queues[wanted], wanted):
        return failed(f"{trouble.what}.", f"{trouble.do}.")
    waiting = (queues[wanted].get("status") or {}).get("pendingWorkloads") or 0
    return ok(f"{wanted}, {counted(waiting, 'Job')} waiting in it")


@on_kubernetes
def check_nodes(context: Context, cluster: KubernetesCluster) -> Finding:
    from ltk8s.cluster.kubernetes.diagnosis.scheduling import GPU
    from ltk8s.cluster.kubernetes.nodes import count_nodes

    nodes = count_nodes(cluster.api)
    if nodes is None:
        return ok("not for you to read: `ltk8s why` tells when no node takes a Job")
    if not nodes.with_gpu:
        return note(
            f"none of {counted(nodes.count, 'node')} has {GPU}, which the profile {context.default_profile} asks for.",
            "Submit with `--profile cpu` or `--profile laptop`.",
        )
    return ok(f"{counted(nodes.count, 'node')}, {nodes.with_gpu} with {GPU}")
