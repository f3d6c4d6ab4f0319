"""The manifests, each beside its golden file. ``LTK8S_REGENERATE=1 pytest tests/cluster/test_render.py`` writes these anew."""

import copy
import os
from pathlib import Path

import kubernetes_validate
import pytest
import yaml

from ltk8s.cluster import names
from ltk8s.cluster.job import Job, environment_of
from ltk8s.cluster.render import render, to_yaml
from ltk8s.planning.task import parse_task
from ltk8s.spec.library import Library
from ltk8s.spec.settings import Settings

GOLDEN = Path(__file__).parent / "golden"
STORE = {"url": "s3://ltk8s/study", "endpoint": "http://minio.ltk8s.svc:9000", "addressing": "path", "secret": "ltk8s-store"}
SITE = {
    "queue": "gpus",
    "image": {"name": "registry.example/ltk8s:1", "pull_policy": "Always"},
    "pod_template": {
        "metadata": {"annotations": {"example.com/team": "vision"}},
        "spec": {
            "nodeSelector": {"gpu": "a100"},
            "tolerations": [{"key": "gpu", "operator": "Exists"}],
            "containers": [{"name": "worker", "env": [{"name": "NCCL_DEBUG", "value": "WARN"}]}],
        },
    },
}
CASES = {
    **{name: (name, "paper", {"store": STORE}) for name in Library().experiments()},
    "stack-wl-site": ("stack-wl", "paper", {"store": STORE, **SITE}),
    "loss-sweep-ranking": ("loss-sweep", "paper", {"store": STORE}),
    "arch-sweep-ranking-site": ("arch-sweep", "paper", {"store": STORE, **SITE}),
    "stack-wl-local": ("stack-wl", "laptop", {"store": "file:///data/store"}),
}


SWEEPS = [name for name in Library().names() if Library().kind(name) == "sweep"]
"""Of these the golden files hold the ranking and the first learner."""


@pytest.fixture(params=CASES)
def case(request, planned):
    """A golden file's name and the manifests that belong into it."""
    preset, profile, settings = CASES[request.param]
    manifests = render(planned(preset, profile), Settings(state_dir=Path("/state"), **settings))
    return request.param, manifests[:2] if preset in SWEEPS else manifests


@pytest.fixture
def rendered(planned):
    """Render stack-wl with some settings; returns the fusion's manifest and the first learner's."""

    def build(profile="paper", overrides=None, **settings):
        plan = planned("stack-wl", profile, **overrides or {})
        return render(plan, Settings(state_dir=Path("/state"), **{"store": STORE, **settings}))[:2]

    return build


def test_each_preset_renders_to_its_golden_file(case):
    name, manifests = case
    path = GOLDEN / f"{name}.yaml"
    if os.environ.get("LTK8S_REGENERATE"):
        path.write_text(to_yaml(manifests))
    assert to_yaml(manifests) == path.read_text()


def test_there_is_no_golden_file_that_nothing_renders():
    assert {path.stem for path in GOLDEN.glob("*.yaml")} == set(CASES)


@pytest.mark.parametrize("version", ["1.34", kubernetes_validate.latest_version()])
def test_each_manifest_is_valid_to_kubernetes(case, version):
    for manifest in case[1]:
        kubernetes_validate.validate(manifest, version, strict=True)


def test_the_schema_would_notice_a_misspelt_field(rendered):
    broken = copy.deepcopy(rendered()[0])
    broken["spec"]["backofLimit"] = 1
    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate(broken, "1.34", strict=True)


def test_yaml_holds_the_very_same_objects(case):
    assert list(yaml.safe_load_all(to_yaml(case[1]))) == case[1]


def test_the_fusion_comes_first_and_is_held_for_its_members(planned, settings):
    plan = planned("stack-wl")
    fusion, *learners = map(Job, render(plan, settings))
    assert (fusion.name, fusion.phase, fusion.kind) == (plan.fusion.id, "held", "fusion")
    assert fusion.predecessors == [learner.name for learner in learners] == [task.id for task in plan.learners]
    assert {learner.phase for learner in learners} == {"pending"}


def test_the_workers_task_is_the_one_that_names_the_job(planned, settings):
    for manifest in render(planned("bagging-wl"), settings):
        environment = environment_of(manifest)
        assert parse_task(environment["LTK8S_TASK"]).id == manifest["metadata"]["name"] == environment["LTK8S_TASK_ID"]


def test_what_an_exit_means_is_told_in_this_order(rendered):
    rules = rendered()[1]["spec"]["podFailurePolicy"]["rules"]
    assert [rule["action"] for rule in rules] == ["FailJob", "Ignore", "Ignore"]
    assert rules[0]["onExitCodes"]["values"] == [65, 66]
    assert rules[1]["onPodConditions"] == [{"type": "DisruptionTarget", "status": "True"}]
    assert rules[2]["onExitCodes"]["values"] == [143]


def test_a_job_has_retries_grace_time_to_live_and_a_deadline_where_one_is_asked_for(rendered):
    spec = rendered(overrides={"resources__retries": 5, "resources__deadline_seconds": 3600}, ttl_seconds=60)[1]["spec"]
    assert (spec["backoffLimit"], spec["activeDeadlineSeconds"], spec["ttlSecondsAfterFinished"]) == (5, 3600, 60)
    assert spec["podReplacementPolicy"] == "Failed"
    assert spec["template"]["spec"]["restartPolicy"] == "Never"
    assert spec["template"]["spec"]["terminationGracePeriodSeconds"] == 60
    assert "activeDeadlineSeconds" not in rendered()[1]["spec"]


