"""Why no pod is created for a Job: the Event ``FailedCreate`` that the Job controller leaves, or a quota that is used up."""

from __future__ import annotations

import re
from collections.abc import Sequence

from ltk8s.cluster.kubernetes.diagnosis.words import Object, Trouble, listed, tidy
from ltk8s.cluster.local.machine import quantity
from ltk8s.errors import UsageError

_QUOTA = re.compile(
    r"exceeded quota: (?P<quota>[^,]+), requested: (?P<asked>.+?), used: (?P<used>.+?), limited: (?P<limit>.+)$", re.DOTALL
)
_UNSTATED = re.compile(r"failed quota: (?P<quota>[^:]+): must specify (?P<what>.+)$", re.DOTALL)
_SECURITY = re.compile(r'violates PodSecurity "(?P<level>[^"]+)": (?P<what>.+)$', re.DOTALL)
_ACCOUNT = re.compile(r'service ?account (?:"|\S+/)?(?P<name>[^"\s:]+)"?:? ?.*not found', re.IGNORECASE)
_PRIORITY = re.compile(r"no PriorityClass with name (?P<name>\S+) was found")
_RANGE = re.compile(r"(?:maximum|minimum) \S+ usage per|max limit to request ratio per")
_ASKING = re.compile(r'^Error creating: (?:pods "[^"]*" is forbidden: )?')

WHERE = "the setting `pod_template`"


def refused(message: str, namespace: str, *, jobs_at_work: bool = True) -> Trouble:
    """What the API server said when a pod of the Job was to be created.

    ``jobs_at_work`` says whether other Jobs have pods that take room: room that comes back.
    """
    message = _ASKING.sub("", " ".join(message.split()))
    if found := _QUOTA.search(message):
        asked, used, limit = (_amounts(found[part]) for part in ("asked", "used", "limit"))
        return over_quota(found["quota"], asked, used, limit, jobs_at_work=jobs_at_work)
    if found := _UNSTATED.search(message):
        return Trouble(
            f"the ResourceQuota {found['quota']} demands {tidy(found['what'])}", f"state it in {WHERE}, or change the quota"
        )
    if found := _SECURITY.search(message):
        return Trouble(
            f"the namespace's Pod Security level {found['level']} does not let its pod in: {tidy(found['what'])}",
            f"take that out of {WHERE}: what ltk8s renders by itself is let in under `restricted`",
        )
    if found := _PRIORITY.search(message):
        return Trouble(f"there is no PriorityClass {found['name']!r}", f"create it, or correct {WHERE}")
    if found := _ACCOUNT.search(message):
        return Trouble(
            f"there is no ServiceAccount {found['name']!r} in namespace {namespace}",
            f"`kubectl -n {namespace} create serviceaccount {found['name']}`, or correct {WHERE}",
        )
    if _RANGE.search(message):
        return Trouble(
            f"a LimitRange of namespace {namespace} does not let its pod in: {tidy(message)}",
            f"ask for what it allows (`--set resources.…`), or change it: `kubectl -n {namespace} get limitrange -o yaml`",
        )
    return Trouble(f"its pod is refused: {tidy(message)}")


def over_quota(
    quota: str, asked: dict[str, str], used: dict[str, str], limit: dict[str, str], *, jobs_at_work: bool
) -> Trouble:
    """A ResourceQuota leaves too little. Where no Job takes any of it, the rest is MinIO's, the controller's or somebody's."""
    amounts = [
        f"{used.get(resource, '0')} of {limit[resource]} {resource} used, and it asks for {asked.get(resource, '?')}"
        for resource in limit
    ]
    never = [resource for resource in limit if _more(asked.get(resource, "0"), limit[resource])]
    settable = [resource for resource in limit if resource.rpartition(".")[2] in {"cpu", "memory"}]
    names = list(dict.fromkeys(resource.rpartition(".")[2] for resource in settable))
    less = f"ask for less ({', '.join(f'`--set resources.{name}=…`' for name in names)}) or " if names else ""
    wait = "it starts when other Jobs end, or " if jobs_at_work and not never else ""
    by_others = "" if jobs_at_work or never else ", and not by Jobs"
    return Trouble(f"the ResourceQuota {quota} is used up{by_others}: {listed(amounts)}", f"{wait}{less}raise the quota")


def used_up(quotas: Sequence[Object], job: Object, *, jobs_at_work: bool) -> Trouble | None:
    """A quota that leaves too little for a pod of the Job, where no event says so (events are kept for an hour)."""
    asked = _requests(job)
    for quota in quotas:
        status = quota.get("status") or {}
        hard, used = status.get("hard") or {}, status.get("used") or {}
        short = [each for each in asked if each in hard and _lacks(hard[each], used.get(each, "0"), asked[each])]
        if short:
            return over_quota(
                quota["metadata"]["name"],
                {each: asked[each] for each in short},
                {each: used.get(each, "0") for each in short},
                {each: hard[each] for each in short},
                jobs_at_work=jobs_at_work,
            )
    return None


def _requests(job: Object) -> dict[str, str]:
    """What one pod of the Job counts for, by a quota's names. Of several containers the sum is left out: too rare."""
    containers = job["spec"]["template"]["spec"]["containers"]
    resources = (containers[0].get("resources") or {}) if len(containers) == 1 else {}
    requests, limits = resources.get("requests") or {}, resources.get("limits") or {}
    by_name = {f"requests.{name}": str(value) for name, value in requests.items()}
    plain = {name: str(value) for name, value in requests.items() if name in {"cpu", "memory"}}
    return {**by_name, **plain, **{f"limits.{name}": str(value) for name, value in limits.items()}, "pods": "1"}


def _lacks(hard: str, used: str, asked: str) -> bool:
    try:
        return quantity(used) + quantity(asked) > quantity(hard)
    except UsageError:
        return False


def _more(asked: str, limit: str) -> bool:
    return _lacks(limit, "0", asked)


def _amounts(text: str) -> dict[str, str]:
    """
    >>> _amounts("requests.cpu=2,limits.memory=4Gi")
    {'requests.cpu': '2', 'limits.memory': '4Gi'}
    """
    pairs = (pair.partition("=") for pair in text.strip().rstrip(".").split(","))
    return {name.strip(): value.strip() for name, _, value in pairs}
