"""Flags over environment over file over defaults; the store's one-string address. Each in a real process."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

PRINT = (
    "import os, sys, json; from ltk8s.spec.settings import load_settings; from ltk8s.errors import LtkError\n"
    "try: s = load_settings(site=json.loads(os.environ.get('SITE', '{}')), **json.loads(sys.argv[1]))\n"
    "except LtkError as e: print(e); sys.exit(2)\n"
    "print(json.dumps({'namespace': s.namespace, 'store': s.store.url, 'pods': s.store.address(from_pods=True),"
    " 'client': s.store.address(from_pods=False), 'state': str(s.state_dir), 'image': s.image.name,"
    " 'named': s.has_store, 'queue': s.queue,"
    " 'pod_template': s.pod_template}))"
)


def settings(directory: Path, flags: dict[str, object] | None = None, **environment: str) -> tuple[int, str]:
    clean = {name: value for name, value in os.environ.items() if not name.startswith("LTK8S_")}
    done = subprocess.run(
        [sys.executable, "-c", PRINT, json.dumps(flags or {})],
        cwd=directory,
        env={**clean, **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    assert not done.stderr, done.stderr
    return done.returncode, done.stdout.strip()


def test_flags_win_over_environment_over_file_over_defaults(tmp_path: Path) -> None:
    assert json.loads(settings(tmp_path)[1])["namespace"] == "ltk8s"
    (tmp_path / "ltk8s.yaml").write_text("namespace: from-file\n")
    assert json.loads(settings(tmp_path)[1])["namespace"] == "from-file"
    assert json.loads(settings(tmp_path, LTK8S_NAMESPACE="from-env")[1])["namespace"] == "from-env"
    assert json.loads(settings(tmp_path, {"namespace": "from-flag"}, LTK8S_NAMESPACE="from-env")[1])["namespace"] == "from-flag"


def test_the_default_store_is_in_the_state_directory(tmp_path: Path) -> None:
    said = json.loads(settings(tmp_path, LTK8S_STATE_DIR=str(tmp_path / "state"))[1])
    assert said["store"] == said["pods"] == (tmp_path / "state" / "store").as_uri()


def test_pods_and_client_may_reach_one_store_by_different_ways(tmp_path: Path) -> None:
    (tmp_path / "ltk8s.yaml").write_text(
        "store: {url: 's3://b/p', endpoint: 'http://minio.ltk8s.svc:9000', client_endpoint: 'http://127.0.0.1:9000'}\n"
    )
    said = json.loads(settings(tmp_path)[1])
    assert said["pods"] == "s3://b/p?endpoint=http%3A%2F%2Fminio.ltk8s.svc%3A9000"
    assert said["client"] == "s3://b/p?endpoint=http%3A%2F%2F127.0.0.1%3A9000"


def test_a_store_may_be_given_as_a_url(tmp_path: Path) -> None:
    assert json.loads(settings(tmp_path, {"store": "s3://bucket/prefix"})[1])["store"] == "s3://bucket/prefix"


def test_mistakes_are_named(tmp_path: Path) -> None:
    code, said = settings(tmp_path, {"store": "ftp://x"})
    assert (code, "a store is s3://bucket/prefix or file:///directory, not 'ftp://x'" in said) == (2, True)
    (tmp_path / "ltk8s.yaml").write_text("namespce: x\n")
    code, said = settings(tmp_path)
    assert (code, "ltk8s.yaml has no field 'namespce'. Did you mean 'namespace'?" in said) == (2, True)


def test_what_the_cluster_says_is_above_the_defaults_only(tmp_path: Path) -> None:
    site = json.dumps({"LTK8S_STORE__URL": "s3://site", "LTK8S_STORE__ENDPOINT": "http://minio", "LTK8S_IMAGE__NAME": "site"})
    said = json.loads(settings(tmp_path, SITE=site)[1])
    assert (said["pods"], said["image"], said["named"]) == ("s3://site?endpoint=http%3A%2F%2Fminio", "site", True)
    (tmp_path / "ltk8s.yaml").write_text("image: {name: from-file}\n")
    said = json.loads(settings(tmp_path, SITE=site, LTK8S_STORE__URL="s3://own")[1])
    assert (said["pods"], said["image"]) == ("s3://own?endpoint=http%3A%2F%2Fminio", "from-file")


def test_a_cluster_has_no_say_in_what_is_this_machines(tmp_path: Path) -> None:
    site = json.dumps({"LTK8S_NAMESPACE": "other", "LTK8S_STATE_DIR": "/nowhere", "LTK8S_NEW": "x", "LTK8S_STORE__NEW": "x"})
    assert settings(tmp_path, SITE=site, LTK8S_STATE_DIR="/here") == settings(tmp_path, LTK8S_STATE_DIR="/here")


def test_a_mistake_of_the_clusters_names_the_configmap(tmp_path: Path) -> None:
    code, said = settings(tmp_path, SITE=json.dumps({"LTK8S_TTL_SECONDS": "soon"}))
    assert (code, "'ttl_seconds'" in said, "ConfigMap" in said) == (2, True, True)


def test_the_default_store_is_named_by_nobody(tmp_path: Path) -> None:
    assert json.loads(settings(tmp_path)[1])["named"] is False
    assert json.loads(settings(tmp_path, LTK8S_STORE__REGION="x")[1])["named"] is False
    assert json.loads(settings(tmp_path, LTK8S_STORE="s3://own")[1])["named"] is True


def test_a_file_of_comments_only_says_nothing(tmp_path: Path) -> None:
    without = settings(tmp_path)
    (tmp_path / "ltk8s.yaml").write_text("# namespace: mine\n")
    assert settings(tmp_path) == without


def refusal(directory: Path, **environment: str) -> str:
    code, said = settings(directory, **environment)
    assert code == 2
    return said


def test_a_key_twice_is_refused(tmp_path: Path) -> None:
    (tmp_path / "ltk8s.yaml").write_text("store: {url: s3://own}\nqueue: a\nstore: {region: x}\n")
    assert "ltk8s.yaml is not valid YAML: the key 'store' is in lines 1 and 3" in refusal(tmp_path)
    (tmp_path / "ltk8s.yaml").unlink()
    said = refusal(tmp_path, LTK8S_POD_TEMPLATE='{"spec": {}, "spec": {}}')
    assert "LTK8S_POD_TEMPLATE is not valid YAML: the key 'spec' is twice" in said


def test_no_value_of_the_file_is_shown(tmp_path: Path) -> None:
    (tmp_path / "ltk8s.yaml").write_text("store: {url: s3://b, secret: hunter2: x}\n")
    assert "line 1, column" in refusal(tmp_path)
    assert "hunter2" not in refusal(tmp_path)
    (tmp_path / "ltk8s.yaml").write_text("store: https://key:hunter2@host/x\n")
    assert "not 'https://…@host/x'" in refusal(tmp_path)
    assert "hunter2" not in refusal(tmp_path)


def test_the_file_may_be_saved_as_windows_does_and_called_yml(tmp_path: Path) -> None:
    (tmp_path / "ltk8s.YML").write_bytes("queue: 010\r\npod_template: {spec: {a: 0644, b: 1.10}}\r\n".encode("utf-16"))
    said = json.loads(settings(tmp_path)[1])
    assert (said["queue"], said["pod_template"]) == ("010", {"spec": {"a": 0o644, "b": 1.1}})
    (tmp_path / "ltk8s.yaml").write_text("queue: a\n")
    assert "There are two settings files: ltk8s.YML and ltk8s.yaml." in refusal(tmp_path)


def test_a_file_that_cannot_be_read_is_not_taken_for_none(tmp_path: Path) -> None:
    (tmp_path / "ltk8s.yaml").mkdir()
    assert "Cannot read ltk8s.yaml: is a directory." in refusal(tmp_path)
    (tmp_path / "ltk8s.yaml").rmdir()
    (tmp_path / "ltk8s.yaml").symlink_to("nowhere")
    assert "Cannot read ltk8s.yaml: no such file or directory." in refusal(tmp_path)


def test_an_empty_variable_says_nothing_and_blanks_are_no_part_of_a_value(tmp_path: Path) -> None:
    (tmp_path / "ltk8s.yaml").write_text("{store: s3://file, queue: gpus}\n")
    assert settings(tmp_path, LTK8S_STORE="", LTK8S_NAMESPACE=" ", LTK8S_QUEUE="") == settings(tmp_path)
    assert json.loads(settings(tmp_path, LTK8S_STORE=" s3://own\n")[1])["store"] == "s3://own"


def test_a_store_and_how_to_reach_it_may_be_said_in_two_places(tmp_path: Path) -> None:
    whole = "s3://own?endpoint=http%3A%2F%2Fx"
    assert json.loads(settings(tmp_path, LTK8S_STORE="s3://own", LTK8S_STORE__ENDPOINT="http://x")[1])["pods"] == whole
    (tmp_path / "ltk8s.yaml").write_text("store: s3://own\n")
    assert json.loads(settings(tmp_path, LTK8S_STORE__ENDPOINT="http://x")[1])["pods"] == whole
    assert json.loads(settings(tmp_path, LTK8S_STORE="s3://other")[1])["pods"] == "s3://other"
    assert "name two stores" in refusal(tmp_path, LTK8S_STORE="s3://a", LTK8S_STORE__URL="s3://b")


@pytest.mark.parametrize(
    ("slip", "meant"),
    [
        ("LTK8S_STROE", "LTK8S_STORE"),
        ("LTK8S_STORE_URL", "LTK8S_STORE__URL"),
        ("LTK8S_STORE__ENDPIONT", "LTK8S_STORE__ENDPOINT"),
        ("LTK8S_NAMESPCE", "LTK8S_NAMESPACE"),
        ("LTK8S_IMAGES", "LTK8S_IMAGE"),
    ],
)
def test_a_variable_that_is_nearly_one_of_ours_is_refused(tmp_path: Path, slip: str, meant: str) -> None:
    assert f"The environment variable {slip} is not a setting. Did you mean {meant}?" in refusal(tmp_path, **{slip: "x"})


def test_other_variables_are_left_alone(tmp_path: Path) -> None:
    """What pods, tests and shells have, and what Kubernetes sets for Services called ltk8s and ltk8s-store."""
    ours = ("TASK", "TASK_ID", "THREADS", "CACHE", "REVISION", "GPUS", "COMPLETE", "E2E_KEEP", "REGENERATE")
    services = ("PORT", "SERVICE_HOST", "SERVICE_PORT", "STORE_PORT", "STORE_SERVICE_HOST", "STORE_PORT_9000_TCP_PROTO")
    others = {f"LTK8S_{name}": "x" for name in (*ours, *services, "CONTROLLER_IMAGE")}
    assert settings(tmp_path, **others) == settings(tmp_path)


@pytest.mark.parametrize(("seconds", "said"), [("7d", "valid integer"), ("-1", "greater than or equal to 0")])
def test_a_number_that_is_not_one_is_refused(tmp_path: Path, seconds: str, said: str) -> None:
    assert said in refusal(tmp_path, LTK8S_TTL_SECONDS=seconds)
