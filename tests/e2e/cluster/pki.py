"""The cluster's own authority, a certificate for each component, and the kubeconfigs that carry them."""

from __future__ import annotations

import subprocess
from pathlib import Path

from tests.e2e.cluster.layout import API_ADDRESS, NODE, NODE_ADDRESS, PKI, SERVER

SERVERS = {  # the names under which a component is reached
    "apiserver": f"DNS:localhost,DNS:kubernetes,DNS:kubernetes.default.svc,IP:127.0.0.1,IP:{API_ADDRESS},IP:{NODE_ADDRESS}",
    "node": f"DNS:{NODE},IP:{NODE_ADDRESS}",
}
SUBJECTS = {
    "apiserver": "/CN=kube-apiserver",
    "apiserver-kubelet": "/O=system:masters/CN=kube-apiserver-kubelet-client",
    "front-proxy": "/CN=front-proxy",  # the API server before one that extends it
    "admin": "/O=system:masters/CN=admin",
    "controller-manager": "/CN=system:kube-controller-manager",
    "scheduler": "/CN=system:kube-scheduler",
    "node": f"/O=system:nodes/CN=system:node:{NODE}",
    "proxy": "/CN=system:kube-proxy",
}


def make_all() -> None:
    """The authority, the key of service accounts' tokens, and every certificate."""
    PKI.mkdir(parents=True, exist_ok=True)
    _openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "30", "-subj", "/CN=ltk8s-e2e",
             "-keyout", key("ca"), "-out", certificate("ca"))  # fmt: skip
    _openssl("genrsa", "-out", PKI / "tokens.key", "2048")
    for name, subject in SUBJECTS.items():
        _sign(name, subject, SERVERS.get(name, f"DNS:{name}"))


def certificate(name: str) -> Path:
    return PKI / f"{name}.crt"


def key(name: str) -> Path:
    return PKI / f"{name}.key"


def kubeconfig(name: str, path: Path) -> Path:
    """Write the kubeconfig of a component, complete in itself."""
    kubectl = ["kubectl", "config", f"--kubeconfig={path}"]
    for command in (
        ["set-cluster", "e2e", f"--server={SERVER}", f"--certificate-authority={certificate('ca')}", "--embed-certs"],
        ["set-credentials", name, f"--client-certificate={certificate(name)}", f"--client-key={key(name)}", "--embed-certs"],
        ["set-context", "e2e", "--cluster=e2e", f"--user={name}"],
        ["use-context", "e2e"],
    ):
        subprocess.run([*kubectl, *command], check=True, stdout=subprocess.DEVNULL)
    return path


def _sign(name: str, subject: str, names: str) -> None:
    request, extensions = PKI / f"{name}.csr", PKI / f"{name}.ext"
    extensions.write_text(f"subjectAltName={names}\nextendedKeyUsage=clientAuth,serverAuth\n")
    _openssl("req", "-newkey", "rsa:2048", "-nodes", "-subj", subject, "-keyout", key(name), "-out", request)
    _openssl("x509", "-req", "-in", request, "-CA", certificate("ca"), "-CAkey", key("ca"), "-CAcreateserial", "-days", "30",
             "-extfile", extensions, "-out", certificate(name))  # fmt: skip


def _openssl(*arguments: str | Path) -> None:
    subprocess.run(["openssl", *map(str, arguments)], check=True, capture_output=True)
