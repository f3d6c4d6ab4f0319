"""The command as a user has it: its own directory, a kubeconfig bound to the Role ltk8s-user, no store credentials."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

T = TypeVar("T")

COMMAND = (sys.executable, "-c", "from ltk8s.cli.app import main; main()")

TINY = ("--dataset", "glyphs50", "--profile", "laptop", "--set", "train.batch_size=16")
"""What most submissions here share: networks of 32 pixels, without a GPU."""

NEVER = ("--set", "resources.memory=900Gi")
"""A learner that fits on no node: its Job exists, and nothing of it runs."""


class Client:
    """Runs ``ltk8s`` with the rights of one kubeconfig."""

    def __init__(self, kubeconfig: Path, directory: Path) -> None:
        self.directory = directory
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("LTK8S_", "AWS_"))}
        self.environment = {
            **kept,
            "KUBECONFIG": str(kubeconfig),
            "LTK8S_STATE_DIR": str(directory / "state"),
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
            "AWS_EC2_METADATA_DISABLED": "true",
        }

    def start(self, *arguments: str, **environment: str) -> subprocess.Popen[str]:
        """Start a command and leave it running."""
        return subprocess.Popen(
            [*COMMAND, *arguments],
            cwd=self.directory,
            env={**self.environment, **environment},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run(self, *arguments: str, timeout: float = 300, **environment: str) -> subprocess.CompletedProcess[str]:
        """Run a command to its end, whatever that is."""
        process = self.start(*arguments, **environment)
        try:
            out, err = process.communicate(timeout=timeout)
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()
            raise
        return subprocess.CompletedProcess(arguments, process.returncode, out, err)

    def ok(self, *arguments: str, **environment: str) -> str:
        """What a command that must succeed prints."""
        done = self.run(*arguments, **environment)
        assert done.returncode == 0, f"ltk8s {' '.join(arguments)} left with {done.returncode}:\n{done.stdout}{done.stderr}"
        return done.stdout

    def json(self, *arguments: str, **environment: str) -> Any:
        """The JSON document of a command that must succeed."""
        return json.loads(self.ok(*arguments, "--json", **environment))

    def submit(self, *arguments: str, **environment: str) -> Submitted:
        """Submit, and let the client exit."""
        return Submitted(self.json("submit", *arguments, **environment))


class Submitted:
    """What one submission of one run created."""

    def __init__(self, document: dict[str, Any]) -> None:
        self.document = document
        (run,) = document["runs"]
        self.run: str = run["run"]
        self.learners: list[str] = [learner["id"] for learner in run["learners"]]
        self.fusion: str = run.get("ranking") or run["fusion"]  # what ends the run
        self.outcomes: dict[str, str] = {outcome["id"]: outcome["outcome"] for outcome in document["outcomes"]}

    @property
    def selector(self) -> str:
        """Selects the run's Jobs."""
        return f"run.ltk8s.io/{self.run}"


def eventually(look: Callable[[], T], seconds: float, what: str, pause: float = 0.5) -> T:
    """The first true value that ``look`` has within the time.

    Raises:
        AssertionError: naming ``what`` did not come, and what was seen last.
    """
    until = time.monotonic() + seconds
    while True:
        seen = look()
        if seen:
            return seen
        assert time.monotonic() < until, f"{what} did not come within {seconds:.0f} s; the last look saw {seen!r}"
        time.sleep(pause)


def listed(cluster: Any, kind: str, selector: str = "") -> list[dict[str, Any]]:
    """The objects of a kind in our namespace, as the administrator sees them."""
    chosen = ("-l", selector) if selector else ()
    items: list[dict[str, Any]] = json.loads(cluster.kubectl("get", kind, "-n", "ltk8s", *chosen, "-o", "json"))["items"]
    return items


def job_of(cluster: Any, name: str) -> dict[str, Any]:
    """One Job; empty where there is none."""
    return next((job for job in listed(cluster, "jobs") if job["metadata"]["name"] == name), {})


def pods_of(cluster: Any, name: str) -> list[dict[str, Any]]:
    """The pods of a Job, oldest first."""
    pods = listed(cluster, "pods", f"batch.kubernetes.io/job-name={name}")
    return sorted(pods, key=lambda pod: pod["metadata"]["creationTimestamp"])


def is_complete(cluster: Any, name: str) -> bool:
    return has_condition(job_of(cluster, name), "Complete")


def has_condition(object: dict[str, Any], type: str) -> bool:
    conditions = object.get("status", {}).get("conditions") or []
    return any(condition["type"] == type and condition["status"] == "True" for condition in conditions)
