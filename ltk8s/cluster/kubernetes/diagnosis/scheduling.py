"""Why no node takes a pod: the scheduler's message in plain words, and what to do about each cause."""

from __future__ import annotations

import re
from dataclasses import dataclass

from ltk8s.cluster.kubernetes.diagnosis.words import Object, Trouble, listed, tidy

GPU = "nvidia.com/gpu"

_MESSAGE = re.compile(r"0/(?P<nodes>\d+) nodes are available: (?P<causes>.*)", re.DOTALL)
_AFTERWARDS = re.compile(r"[.,] (?=no new claims to deallocate|preemption: )")
_CAUSE = re.compile(r"(?P<count>\d+) (?P<text>.+)", re.DOTALL)
_HOPELESS = re.compile(r"preemption: .*?(?P<count>\d+) Preemption is not helpful for scheduling", re.DOTALL)
_TAINT = re.compile(r"\{(?P<key>[^:}]*):? ?(?P<value>[^}]*)\}")

UNWELL = {
    "not-ready": "not ready",
    "unreachable": "unreachable",
    "disk-pressure": "short of disk",
    "memory-pressure": "short of memory",
    "pid-pressure": "short of processes",
    "unschedulable": "cordoned",
    "network-unavailable": "without network",
}
"""Taints that Kubernetes itself puts on nodes (node.kubernetes.io/…), and what they say."""


@dataclass(frozen=True)
class Cause:
    """Why ``count`` nodes do not take the pod, in the scheduler's words."""

    count: int
    text: str

    @property
    def resource(self) -> str:
        """The resource of which these nodes have too little, if that is it."""
        return self.text.removeprefix("Insufficient ") if self.text.startswith("Insufficient ") else ""


def unschedulable(message: str, pod: Object) -> Trouble:
    """What a pod's condition ``PodScheduled: False`` means."""
    found = _MESSAGE.match(" ".join(message.split()))
    if not found:
        return Trouble(f"no node takes its pod: {tidy(message) or 'the scheduler does not say why'}")
    nodes = int(found["nodes"])
    causes = _causes(found["causes"])
    hopeless = _HOPELESS.search(found["causes"])
    never = bool(hopeless and int(hopeless["count"]) == nodes)
    lacking = list(dict.fromkeys(cause.resource for cause in causes if cause.resource))
    if not lacking:
        return _kept_out(causes, nodes)
    asked = {resource: _asked(pod, resource) for resource in lacking}
    what = f"no node has {listed([_amount(resource, asked[resource]) for resource in lacking])}{'' if never else ' free'}"
    if len(causes) > 1:
        what += f" ({_shares(causes, nodes)})"
    wait = [] if never else ["it starts when others end"]
    return Trouble(what, "; ".join([*wait, *(_remedy(resource) for resource in lacking)]))


def _causes(text: str) -> list[Cause]:
    """Without what the scheduler says of preemption afterwards."""
    text = _AFTERWARDS.split(text, maxsplit=1)[0].rstrip(".")
    parts = (_CAUSE.match(part) for part in re.split(r", (?=\d+ )", text))
    return [Cause(int(part["count"]), part["text"]) for part in parts if part]


def _kept_out(causes: list[Cause], nodes: int) -> Trouble:
    remedies = list(dict.fromkeys(_way_in(cause) for cause in causes))
    return Trouble(f"no node may take its pod: {_shares(causes, nodes)}", "; ".join(filter(None, remedies)))


def _shares(causes: list[Cause], nodes: int) -> str:
    return listed([f"{cause.count} of {nodes} {_plain(cause)}" for cause in causes])


def _plain(cause: Cause) -> str:
    """What is the matter with these nodes, as a predicate."""
    text, one = cause.text, cause.count == 1
    has, are = ("has", "is") if one else ("have", "are")
    if cause.resource:
        return f"{has} too little {_noun(cause.resource)}"
    if taint := _TAINT.search(text):
        unwell = UNWELL.get(taint["key"].removeprefix("node.kubernetes.io/"))
        return f"{are} {unwell}" if unwell else f"{has} the taint {taint['key']}"
    if "taint" in text:
        return f"{has} a taint that it does not tolerate"
    if "affinity/selector" in text:
        return f"{'does' if one else 'do'} not match its nodeSelector or affinity"
    if "unschedulable" in text:
        return f"{are} cordoned"
    if "Too many pods" in text:
        return f"{are} full of pods"
    return f"answered: {tidy(text)}"


def _way_in(cause: Cause) -> str:
    text = cause.text
    if "unschedulable" in text:
        return "`kubectl uncordon NODE` opens a node again"
    if "affinity/selector" in text:
        return "correct nodeSelector or affinity in the setting `pod_template`, or label a node"
    if "node.kubernetes.io/" in text:
        return "see `kubectl describe nodes`"
    if "taint" in text:
        return "tolerate the taint in the setting `pod_template`"
    return ""


def _asked(pod: Object, resource: str) -> str:
    """How much of a resource the pod's containers request; several amounts are listed, since units differ."""
    amounts = []
    for container in pod["spec"]["containers"]:
        resources = container.get("resources") or {}
        wanted = {**(resources.get("limits") or {}), **(resources.get("requests") or {})}
        if resource in wanted:
            amounts.append(str(wanted[resource]))
    return " + ".join(amounts)


def _amount(resource: str, asked: str) -> str:
    if resource == GPU:
        return GPU if asked in {"", "1"} else f"{asked} {GPU}"
    if resource == "cpu" and asked:
        return f"{asked} CPU{'' if asked == '1' else 's'}"
    return f"{asked} of {_noun(resource)}" if asked else f"enough {_noun(resource)}"


def _noun(resource: str) -> str:
    return {"cpu": "CPU", "ephemeral-storage": "disk (ephemeral-storage)"}.get(resource, resource)


def _remedy(resource: str) -> str:
    if resource == GPU:
        return "use `--profile cpu` or `--profile laptop`, or add GPU nodes"
    if resource in {"cpu", "memory"}:
        return f"ask for less (`--set resources.{resource}=…`) or add nodes"
    return f"ask for less {_noun(resource)} or add nodes"
