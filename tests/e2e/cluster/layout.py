"""Where everything of the tests' cluster is: paths and addresses that nothing else on a machine is likely to use."""

from __future__ import annotations

import os
from pathlib import Path

from tests.tools.build import CACHE

STATE = Path(os.environ.get("LTK8S_E2E_DIR", CACHE / "e2e")).expanduser().resolve()  # gone after `down`
LAYERS = CACHE / "e2e-images"  # buildah's storage and the registry's: kept, so that the next run builds only what changed

LOGS = STATE / "logs"
PKI = STATE / "pki"
SOCKET = STATE / "containerd.sock"
KUBECONFIG = STATE / "admin.kubeconfig"

BRIDGE = "ltk8s-e2e"
NODE = "ltk8s-e2e"
NODE_ADDRESS = "10.213.0.1"  # of the bridge; whatever listens, listens here, so no port of the machine's is taken
PODS = "10.213.0.0/16"
SERVICES = "10.214.0.0/16"
API_ADDRESS = "10.214.0.1"  # the Service `kubernetes`
SERVER = f"https://{NODE_ADDRESS}:6443"
REGISTRY = f"{NODE_ADDRESS}:5000"
CGROUP = "ltk8s-e2e"  # above kubepods, so that what is ours can be told from another kubelet's
