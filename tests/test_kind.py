"""`make kind` told by what it tells others: docker, kind and kubectl are stand-ins that write down their arguments.

That Docker builds what it is told here is tried by hand, for it takes an engine and an image of Python.
"""

import os
import shlex
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
RECORD = """\
#!/bin/sh
printf '%s\\n' "${DOCKER_BUILDKIT:-}|$(basename "$0") $*" >> "$RECORD"
"""
INIT_IS = 'case "$*" in *"get job minio-init"*) echo "{}";; *"logs "*) echo "the log of minio-init";; esac\n'


class Kind:
    """What `k8s/kind.sh` printed, how it ended, and the commands that it ran, each as ``BUILDKIT|program arguments``."""

    def __init__(self, directory):
        self.directory = directory
        self.record = directory / "record"
        (directory / "bin").mkdir()
        for name, more in {"docker": "", "kind": "", "ltk8s": "", "kubectl": INIT_IS.format("1/")}.items():
            self.program(name, more)

    def program(self, name, more):
        path = self.directory / "bin" / name
        path.write_text(RECORD + more)
        path.chmod(0o755)

    def run(self, **environment):
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("KIND_", "DOCKER_", "LTK8S"))}
        path = f"{self.directory / 'bin'}{os.pathsep}{os.environ['PATH']}"
        environment = {**kept, "PATH": path, "RECORD": str(self.record), **environment}
        return subprocess.run(
            ["sh", str(ROOT / "k8s" / "kind.sh")], env=environment, capture_output=True, text=True, timeout=60, check=False
        )

    def commands(self, start):
        return [line for line in self.record.read_text().splitlines() if line.partition("|")[2].startswith(start)]


@pytest.fixture
def kind(tmp_path):
    return Kind(tmp_path)


def test_it_asks_for_buildkit_and_builds_both_images(kind):
    done = kind.run()
    assert done.returncode == 0, done.stderr
    builds = kind.commands("docker build")
    assert [shlex.split(line)[3] for line in builds] == ["controller", "worker"]
    assert all(line.startswith("1|") for line in builds)
    assert not [line for line in builds if "secret" in line or "BASE" in line]


def test_a_base_an_authority_and_an_index_reach_the_build_without_its_password(kind, tmp_path):
    authority = tmp_path / "company ca.pem"
    authority.touch()
    index = "https://me:hunter2@index.test/simple"
    given = {"KIND_CA": str(authority), "KIND_BASE": "company.test/python:3", "KIND_INDEX_URL": index}
    done = kind.run(**given, KIND_BUILD_ARGS="--network host --pull")
    assert done.returncode == 0, done.stderr
    for line in kind.commands("docker build"):
        assert f"--secret id=ca,src={authority} --build-arg SSL_CERT_FILE=/run/secrets/ca" in line
        assert "--build-arg BASE=company.test/python:3" in line
        assert "--secret id=index_url,env=KIND_INDEX_URL" in line
        assert line.endswith("--network host --pull .")
    assert "hunter2" not in kind.record.read_text() + done.stdout + done.stderr


def test_an_authority_that_is_not_there_is_told_before_anything_is_made(kind):
    done = kind.run(KIND_CA="no-such.pem")
    assert done.returncode == 1
    assert "KIND_CA: the file no-such.pem cannot be read" in done.stderr
    assert not kind.commands("kind create")


@pytest.mark.parametrize(("image", "asked"), [("", ""), ("kindest/node:v1.34.0", " --image kindest/node:v1.34.0")])
def test_the_nodes_image_can_be_chosen(kind, image, asked):
    kind.run(KIND_IMAGE=image, KIND_CLUSTER="other")
    assert kind.commands("kind create") == [f"|kind create cluster --name other{asked} --wait 3m"]


def test_a_bucket_that_is_not_made_ends_it_with_the_log_of_what_should_make_it(kind):
    kind.program("kubectl", INIT_IS.format("/3"))
    done = kind.run()
    assert done.returncode == 1
    assert "the log of minio-init" in done.stdout
    assert "minio-init, which makes the store's Secret and bucket, does not get through." in done.stderr
    assert not kind.commands("ltk8s")


def test_an_image_that_is_not_built_says_what_can_be_set(kind):
    kind.program("docker", '[ "$1" != build ]\n')
    done = kind.run()
    assert done.returncode == 1
    assert "KIND_BASE, KIND_CA and KIND_INDEX_URL" in done.stderr


def test_the_report_is_printed_once(kind):
    kind.run()
    said = [line.partition("|ltk8s ")[2].split()[0] for line in kind.commands("ltk8s")]
    assert said == ["data", "doctor", "submit"]  # `submit --wait` ends with the report
