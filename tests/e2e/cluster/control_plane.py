"""etcd and Kubernetes' own control plane, on this machine."""

from __future__ import annotations

import ssl
import urllib.error
import urllib.request

from tests.e2e.cluster.layout import KUBECONFIG, NODE_ADDRESS, PKI, PODS, SERVER, SERVICES, STATE
from tests.e2e.cluster.pki import certificate, key, kubeconfig
from tests.e2e.cluster.processes import start, until
from tests.tools.build import build

ETCD = "http://127.0.0.1:23790"  # without TLS, so not where pods could reach it


def start_control_plane() -> None:
    """Start it, and wait until the API server serves."""
    start(
        "etcd",
        ["etcd", f"--data-dir={STATE / 'etcd'}", f"--listen-client-urls={ETCD}", f"--advertise-client-urls={ETCD}",
         "--listen-peer-urls=http://127.0.0.1:23800", "--unsafe-no-fsync", "--quota-backend-bytes=4294967296"],
    )  # fmt: skip
    start(
        "apiserver",
        [build("kube-apiserver"), f"--etcd-servers={ETCD}",
         f"--bind-address={NODE_ADDRESS}", f"--advertise-address={NODE_ADDRESS}", "--secure-port=6443",
         f"--tls-cert-file={certificate('apiserver')}", f"--tls-private-key-file={key('apiserver')}",
         f"--client-ca-file={certificate('ca')}", f"--kubelet-certificate-authority={certificate('ca')}",
         f"--kubelet-client-certificate={certificate('apiserver-kubelet')}",
         f"--kubelet-client-key={key('apiserver-kubelet')}", "--kubelet-preferred-address-types=InternalIP",
         f"--service-account-key-file={PKI / 'tokens.key'}", f"--service-account-signing-key-file={PKI / 'tokens.key'}",
         "--service-account-issuer=https://kubernetes.default.svc", f"--service-cluster-ip-range={SERVICES}",
         f"--requestheader-client-ca-file={certificate('ca')}", "--requestheader-allowed-names=front-proxy",
         "--requestheader-username-headers=X-Remote-User", "--requestheader-group-headers=X-Remote-Group",
         "--requestheader-extra-headers-prefix=X-Remote-Extra-", f"--proxy-client-cert-file={certificate('front-proxy')}",
         f"--proxy-client-key-file={key('front-proxy')}", "--authorization-mode=Node,RBAC",
         "--enable-admission-plugins=NodeRestriction", "--anonymous-auth=false"],
    )  # fmt: skip
    kubeconfig("admin", KUBECONFIG)
    until(serves, 180, "the API server")
    own = kubeconfig("controller-manager", STATE / "controller-manager.kubeconfig")
    start(
        "controller-manager",
        [build("kube-controller-manager"), f"--kubeconfig={own}", "--leader-elect=false", f"--bind-address={NODE_ADDRESS}",
         f"--service-account-private-key-file={PKI / 'tokens.key'}", f"--root-ca-file={certificate('ca')}",
         f"--cluster-signing-cert-file={certificate('ca')}", f"--cluster-signing-key-file={key('ca')}",
         "--use-service-account-credentials=true", f"--cluster-cidr={PODS}", "--terminated-pod-gc-threshold=12500"],
    )  # fmt: skip
    own = kubeconfig("scheduler", STATE / "scheduler.kubeconfig")
    start(
        "scheduler",
        [build("kube-scheduler"), f"--kubeconfig={own}", "--leader-elect=false", f"--bind-address={NODE_ADDRESS}"],
    )


def serves() -> bool:
    """Whether the API server is there and ready."""
    trust = ssl.create_default_context(cafile=str(certificate("ca")))
    trust.load_cert_chain(certificate("admin"), key("admin"))
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=trust))
    try:
        with direct.open(f"{SERVER}/readyz", timeout=5) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False
