"""Everything away that `up` made, also where what made it died half-way. Nothing else on the machine is touched."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import tempfile
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

from tests.e2e.cluster.layout import BRIDGE, CGROUP, LAYERS, SOCKET, STATE
from tests.e2e.cluster.node import cgroup_roots, set_kernel
from tests.e2e.cluster.processes import names, stop, until

OURS = r"(?:KUBE-|LTK8S-E2E)"  # chains


def down() -> None:
    """Remove the cluster: its processes, containers, mounts, network, firewall rules, cgroups and files."""
    if not STATE.exists():
        return
    for name in reversed(names()):
        if name != "containerd":
            stop(name)
    _end_containers()
    stop("containerd")
    _remove_mounts()
    _remove_cgroups()
    _remove_network()
    _remove_traces()
    _remove_files()


def _remove_files() -> None:
    """Out of the way at once; what takes a slow disk minutes, six gigabytes in small files, goes on by itself."""
    STATE.rename(tempfile.mkdtemp(prefix=f"{STATE.name}-gone-", dir=STATE.parent))
    gone = [str(path) for path in STATE.parent.glob(f"{STATE.name}-gone-*")]
    silent: dict[str, Any] = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.DEVNULL)
    subprocess.run(["sh", "-c", 'rm -rf "$@" &', "sh", *gone], check=True, start_new_session=True, **silent)


def _end_containers() -> None:
    """By the cgroups that only our pods are in, and the shims that hold our containerd's address."""
    pods = {
        int(pid)
        for root in cgroup_roots()
        for pids in (root / CGROUP).rglob("cgroup.procs")
        for pid in pids.read_text().split()
    }
    for pid in pods | set(_shims()):
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    until(lambda: not _shims(), 60, "the end of the containers")


def _shims() -> list[int]:
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        with suppress(OSError):
            words = path.read_bytes().split(b"\0")
            if b"containerd-shim" in words[0] and str(SOCKET).encode() in words:
                found.append(int(path.parent.name))
    return found


def _remove_mounts() -> None:
    mounted = [line.split()[1] for line in Path("/proc/mounts").read_text().splitlines()]
    ours = [point for point in mounted if Path(point).is_relative_to(STATE) or Path(point).is_relative_to(LAYERS)]
    for point in reversed(ours):
        subprocess.run(["umount", "--lazy", point], check=False, capture_output=True)


def _remove_cgroups() -> None:
    for root in cgroup_roots():
        for directory, _, _ in os.walk(root / CGROUP, topdown=False):
            until(partial(_removed, directory), 60, f"the end of {directory}")


def _removed(directory: str) -> bool:
    try:
        os.rmdir(directory)
    except FileNotFoundError:
        return True
    except OSError:  # its last process is still dying
        return False
    return True


def _remove_traces() -> None:
    """What containerd, CNI and the kubelet put where no setting of theirs can change it."""
    for bundle in (STATE / "containerd-run" / "io.containerd.runtime.v2.task" / "k8s.io").glob("*"):
        with suppress(FileNotFoundError):
            Path((bundle / "address").read_text().removeprefix("unix://")).unlink()
        shutil.rmtree(Path("/run/containerd/runc/k8s.io") / bundle.name, ignore_errors=True)
    for path in Path("/var/lib/cni/results").glob(f"{BRIDGE}-*-eth0"):
        sandbox = path.name.removeprefix(f"{BRIDGE}-").removesuffix("-eth0")
        path.with_name(f"cni-loopback-{sandbox}-lo").unlink(missing_ok=True)
        path.unlink()
    plugins = Path("/var/lib/kubelet/device-plugins")
    for name in ("kubelet.sock", "kubelet_internal_checkpoint", "DEPRECATION"):
        (plugins / name).unlink(missing_ok=True)
    for directory in (plugins, plugins.parent):
        with suppress(OSError):  # there is none, or something else is in it
            directory.rmdir()


def _remove_network() -> None:
    if Path("/sys/class/net", BRIDGE).exists():
        subprocess.run(["ip", "link", "delete", BRIDGE], check=True)
    for program in ("iptables", "ip6tables"):
        _remove_rules(program)
    with suppress(FileNotFoundError):
        set_kernel(json.loads((STATE / "settings.json").read_text()))


def _remove_rules(program: str) -> None:
    """Kubernetes' chains and the rules that lead into them. `up` refuses a machine that had any before it."""
    if orders := removal(subprocess.run([f"{program}-save"], capture_output=True, text=True, check=True).stdout):
        subprocess.run([f"{program}-restore", "--noflush"], input=orders, text=True, check=True)


def removal(saved: str) -> str:
    """What `iptables-restore` needs to be told for the chains in `saved` that are Kubernetes' to go, and nothing else."""
    orders = []
    for table in re.findall(r"^(\*\w+\n.*?)^COMMIT$", saved, re.MULTILINE | re.DOTALL):
        name, *lines = table.splitlines()
        chains = [line.split()[0][1:] for line in lines if re.match(OURS, line[1:])]
        leading = [line for line in lines if re.match(rf"-A (?!{OURS}).* ?-j {OURS}", line)]
        emptied = [f"-F {chain}" for chain in chains]
        orders += [name, *(f"-D {line[3:]}" for line in leading), *emptied, *(f"-X {chain}" for chain in chains), "COMMIT"]
    return "\n".join([*orders, ""]) if "-X " in " ".join(orders) else ""
