"""A Job's container as a process of this machine: the manifest's command and environment, and only what it needs of ours."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from ltk8s.cluster.job import Manifest, environment_of, worker_of
from ltk8s.cluster.local.revision import revision
from ltk8s.errors import ClusterError, system_errors

OURS = {"PATH", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "PYTHONPATH", "SSL_CERT_FILE", "SSL_CERT_DIR", "NO_PROXY", "no_proxy"}
"""Variables of this machine that a process needs to run here: what an image would bring along."""

OUR_PREFIXES = ("AWS_", "HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy")
"""Credentials for the store, and the way to it: what a Secret would bring."""


GATE = 'read -r go && exec "$@" < /dev/null'
"""A shell that becomes the command once it is told to, and leaves when whoever should tell it is gone."""


class Container:
    """One attempt's process, in a session of its own, so that Ctrl-C in the terminal reaches it only through us.

    It waits at a gate until ``go``: so its driver can write down who it is before the command does anything, and a driver that
    is killed in between leaves nothing behind.
    """

    def __init__(self, process: subprocess.Popen[bytes], scratch: Path) -> None:
        self._process = process
        self._scratch = scratch

    @classmethod
    def start(cls, job: Manifest, *, log: Path, inherit: int, gpus: Sequence[str], cache: Path) -> Container:
        """Start the Job's process, at the gate.

        Args:
            log: the file that takes standard output and error; made here.
            inherit: a file descriptor that stays open in the process (the Job's lock).
            gpus: the devices that it may see.
            cache: a directory, kept between Jobs, for what is fetched from the store.
        """
        with system_errors("make a folder for a Job in", "TMPDIR", instead="set TMPDIR to another disk", kind=ClusterError):
            scratch = Path(tempfile.mkdtemp(prefix="ltk8s-"))
        try:
            variables = environment(job, scratch, gpus, cache)
            log.parent.mkdir(parents=True, exist_ok=True)
            with log.open("wb") as output:
                process = subprocess.Popen(
                    ["/bin/sh", "-c", GATE, "sh", *command(job)],
                    env=variables,
                    cwd=scratch,
                    stdin=subprocess.PIPE,
                    stdout=output,
                    stderr=subprocess.STDOUT,
                    start_new_session=True,
                    pass_fds=[inherit],
                )
        except BaseException:
            shutil.rmtree(scratch, ignore_errors=True)
            raise
        return cls(process, scratch)

    @property
    def pid(self) -> int:
        return self._process.pid

    def go(self) -> None:
        """Let it run the Job's command."""
        assert self._process.stdin
        with suppress(BrokenPipeError), self._process.stdin as gate:
            gate.write(b"go\n")

    def exit_code(self) -> int | None:
        """None while it runs; afterwards what Kubernetes would report: 128 + n where signal n ended it."""
        code = self._process.poll()
        return 128 - code if code is not None and code < 0 else code

    def terminate(self) -> None:
        """Ask it to save and leave, as the kubelet asks a container's first process."""
        self._process.terminate()

    def kill(self) -> None:
        """End it and all that it started."""
        kill_session(self.pid)

    def clean_up(self) -> None:
        """After its end: what it started ends with it, as in a container, and so does what it wrote outside the store."""
        kill_session(self.pid)
        shutil.rmtree(self._scratch, ignore_errors=True)


def kill_session(leader: int) -> None:
    """SIGKILL to every process of the group that a container's first process leads."""
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(leader, signal.SIGKILL)


def command(job: Manifest) -> list[str]:
    """The container's command line; its ``python`` is the one that runs here."""
    worker = worker_of(job)
    words: list[str] = [*worker["command"], *(worker.get("args") or [])]
    return [sys.executable if words[0] == "python" else words[0], *words[1:]]


def environment(job: Manifest, scratch: Path, gpus: Sequence[str], cache: Path) -> dict[str, str]:
    """The container's environment, exactly, over what this machine must add.

    A path below a mounted ``emptyDir`` becomes one below ``scratch``, so that HOME is private here too.
    """
    ours = {name: value for name, value in os.environ.items() if name in OURS or name.startswith(OUR_PREFIXES)}
    mounts = {mount: _made(scratch / name) for name, mount in _directories(job).items()}
    theirs = {name: _mapped(value, mounts) for name, value in environment_of(job).items()}
    added = {
        "TMPDIR": str(mounts.get("/tmp", scratch)),
        "LTK8S_CACHE": str(cache),
        "LTK8S_REVISION": revision(),
        "CUDA_VISIBLE_DEVICES": ",".join(gpus),
    }
    return {**ours, **_credential_files(), **added, **theirs}


def _directories(job: Manifest) -> dict[str, str]:
    """The mount path of each ``emptyDir`` by the volume's name; /dev/shm is the machine's own."""
    volumes = {volume["name"] for volume in job["spec"]["template"]["spec"].get("volumes") or [] if "emptyDir" in volume}
    mounts = worker_of(job).get("volumeMounts") or []
    return {
        mount["name"]: mount["mountPath"] for mount in mounts if mount["name"] in volumes and mount["mountPath"] != "/dev/shm"
    }


def _mapped(value: str, mounts: dict[str, Path]) -> str:
    for mount, directory in mounts.items():
        if value == mount or value.startswith(f"{mount}/"):
            return f"{directory}{value.removeprefix(mount)}"
    return value


def _made(directory: Path) -> Path:
    directory.mkdir(parents=True, exist_ok=True)
    return directory


def _credential_files() -> dict[str, str]:
    """Where AWS's own files are: HOME is another one in the container."""
    files = {"AWS_SHARED_CREDENTIALS_FILE": "credentials", "AWS_CONFIG_FILE": "config"}
    found = {name: Path.home() / ".aws" / file for name, file in files.items()}
    return {name: str(path) for name, path in found.items() if name not in os.environ and path.is_file()}
