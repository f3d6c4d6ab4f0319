"""Servers that the tests run for real, each built once from a Go module beside this file and kept in a cache.

The version of each is the one in its module's go.mod, so that a newer one is a change of go.mod and go.sum alone.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock

TOOLS = Path(__file__).parent
CACHE = Path(os.environ.get("LTK8S_CACHE_DIR", "~/.cache/ltk8s")).expanduser()


@dataclass(frozen=True, kw_only=True)
class Tool:
    """A program of a Go module: ``directory`` holds the go.mod that requires ``module``, or its source where there is none."""

    directory: str
    module: str = ""
    command: str = ""

    @property
    def version(self) -> str:
        if not self.module:
            return "v1"
        found = re.search(rf"{re.escape(self.module)} (v\S+)", (TOOLS / self.directory / "go.mod").read_text())
        assert found, f"{self.directory}/go.mod does not require {self.module}"
        return found.group(1)

    @property
    def package(self) -> str:
        return "/".join(filter(None, (self.module, self.command))) or "."

    @property
    def link_flags(self) -> str:
        if self.directory != "kubernetes":
            return "-s -w"
        major, minor, _ = self.version.removeprefix("v").split(".")  # clients refuse a server without a version
        values = {"gitVersion": self.version, "gitMajor": major, "gitMinor": minor}
        return " ".join(["-s -w", *(f"-X k8s.io/component-base/version.{name}={value}" for name, value in values.items())])


def _kubernetes(name: str) -> Tool:
    return Tool(directory="kubernetes", module="k8s.io/kubernetes", command=f"cmd/{name}")


TOOLS_BY_NAME = {
    "minio": Tool(directory="minio", module="github.com/minio/minio"),
    "kube-apiserver": _kubernetes("kube-apiserver"),
    "kube-controller-manager": _kubernetes("kube-controller-manager"),
    "kube-scheduler": _kubernetes("kube-scheduler"),
    "kubelet": _kubernetes("kubelet"),
    "kube-proxy": _kubernetes("kube-proxy"),
    "coredns": Tool(directory="coredns", module="github.com/coredns/coredns"),
    "kueue": Tool(directory="kueue", module="sigs.k8s.io/kueue", command="cmd/kueue"),
    "kube-network-policies": Tool(directory="network-policies", module="sigs.k8s.io/kube-network-policies", command="cmd"),
    "kwok": Tool(directory="kwok", module="sigs.k8s.io/kwok", command="cmd/kwok"),
    "pause": Tool(directory="pause"),
}

SERVERS = tuple(name for name in TOOLS_BY_NAME if name != "kwok")
"""What `make test` and `make e2e` run, in this order; kwok is for benchmarks alone."""


def build(name: str) -> Path:
    """The path of a server's binary, built where this version is not in the cache.

    Raises RuntimeError where Go is not installed, and CalledProcessError where the build fails.
    """
    tool = TOOLS_BY_NAME[name]
    binary = CACHE / "bin" / f"{name}-{tool.version}"
    binary.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(binary.with_name(f"{name}.lock")):
        if not binary.is_file():
            _compile(name, tool, binary)
    return binary


def source(name: str) -> Path:
    """Where Go keeps the module of a program, for what it has beside its code; downloaded where it is not there."""
    tool = TOOLS_BY_NAME[name]
    command = ["go", "mod", "download", "-json", tool.module]
    done = subprocess.run(command, cwd=TOOLS / tool.directory, capture_output=True, text=True, check=True)
    return Path(json.loads(done.stdout)["Dir"])


def _compile(name: str, tool: Tool, binary: Path) -> None:
    if not shutil.which("go"):
        raise RuntimeError("The tests run against real servers, which are built from source: install Go 1.25 or newer.")
    print(
        f"\nBuilding {name} {tool.version} into {binary.parent}, once; this takes some minutes ...", file=sys.stderr, flush=True
    )
    part = binary.with_name(f"{binary.name}.part")
    command = ["go", "build", "-buildvcs=false", "-trimpath", "-ldflags", tool.link_flags, "-o", str(part), tool.package]
    subprocess.run(command, cwd=TOOLS / tool.directory, env={**os.environ, "CGO_ENABLED": "0"}, check=True)
    part.replace(binary)
