"""Why nobody serves an endpoint that is a Service of the cluster, such as the store's."""

from __future__ import annotations

from ltk8s.cluster.kubernetes.api import Api, ApiError
from ltk8s.cluster.kubernetes.diagnosis.facts import REFUSED, Facts, LiveFacts, listed
from ltk8s.cluster.kubernetes.diagnosis.pods import trouble_of
from ltk8s.cluster.kubernetes.diagnosis.words import Object, is_true
from ltk8s.cluster.kubernetes.forward import service_of


def unready(endpoint: str, api: Api) -> str:
    """One sentence; empty where a pod is ready, where the endpoint is no Service, or where that may not be read."""
    named = service_of(endpoint)
    if named is None:
        return ""
    name, namespace, _ = named
    try:
        service = api.find(f"/api/v1/namespaces/{namespace}/services/{name}")
    except ApiError as error:
        if error.status in REFUSED:
            return ""
        raise
    if service is None:
        return f"There is no Service {name!r} in namespace {namespace}."
    selector = service["spec"].get("selector")
    if not selector:
        return ""
    query = ",".join(f"{key}={value}" for key, value in selector.items())
    pods = listed(api, f"/api/v1/namespaces/{namespace}/pods", labelSelector=query)
    return _unready(name, namespace, query, pods, LiveFacts(api, []))


def _unready(name: str, namespace: str, selector: str, pods: list[Object], facts: Facts) -> str:
    if any(is_true(pod, "Ready") and not pod["metadata"].get("deletionTimestamp") for pod in pods):
        return ""
    if not pods:
        return (
            f"The Service {name!r} in namespace {namespace} has no pod ({selector}): is what makes them scaled to 0? "
            f"See `kubectl -n {namespace} get statefulset,deployment`."
        )
    newest = max(pods, key=lambda pod: str(pod["metadata"]["creationTimestamp"]))
    why = trouble_of(newest, facts) or "it has started, and does not answer its readiness probe yet"
    return f"The Service {name!r} in namespace {namespace} has no ready pod: {newest['metadata']['name']}: {why}."
