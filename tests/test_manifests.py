"""What `kubectl apply -k` would create, overlay by overlay: built by kubectl itself, valid, and with no more than is needed."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import get_args

import kubernetes_validate
import pytest
import yaml

from ltk8s.spec.settings import load_settings
from ltk8s.store.address import parse_address
from ltk8s.store.layout import Kind

K8S = Path(__file__).parent.parent / "k8s"
KINDS = {kind for part in get_args(Kind) for kind in get_args(part)}
"""Every kind of task: each of them reaches the store."""
OVERLAYS = sorted(path.name for path in (K8S / "overlays").iterdir())


def kustomize(directory: Path) -> subprocess.CompletedProcess[str]:
    assert shutil.which("kubectl"), "kubectl is needed: it builds the overlays as an install does."
    return subprocess.run(["kubectl", "kustomize", str(directory)], capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def copied(tmp_path_factory):
    """The manifests, with the production overlay's example as its site.env."""
    copy = Path(shutil.copytree(K8S, tmp_path_factory.mktemp("install") / "k8s"))
    production = copy / "overlays" / "production"
    shutil.copy(production / "site.env.example", production / "site.env")
    return copy


@pytest.fixture(scope="module")
def built(copied):
    """The objects of an overlay."""

    def build(directory):
        done = kustomize(copied / directory)
        assert done.returncode == 0, done.stderr
        return list(yaml.safe_load_all(done.stdout))

    return build


@pytest.fixture(params=OVERLAYS)
def objects(request, built):
    return built(f"overlays/{request.param}")


def found(objects, kind, name):
    (chosen,) = (each for each in objects if (each["kind"], each["metadata"]["name"]) == (kind, name))
    return chosen


def pods(objects):
    """The pod of each workload, by its name."""
    workloads = (each for each in objects if each["kind"] in {"Deployment", "StatefulSet", "Job"})
    return {each["metadata"]["name"]: each["spec"]["template"] for each in workloads}


def grants(role):
    """Every verb on every resource that a Role gives."""
    return {
        f"{verb} {resource}" + "".join(f"/{name}" for name in rule.get("resourceNames", []))
        for rule in role["rules"]
        for resource in rule["resources"]
        for verb in rule["verbs"]
    }


def settings_of(objects):
    return found(objects, "ConfigMap", "ltk8s")["data"]


@pytest.mark.parametrize("version", ["1.34", kubernetes_validate.latest_version()])
def test_each_object_is_valid_to_kubernetes(objects, version):
    for each in objects:
        if "kueue" not in each["apiVersion"]:
            kubernetes_validate.validate(each, version, strict=True)


def test_everything_is_in_the_namespace_or_is_the_clusters(objects):
    outside = {each["kind"] for each in objects if each["metadata"].get("namespace") != "ltk8s"}
    assert outside <= {"Namespace", "ResourceFlavor", "ClusterQueue"}


def test_the_namespace_admits_restricted_pods_only(objects):
    labels = found(objects, "Namespace", "ltk8s")["metadata"]["labels"]
    assert {labels[f"pod-security.kubernetes.io/{mode}"] for mode in ("enforce", "audit", "warn")} == {"restricted"}


