"""Bring the cluster up, from packages and binaries to images."""

from __future__ import annotations

import json

from filelock import FileLock

from tests.e2e.cluster import images, layout
from tests.e2e.cluster.control_plane import serves, start_control_plane
from tests.e2e.cluster.down import down
from tests.e2e.cluster.firewall import accept_bridge
from tests.e2e.cluster.machine import Unfit, prepare
from tests.e2e.cluster.node import make_bridge, ready, run, start_node
from tests.e2e.cluster.objects import apply
from tests.e2e.cluster.pki import make_all
from tests.e2e.cluster.policies import enforce_policies
from tests.e2e.cluster.storage import storage
from tests.tools.build import SERVERS, build

IMAGES = layout.STATE / "images.json"


def up() -> None:
    """A cluster from nothing; what an earlier one left is removed first."""
    prepare()
    down()
    if "KUBE-" in run("iptables-save"):
        raise Unfit("This machine has a Kubernetes already: `iptables-save` shows KUBE- chains that are not ours.")
    layout.STATE.mkdir(parents=True)
    make_bridge()
    accept_bridge()
    make_all()
    images.prune()
    images.start_registry()
    images.push_pause()
    start_control_plane()
    start_node()
    apply(*storage())
    enforce_policies(images.push_binary("kube-network-policies"))


def build_ahead() -> None:
    """Build, before a cluster is needed, all that takes long and changes seldom: servers, and the images' packages."""
    prepare()
    for name in SERVERS:
        build(name)
    layout.LAYERS.mkdir(parents=True, exist_ok=True)
    with FileLock(layout.LAYERS / "lock"):
        images.build_project()


def load_images() -> dict[str, str]:
    """Build and push every image; their references, which `references` reads again."""
    with FileLock(layout.LAYERS / "lock"):
        found = {"minio": images.push_binary("minio"), "debian": images.push_base(), **images.push_project()}
        IMAGES.write_text(json.dumps(found, indent=2))
    return found


def references() -> dict[str, str]:
    found: dict[str, str] = json.loads(IMAGES.read_text())
    return found


def is_up() -> bool:
    return layout.KUBECONFIG.exists() and serves() and ready()
