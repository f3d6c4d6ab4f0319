"""Network policies, enforced: kube-network-policies judges the first packet of each connection of a pod's.

Its own rules of nftables hand packets to a queue, which takes NFT_QUEUE of the kernel. Where a small kernel lacks that, it logs
so and runs on without them. The same rules are made here with iptables, whose NFQUEUE is older. What pods send to the node
itself, as to the API server, is judged too, which its own rules do not do. Names are answered to all.
"""

from __future__ import annotations

from typing import Any

import yaml

from tests.e2e.cluster.firewall import CHAIN
from tests.e2e.cluster.layout import PODS
from tests.e2e.cluster.node import run
from tests.e2e.cluster.objects import apply, rolled_out
from tests.tools.build import source

QUEUE = 98


def enforce_policies(image: str) -> None:
    """Run the enforcer on the node, and queue packets for it. While it does not run, no pod connects to anything."""
    apply(*enforcer(image))
    rolled_out("daemonset/kube-network-policies", "kube-system")
    queue_packets()


def enforcer(image: str) -> list[dict[str, Any]]:
    """The project's own manifests, with our image, and with the one capability instead of all of them."""
    text = (source("kube-network-policies") / "install.yaml").read_text()
    objects = [each for each in yaml.safe_load_all(text) if each]
    (daemon,) = (each for each in objects if each["kind"] == "DaemonSet")
    pod = daemon["spec"]["template"]["spec"]
    pod["volumes"] = []  # NRI, which this containerd has not
    (container,) = pod["containers"]
    container |= {
        "image": image,
        "args": ["--hostname-override=$(MY_NODE_NAME)", f"--nfqueue-id={QUEUE}", "--v=1"],
        "volumeMounts": [],
        "resources": {"requests": {"cpu": "20m", "memory": "50Mi"}},
        "securityContext": {"runAsUser": 0, "capabilities": {"add": ["NET_ADMIN"]}},
    }
    return objects


def queue_packets() -> None:
    """In the table mangle: behind the translation of Services' addresses, and away from kube-proxy's rules."""
    rules = [
        f"-A {CHAIN} -m conntrack --ctstate RELATED,ESTABLISHED -j RETURN",
        f"-A {CHAIN} -p udp --dport 53 -j RETURN",
        f"-A {CHAIN} -p tcp --dport 53 -j RETURN",
        f"-A {CHAIN} -s {PODS} -j NFQUEUE --queue-num {QUEUE}",
        f"-A {CHAIN} -d {PODS} -j NFQUEUE --queue-num {QUEUE}",
        f"-A FORWARD -j {CHAIN}",
        f"-A INPUT -s {PODS} ! -i lo -j {CHAIN}",
    ]
    run("iptables-restore", "--noflush", input="\n".join(["*mangle", f":{CHAIN} - [0:0]", *rules, "COMMIT", ""]))
