"""Fields that this machine cannot honour are refused by name; nothing is ignored silently."""

import copy

import pytest

from ltk8s.cluster.local.honour import check
from ltk8s.cluster.local.machine import Machine
from ltk8s.cluster.render import render
from ltk8s.errors import UsageError

MACHINE = Machine(cpus=2, memory=8 * 2**30)


def pod(manifest):
    return manifest["spec"]["template"]["spec"]


def worker(manifest):
    return pod(manifest)["containers"][0]


REFUSED = {
    "pod nodeSelector": lambda m: pod(m).update(nodeSelector={"gpu": "a100"}),
    "pod priorityClassName": lambda m: pod(m).update(priorityClassName="high"),
    "pod serviceAccountName": lambda m: pod(m).update(serviceAccountName="s3"),
    "pod initContainers": lambda m: pod(m).update(initContainers=[{"name": "init"}]),
    "pod hostNetwork": lambda m: pod(m).update(hostNetwork=True),
    "pod restartPolicy='OnFailure'": lambda m: pod(m).update(restartPolicy="OnFailure"),
    "pod automountServiceAccountToken=True": lambda m: pod(m).update(automountServiceAccountToken=True),
    "a second container 'sidecar'": lambda m: pod(m)["containers"].append({"name": "sidecar"}),
    r"volume 'data' \(persistentVolumeClaim\)": lambda m: pod(m)["volumes"].append(
        {"name": "data", "persistentVolumeClaim": {}}
    ),
    "parallelism=2": lambda m: m["spec"].update(parallelism=2),
    "completionMode='Indexed'": lambda m: m["spec"].update(completionMode="Indexed"),
    "selector": lambda m: m["spec"].update(selector={}),
    "podFailurePolicy action FailIndex": lambda m: m["spec"]["podFailurePolicy"]["rules"].append({"action": "FailIndex"}),
    "podFailurePolicy on the condition ConfigIssue": lambda m: m["spec"]["podFailurePolicy"]["rules"].append(
        {"action": "FailJob", "onPodConditions": [{"type": "ConfigIssue", "status": "True"}]}
    ),
    "container livenessProbe": lambda m: worker(m).update(livenessProbe={}),
    "container workingDir": lambda m: worker(m).update(workingDir="/srv"),
    "a container without a command": lambda m: worker(m).pop("command"),
    "valueFrom of the variable NODE": lambda m: worker(m)["env"].append({"name": "NODE", "valueFrom": {}}),
    "the reference in the variable X": lambda m: worker(m)["env"].append({"name": "X", "value": "$(HOME)/x"}),
    "envFrom configMapRef": lambda m: worker(m).update(envFrom=[{"configMapRef": {"name": "c"}}]),
    "subPath of the mount /tmp": lambda m: worker(m)["volumeMounts"][0].update(subPath="x"),
    "the resource ephemeral-storage": lambda m: worker(m)["resources"]["requests"].update({"ephemeral-storage": "1Gi"}),
    "the queue": lambda m: m["metadata"]["labels"].update({"kueue.x-k8s.io/queue-name": "q"}),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_honoured_is_refused_by_name(job, name):
    manifest = copy.deepcopy(job("a"))
    REFUSED[name](manifest)
    with pytest.raises(UsageError, match=f"cannot honour {name} of the Job 'a'"):
        check(manifest, MACHINE)


def test_all_of_it_is_named_at_once(job):
    manifest = job("a")
    pod(manifest).update(nodeSelector={}, hostNetwork=True)
    with pytest.raises(UsageError, match="pod nodeSelector, pod hostNetwork"):
        check(manifest, MACHINE)


def test_what_is_rendered_for_a_laptop_can_be_honoured(planned, settings):
    assert [check(manifest, MACHINE) for manifest in render(planned("stack-wl"), settings)] == [None] * 4


def test_what_only_permits_is_accepted(job):
    manifest = job("a")
    pod(manifest).update(tolerations=[{"operator": "Exists"}], imagePullSecrets=[{"name": "registry"}])
    worker(manifest).update(envFrom=[{"secretRef": {"name": "store"}}])
    assert check(manifest, MACHINE) is None


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"cpu": "4"}, "needs 4 CPUs and 1 GiB of memory; this machine has 2 CPUs and 8 GiB of memory"),
        ({"memory": "16Gi"}, "needs 1 CPU and 16 GiB of memory; this machine has 2 CPUs and 8 GiB"),
    ],
)
def test_what_can_never_fit_is_refused_with_numbers(job, options, message):
    with pytest.raises(UsageError, match=message):
        check(job("a", **options), MACHINE)


def test_a_gpu_where_there_is_none_is_refused(job):
    manifest = job("a")
    worker(manifest)["resources"]["limits"] = {"nvidia.com/gpu": "1"}
    with pytest.raises(UsageError, match="needs 1 CPU, 1 GiB of memory and 1 GPU; this machine has 2 CPUs and 8 GiB of memory"):
        check(manifest, MACHINE)
    assert check(manifest, Machine(cpus=2, memory=8 * 2**30, gpus=("0",))) is None
