"""What the cluster needs of the machine, installed where it can be."""

from __future__ import annotations

import os
import platform
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.tools.apt import can_install, install

PACKAGES = {  # what must be there → Debian's package of it
    "etcd": "etcd-server",
    "containerd": "containerd",
    "runc": "runc",
    "/usr/lib/cni/bridge": "containernetworking-plugins",
    "iptables": "iptables",
    "ip": "iproute2",
    "conntrack": "conntrack",
    "buildah": "buildah",
    "debootstrap": "debootstrap",
    "docker-registry": "docker-registry",
    "openssl": "openssl",
    "mount": "mount",
    "git": "git",
}
NO_SERVICES = Path("/usr/sbin/policy-rc.d")  # Debian asks it whether a package may start its service


class Unfit(Exception):
    """This machine cannot run the cluster; says what it lacks."""


def prepare() -> None:
    """Install what is missing; raises Unfit where this machine or this user will not do."""
    if platform.system() != "Linux":
        raise Unfit("The tests' cluster needs Linux: a real kubelet and containerd run on it.")
    if os.geteuid() != 0:
        raise Unfit("The tests' cluster needs root: it makes a bridge, mounts and firewall rules. Run as root, "
                    "or give LTK8S_E2E_KUBECONFIG of a cluster that there is.")  # fmt: skip
    for program, advice in {"go": "Go 1.25 or newer", "kubectl": "kubectl 1.31 or newer"}.items():
        if not shutil.which(program):
            raise Unfit(f"`{program}` is missing: install {advice}.")
    _install([package for program, package in PACKAGES.items() if not shutil.which(program)])


def _install(packages: list[str]) -> None:
    if not packages:
        return
    if not can_install():
        raise Unfit(f"Missing: {', '.join(packages)}. These are Debian's names; apt-get is not here to install them.")
    with _no_services():
        try:
            install(*packages)
        except RuntimeError as error:
            raise Unfit(str(error)) from None


@contextmanager
def _no_services() -> Iterator[None]:
    """Debian would start an etcd, a containerd and a registry of its own. Ours bring their own settings."""
    if NO_SERVICES.exists():
        yield
        return
    NO_SERVICES.write_text("#!/bin/sh\nexit 101\n")
    NO_SERVICES.chmod(0o755)
    try:
        yield
    finally:
        NO_SERVICES.unlink()
