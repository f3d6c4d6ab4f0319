"""The machine's own firewall lets the pods' network through.

A machine that runs Docker drops what is forwarded (`iptables -P FORWARD DROP`), one with ufw or firewalld also what pods ask of
it: names, the API server, the registry. The rules stand before the machine's own. `down` removes them, with their chain.
"""

from __future__ import annotations

from tests.e2e.cluster.layout import BRIDGE
from tests.e2e.cluster.node import run

CHAIN = "LTK8S-E2E"


def accept_bridge() -> None:
    """Accept packets between pods, and from pods to this machine. Network policies judge them in another table."""
    rules = [
        f"-A {CHAIN} -i {BRIDGE} -j ACCEPT",
        f"-I FORWARD -i {BRIDGE} -o {BRIDGE} -j {CHAIN}",
        f"-I INPUT -i {BRIDGE} -j {CHAIN}",
    ]
    run("iptables-restore", "--noflush", input="\n".join(["*filter", f":{CHAIN} - [0:0]", *rules, "COMMIT", ""]))