def test_pods_keep_to_the_restricted_pod_security_standard(case):
    for manifest in case[1]:
        pod = manifest["spec"]["template"]["spec"]
        (container,) = pod["containers"]
        assert pod["securityContext"] == {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}}
        assert container["securityContext"]["capabilities"] == {"drop": ["ALL"]}
        assert container["securityContext"]["allowPrivilegeEscalation"] is False
        assert container["securityContext"]["readOnlyRootFilesystem"] is True
        assert all(set(volume) == {"name", "emptyDir"} for volume in pod["volumes"])
        assert not {"hostNetwork", "hostPID", "hostIPC"} & set(pod)


def test_pods_hold_no_api_token(case):
    assert all(manifest["spec"]["template"]["spec"]["automountServiceAccountToken"] is False for manifest in case[1])


def test_a_ranking_is_held_for_the_learners_of_all_points_and_folds_and_asks_for_one_core_and_no_gpu(planned, settings):
    plan = planned("loss-sweep", "paper")
    ranking, *learners = map(Job, render(plan, settings))
    assert (ranking.name, ranking.phase, ranking.kind) == (plan.ranking.id, "held", "ranking")
    assert ranking.predecessors == [learner.name for learner in learners] == [task.id for task in plan.learners]
    assert len(learners) == 12
    assert ranking.worker["resources"]["requests"] == {"cpu": "1", "memory": "16Gi"}
    assert learners[0].worker["resources"]["requests"] == {"cpu": "4", "memory": "16Gi", "nvidia.com/gpu": "1"}
    assert environment_of(ranking.object)["LTK8S_THREADS"] == "1"


@pytest.mark.parametrize("version", ["1.34", kubernetes_validate.latest_version()])
@pytest.mark.parametrize("preset", SWEEPS)
def test_each_sweep_is_valid_to_kubernetes(preset, version, planned):
    for manifest in render(planned(preset), Settings(state_dir=Path("/state"), store=STORE, queue="gpus"))[:2]:
        kubernetes_validate.validate(manifest, version, strict=True)


def test_homes_are_where_a_pod_may_write(rendered):
    environment = environment_of(rendered()[1])
    assert [environment[name] for name in ("HOME", "HF_HOME", "TORCH_HOME")] == ["/tmp", "/tmp/huggingface", "/tmp/torch"]
    assert environment["HF_HUB_OFFLINE"] == "1"


def test_shared_memory_is_memory_with_a_limit(rendered):
    pod = rendered(overrides={"resources__shm": "2Gi"})[1]["spec"]["template"]["spec"]
    assert {"name": "shm", "emptyDir": {"medium": "Memory", "sizeLimit": "2Gi"}} in pod["volumes"]


def test_threads_are_the_cpu_request(rendered):
    manifest = rendered("cpu")[1]
    environment = environment_of(manifest)
    assert (
        environment["LTK8S_THREADS"] == environment["OMP_NUM_THREADS"] == Job(manifest).worker["resources"]["requests"]["cpu"]
    )


def test_a_gpu_is_asked_for_by_profile(rendered):
    assert Job(rendered("paper")[1]).worker["resources"]["limits"]["nvidia.com/gpu"] == "1"
    assert "nvidia.com/gpu" not in Job(rendered("laptop")[1]).worker["resources"]["limits"]


def test_credentials_come_from_a_secret_by_name(rendered):
    assert Job(rendered()[1]).worker["envFrom"] == [{"secretRef": {"name": "ltk8s-store"}}]
    assert "envFrom" not in Job(rendered(store={"url": "s3://bucket"})[1]).worker


def test_pods_and_this_machine_each_get_their_own_way_to_the_store(planned):
    store = {**STORE, "client_endpoint": "http://localhost:9000"}
    settings = Settings(state_dir=Path("/state"), store=store)
    pods, here = (
        environment_of(render(planned("baseline"), settings, from_pods=pods)[1])["LTK8S_STORE"] for pods in (True, False)
    )
    assert "minio.ltk8s.svc" in pods
    assert "localhost" in here


def test_the_annotation_names_the_store_but_not_the_way_to_it(rendered):
    assert rendered()[1]["metadata"]["annotations"][names.STORE] == "s3://ltk8s/study"


def test_labels_find_the_jobs_of_a_run(planned, settings):
    plan = planned("stack-wl")
    assert all(manifest["metadata"]["labels"][f"run.ltk8s.io/{plan.run}"] == "" for manifest in render(plan, settings))


def test_labels_say_kind_architecture_and_ratio(rendered):
    fusion, learner = rendered()
    assert (
        learner["metadata"]["labels"]
        | {"ltk8s.io/arch": "efficientnet_b0", "ltk8s.io/ratio": "0.02", "ltk8s.io/kind": "learner"}
        == (learner["metadata"]["labels"])
    )
    assert fusion["metadata"]["labels"]["ltk8s.io/kind"] == "fusion"


def test_with_a_queue_learners_enter_it_suspended_and_the_fusion_waits_outside(rendered):
    fusion, learner = rendered(queue="gpus")
    assert learner["metadata"]["labels"][names.KUEUE_QUEUE] == "gpus"
    assert learner["spec"]["suspend"] is True
    assert names.KUEUE_QUEUE not in fusion["metadata"]["labels"]
    assert fusion["metadata"]["annotations"][names.QUEUE] == "gpus"


def test_rendering_twice_is_the_same_to_the_byte(planned, settings):
    assert to_yaml(render(planned("stack-wl"), settings)) == to_yaml(render(planned("stack-wl"), settings))


def test_a_task_of_any_length_survives_yaml(planned, settings):
    prior = {f"class{i}": 0.02 for i in range(50)}
    plan = planned("stack-wl", fusion__prior_correction=True, fusion__target_prior=prior)
    (fusion, *_) = yaml.safe_load_all(to_yaml(render(plan, settings)))
    assert parse_task(environment_of(fusion)["LTK8S_TASK"]) == plan.fusion
