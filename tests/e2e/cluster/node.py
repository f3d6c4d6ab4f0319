"""The node: a bridge, containerd, the kubelet, kube-proxy, and CoreDNS beside them, all with a state of their own."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path

import yaml

from tests.e2e.cluster.layout import BRIDGE, CGROUP, KUBECONFIG, NODE, NODE_ADDRESS, PODS, REGISTRY, SOCKET, STATE
from tests.e2e.cluster.pki import certificate, key, kubeconfig
from tests.e2e.cluster.processes import start, until
from tests.tools.build import build

PAUSE = f"{REGISTRY}/pause:1"  # what holds a pod's network
SETTINGS = {  # of the kernel
    "net/ipv4/ip_forward": "1",  # for packets between pods
    "net/bridge/bridge-nf-call-iptables": "1",  # to pass through iptables
    "fs/inotify/max_user_instances": "8192",  # each log that is followed takes one; 128 are soon used up
    "fs/inotify/max_user_watches": "524288",
}


def make_bridge() -> None:
    """The network that pods and this machine share. It must be there before anything listens on the node's address."""
    run("ip", "link", "add", BRIDGE, "type", "bridge")
    run("ip", "address", "add", f"{NODE_ADDRESS}/16", "dev", BRIDGE)
    run("ip", "link", "set", BRIDGE, "up")
    if shutil.which("modprobe"):
        subprocess.run(["modprobe", "-q", "br_netfilter"], check=False)  # where it is not built in
    before = {name: Path("/proc/sys", name).read_text().strip() for name in SETTINGS}
    (STATE / "settings.json").write_text(json.dumps(before))
    set_kernel(SETTINGS)


def set_kernel(settings: dict[str, str]) -> None:
    for name, value in settings.items():
        Path("/proc/sys", name).write_text(value)


def start_node() -> None:
    """Start it, and wait until it is Ready."""
    start_containerd()
    for hierarchy in cgroup_roots():
        (hierarchy / CGROUP).mkdir(exist_ok=True)
    own = kubeconfig("node", STATE / "node.kubeconfig")
    start(
        "kubelet",
        [build("kubelet"), f"--config={kubelet_settings()}", f"--kubeconfig={own}", f"--hostname-override={NODE}",
         f"--root-dir={STATE / 'kubelet'}", f"--cert-dir={STATE / 'kubelet'}", f"--node-ip={NODE_ADDRESS}"],
    )  # fmt: skip
    own = kubeconfig("proxy", STATE / "proxy.kubeconfig")
    start(
        "proxy",
        [build("kube-proxy"), f"--kubeconfig={own}", "--proxy-mode=iptables", f"--cluster-cidr={PODS}",
         f"--hostname-override={NODE}", "--conntrack-max-per-core=0", f"--nodeport-addresses={NODE_ADDRESS}/32",
         f"--healthz-bind-address={NODE_ADDRESS}:10256", f"--metrics-bind-address={NODE_ADDRESS}:10249"],
    )  # fmt: skip
    start("dns", [build("coredns"), "-conf", dns_settings()])
    until(ready, 300, "a node that is Ready")


def ready() -> bool:
    conditions = "jsonpath={.status.conditions[?(@.type=='Ready')].status}"
    command = ["kubectl", f"--kubeconfig={KUBECONFIG}", "get", "node", NODE, "-o", conditions]
    return subprocess.run(command, capture_output=True, text=True).stdout == "True"


