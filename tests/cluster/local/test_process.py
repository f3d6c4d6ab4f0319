"""What a process sees: the manifest's environment, and of ours only what it needs to run here."""

import json
import os
import subprocess
import sys

import pytest

from ltk8s.cluster.local.locks import is_locked
from ltk8s.cluster.local.process import command, environment
from ltk8s.cluster.local.revision import revision

SHOW = "import json, os; print(json.dumps(dict(os.environ)))"


@pytest.fixture
def seen(cluster, run_jobs, job):
    """The environment that a real process had."""

    def build(**variables):
        made = job("a", SHOW)
        made["spec"]["template"]["spec"]["containers"][0]["env"] += [{"name": k, "value": v} for k, v in variables.items()]
        cluster.create(made)
        run_jobs()
        return json.loads("".join(cluster.logs("a")))

    return build


def test_it_is_that_of_the_manifest_and_little_else(seen, cluster):
    found = seen(LTK8S_TASK="{}", X="1")
    assert (found["LTK8S_TASK"], found["X"], found["PATH"]) == ("{}", "1", os.environ["PATH"])
    assert found["LTK8S_CACHE"] == str(cluster.cache)
    assert found["LTK8S_REVISION"] == revision()
    known = {
        "LTK8S_TASK",
        "X",
        "PATH",
        "HOME",
        "TMPDIR",
        "LTK8S_CACHE",
        "LTK8S_REVISION",
        "CUDA_VISIBLE_DEVICES",
        "LC_CTYPE",
        "PWD",
        "SHLVL",
        "_",
    }
    passed = {"LD_LIBRARY_PATH", "PYTHONPATH", "SSL_CERT_FILE", "SSL_CERT_DIR", "NO_PROXY", "no_proxy"}
    assert not {name for name in set(found) - known - passed if not name.startswith(("AWS_", "HTTP", "http"))}


def test_home_and_the_temporary_directory_are_private_and_gone_afterwards(seen):
    found = seen(HF_HOME="/tmp/huggingface")
    assert found["HOME"] == found["TMPDIR"]
    assert found["HF_HOME"] == f"{found['HOME']}/huggingface"
    assert found["HOME"] not in ("/tmp", os.environ.get("HOME"))
    assert not os.path.exists(found["HOME"])


def test_a_path_that_only_begins_alike_is_left_alone(job, tmp_path):
    made = job("a")
    made["spec"]["template"]["spec"]["containers"][0]["env"].append({"name": "X", "value": "/tmpfs/x"})
    assert environment(made, tmp_path, [], tmp_path)["X"] == "/tmpfs/x"


def test_credentials_of_the_user_reach_it(seen, minio):
    found = seen()
    assert {name: found[name] for name in minio.credentials} == minio.credentials


def test_python_is_the_one_that_runs_here(job):
    made = job("a")
    made["spec"]["template"]["spec"]["containers"][0] |= {"command": ["python", "-m"], "args": ["x"]}
    assert command(made) == [sys.executable, "-m", "x"]


def test_any_other_command_is_taken_as_it_is(job):
    made = job("a")
    made["spec"]["template"]["spec"]["containers"][0]["command"] = ["sh", "-c", "true"]
    assert command(made) == ["sh", "-c", "true"]


def test_a_driver_that_is_killed_while_it_starts_a_process_leaves_none_behind(cluster, job, tmp_path, wait_until):
    made = job("a", f"open({str(tmp_path / 'ran')!r}, 'w')")
    lock, log, cache = (str(tmp_path / name) for name in ("a.lock", "a.log", "cache"))
    code = (
        "import os\nfrom pathlib import Path\n"
        "from ltk8s.cluster.local.locks import RunLock\nfrom ltk8s.cluster.local.process import Container\n"
        f"lock = RunLock.acquire(Path({lock!r}))\n"
        f"Container.start({made!r}, log=Path({log!r}), inherit=lock.fd, gpus=[], cache=Path({cache!r}))\n"
        "os.kill(os.getpid(), 9)\n"
    )
    subprocess.run([sys.executable, "-c", code], check=False)
    wait_until(lambda: not is_locked(tmp_path / "a.lock"))
    assert not (tmp_path / "ran").exists()
