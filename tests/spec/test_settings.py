"""Flags over environment over file over defaults; the store's one-string address. Each in a real process."""

import json
import os
import subprocess
import sys
from pathlib import Path

PRINT = (
    "import os, sys, json; from ltk8s.spec.settings import load_settings; from ltk8s.errors import LtkError\n"
    "try: s = load_settings(site=json.loads(os.environ.get('SITE', '{}')), **json.loads(sys.argv[1]))\n"
    "except LtkError as e: print(e); sys.exit(2)\n"
    "print(json.dumps({'namespace': s.namespace, 'store': s.store.url, 'pods': s.store.address(from_pods=True),"
    " 'client': s.store.address(from_pods=False), 'state': str(s.state_dir), 'image': s.image.name, 'named': s.has_store}))"
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