def test_each_pod_is_restricted_with_a_read_only_root(objects):
    for name, template in pods(objects).items():
        spec = template["spec"]
        assert spec["securityContext"]["runAsNonRoot"] is True, name
        assert spec["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}, name
        (container,) = spec["containers"]
        assert container["securityContext"] == {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        }, name
        assert "memory" in container["resources"]["limits"], name


def test_only_what_talks_to_the_api_server_has_a_token(objects):
    tokens = {name for name, template in pods(objects).items() if template["spec"]["automountServiceAccountToken"]}
    assert tokens <= {"ltk8s-controller", "minio-init"}
    accounts = [each for each in objects if each["kind"] == "ServiceAccount"]
    assert accounts
    assert all(account["automountServiceAccountToken"] is False for account in accounts)


def test_there_is_no_secret_and_no_password(objects):
    assert not [each for each in objects if each["kind"] == "Secret"]
    assert not [name for name in settings_of(objects) if "AWS" in name or "PASSWORD" in name]
    for template in pods(objects).values():
        for variable in template["spec"]["containers"][0].get("env", []):
            assert "valueFrom" in variable or "ROOT" not in variable["name"]


def test_no_role_reaches_beyond_the_namespace(objects):
    assert not [each for each in objects if each["kind"] in {"ClusterRole", "ClusterRoleBinding"}]
    assert not [grant for each in objects if each["kind"] == "Role" for grant in grants(each) if "*" in grant]


def test_the_controllers_role_is_what_it_does(objects):
    assert grants(found(objects, "Role", "ltk8s-controller")) == {
        *("list jobs", "watch jobs", "patch jobs"),
        *("list pods", "watch pods"),
        "create events",
        *("create leases", "patch leases/ltk8s-controller"),
    }


def test_minio_init_may_make_one_secret_and_restart_one_pod(built):
    objects = built("overlays/kind")
    assert grants(found(objects, "Role", "minio-init")) == {
        "create secrets",
        "get secrets/ltk8s-store",
        f"delete pods/{found(objects, 'StatefulSet', 'minio')['metadata']['name']}-0",
    }


def test_users_read_one_secret_and_change_jobs_alone(objects):
    given = grants(found(objects, "Role", "ltk8s-user"))
    assert {grant for grant in given if "secrets" in grant} == {"get secrets/ltk8s-store"}
    changing = {grant for grant in given if grant.split()[0] not in {"get", "list", "watch"}}
    assert changing == {"create jobs", "patch jobs", "delete jobs", "create pods/portforward"}


def test_all_traffic_is_shut_and_names_are_open(objects):
    shut = found(objects, "NetworkPolicy", "shut")["spec"]
    assert shut == {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}
    assert {port["port"] for port in found(objects, "NetworkPolicy", "names")["spec"]["egress"][0]["ports"]} == {53}


def test_the_command_line_understands_the_settings(objects, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    data = settings_of(objects)
    settings = load_settings(site=data)
    assert settings.store.url == data["LTK8S_STORE__URL"]
    assert settings.store.secret == "ltk8s-store"
    assert settings.image.name == data["LTK8S_IMAGE__NAME"]
    assert settings.pod_template["spec"]["serviceAccountName"] == "ltk8s-worker"


def test_the_controller_has_those_settings_as_its_environment(objects):
    (controller,) = pods(objects)["ltk8s-controller"]["spec"]["containers"]
    assert controller["envFrom"] == [{"configMapRef": {"name": "ltk8s"}}, {"secretRef": {"name": "ltk8s-store"}}]


def test_kind_has_images_that_are_there_already(built):
    objects = built("overlays/kind")
    images = {name: template["spec"]["containers"][0]["image"] for name, template in pods(objects).items()}
    assert images["ltk8s-controller"] == images["minio-init"] == "ltk8s/controller:dev"
    assert settings_of(objects)["LTK8S_IMAGE__NAME"] == "ltk8s/worker:dev"
    assert images["minio"].startswith("minio/minio:RELEASE.")


def test_minio_talks_to_nobody_and_only_our_pods_talk_to_it(built):
    objects = built("overlays/kind")
    (rule,) = found(objects, "NetworkPolicy", "minio")["spec"]["ingress"]
    assert [port["port"] for port in rule["ports"]] == [9000]
    (peer,) = rule["from"]
    components = peer["podSelector"]["matchExpressions"][1]["values"]
    assert set(components) == {*KINDS, "controller", "minio-init"}
    egress = [each for each in objects if each["kind"] == "NetworkPolicy" and "Egress" in each["spec"]["policyTypes"]]
    selected = [json.dumps(each["spec"]["podSelector"]) for each in egress if each["metadata"]["name"] not in {"shut", "names"}]
    assert not [selector for selector in selected if '"minio"' in selector]


def test_an_overlay_of_ones_own_renames_images(copied, built):
    own = copied / "own"
    own.mkdir()
    images = [{"name": "ltk8s/controller", "newName": "registry.test/c", "newTag": "1"}]
    kustomization = {"resources": [os.path.relpath(copied / "overlays" / "kind", own)], "images": images}
    (own / "kustomization.yaml").write_text(yaml.safe_dump(kustomization))
    assert pods(built("own"))["ltk8s-controller"]["spec"]["containers"][0]["image"] == "registry.test/c:1"


def test_production_is_not_applied_before_it_is_edited():
    done = kustomize(K8S / "overlays" / "production")
    assert done.returncode != 0
    assert "site.env" in done.stderr


def test_productions_example_cannot_work_by_accident(built):
    data = settings_of(built("overlays/production"))
    with pytest.raises(Exception, match="EDIT-ME"):
        parse_address(data["LTK8S_STORE__URL"])


def test_production_takes_the_controllers_image_from_the_same_file(built):
    objects = built("overlays/production")
    (controller,) = pods(objects)["ltk8s-controller"]["spec"]["containers"]
    assert controller["image"] == settings_of(objects)["LTK8S_CONTROLLER_IMAGE"] == "EDIT-ME/ltk8s/controller:0.1.0"


def test_production_has_gpus_and_a_queue_that_is_not_named_default(built):
    objects = built("overlays/production")
    assert load_settings(site=settings_of(objects)).pod_template["spec"]["tolerations"][0]["key"] == "nvidia.com/gpu"
    queue = found(objects, "LocalQueue", "ltk8s")
    assert settings_of(objects)["LTK8S_QUEUE"] == queue["metadata"]["name"] == "ltk8s"
    covered = found(objects, "ClusterQueue", queue["spec"]["clusterQueue"])["spec"]["resourceGroups"][0]["coveredResources"]
    assert covered == ["cpu", "memory", "nvidia.com/gpu"]


def test_every_command_that_the_manifests_run_exists(built):
    for template in pods(built("overlays/kind")).values():
        command = template["spec"]["containers"][0]["command"]
        if command[0] == "ltk8s":
            words = [word for word in command[1:3] if word.isalpha()]
            main = "from ltk8s.cli.app import main; main()"
            done = subprocess.run([sys.executable, "-c", main, *words, "--help"], capture_output=True, text=True, check=False)
            assert done.returncode == 0, done.stderr
            assert all(word in done.stdout for word in command if word.startswith("--"))