def start_containerd() -> None:
    """containerd with its own root, state, socket and network: nothing of the machine's own is touched."""
    settings = STATE / "containerd.toml"
    settings.write_text(f"""\
version = 2
root = "{STATE / "containerd"}"
state = "{STATE / "containerd-run"}"
[grpc]
  address = "{SOCKET}"
[plugins."io.containerd.internal.v1.opt"]
  path = "{STATE / "containerd-opt"}"
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "{PAUSE}"
  restrict_oom_score_adj = true  # lowering it takes CAP_SYS_RESOURCE, which a machine in a sandbox lacks
  netns_mounts_under_state_dir = true
  [plugins."io.containerd.grpc.v1.cri".containerd]
    discard_unpacked_layers = true  # the registry has them
  [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
    runtime_type = "io.containerd.runc.v2"
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "/usr/lib/cni"
    conf_dir = "{cni_settings().parent}"
  [plugins."io.containerd.grpc.v1.cri".registry.mirrors."{REGISTRY}"]
    endpoint = ["http://{REGISTRY}"]
""")
    start("containerd", ["containerd", f"--config={settings}"])
    until(
        lambda: subprocess.run(["ctr", f"--address={SOCKET}", "version"], capture_output=True).returncode == 0, 30, "containerd"
    )


def cni_settings() -> Path:
    directory = STATE / "cni"
    directory.mkdir(exist_ok=True)
    addresses = {
        "type": "host-local",
        "dataDir": str(STATE / "cni-addresses"),
        "ranges": [[{"subnet": PODS, "gateway": NODE_ADDRESS}]],
        "routes": [{"dst": "0.0.0.0/0"}],
    }
    bridge = {"type": "bridge", "bridge": BRIDGE, "isGateway": True, "hairpinMode": True, "ipam": addresses}
    path = directory / "10-bridge.conflist"
    path.write_text(json.dumps({"cniVersion": "1.0.0", "name": BRIDGE, "plugins": [bridge]}))
    return path


def kubelet_settings() -> Path:
    settings = {
        "apiVersion": "kubelet.config.k8s.io/v1beta1",
        "kind": "KubeletConfiguration",
        "address": NODE_ADDRESS,
        "healthzBindAddress": NODE_ADDRESS,
        "authentication": {
            "anonymous": {"enabled": False},
            "webhook": {"enabled": True},
            "x509": {"clientCAFile": str(certificate("ca"))},
        },
        "authorization": {"mode": "Webhook"},
        "tlsCertFile": str(certificate("node")),
        "tlsPrivateKeyFile": str(key("node")),
        "containerRuntimeEndpoint": f"unix://{SOCKET}",
        "cgroupDriver": "cgroupfs",
        "cgroupRoot": f"/{CGROUP}",
        "failCgroupV1": False,
        "failSwapOn": False,
        "clusterDomain": "cluster.local",
        "clusterDNS": [NODE_ADDRESS],
        "resolvConf": "",
        "podLogsDir": str(STATE / "pod-logs"),
        "volumePluginDir": str(STATE / "kubelet" / "plugins"),
        "systemReserved": {"cpu": "100m", "memory": "3Gi"},  # the control plane and the tests
        "evictionHard": {"memory.available": "100Mi", "nodefs.available": "1%", "imagefs.available": "1%"},
        "imageGCHighThresholdPercent": 100,
        "maxPods": 250,
    }
    path = STATE / "kubelet.yaml"
    path.write_text(yaml.safe_dump(settings))
    return path


def dns_settings() -> Path:
    path = STATE / "Corefile"
    path.write_text(f""".:53 {{
  bind {NODE_ADDRESS}
  errors
  kubernetes cluster.local in-addr.arpa {{
    kubeconfig {KUBECONFIG}
    pods insecure
  }}
  cache 5
}}
""")
    return path


def cgroup_roots() -> list[Path]:
    """Where cgroups are made: one place with version 2, one for each controller with version 1."""
    root = Path("/sys/fs/cgroup")
    if (root / "cgroup.controllers").exists():
        return [root]
    return sorted({path.resolve() for path in root.iterdir() if (path / "cgroup.procs").exists()})


def run(*command: str | os.PathLike[str], input: str | None = None) -> str:
    """A command's output; an error says what it was and what it said."""
    done = subprocess.run(command, input=input, capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(f"{' '.join(map(str, command))} ended with {done.returncode}: {done.stderr.strip()[-2000:]}")
    return done.stdout
