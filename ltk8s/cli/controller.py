"""``ltk8s controller``: release held Jobs in the cluster. It runs as a Deployment; nobody has to start it by hand."""

from __future__ import annotations

import os
import signal
import sys
from threading import Event
from typing import TYPE_CHECKING, Annotated

import typer

from ltk8s.cli.common import FAILED, Context, command, new_app
from ltk8s.errors import CredentialRefused, UsageError

if TYPE_CHECKING:
    from ltk8s.cluster.kubernetes.cluster import KubernetesCluster
    from ltk8s.store.base import Store

app = new_app()

CONNECT_SECONDS, READ_SECONDS = 3.0, 10.0
"""For how long the store may be silent. The controller does not wait for one that does not answer: it asks again later."""


@app.command()
@command
def controller(
    context: Context,
    port: Annotated[
        int, typer.Option("--port", metavar="N", help="Where /healthz, /readyz and /metrics are; 0 is any free one.")
    ] = 8080,
) -> None:
    """Release held Jobs as soon as what they wait for is committed.

    It runs in the cluster as a Deployment, and any number of it may. From elsewhere it works on a kubeconfig context. Where the
    store refuses its credential for 20 s it leaves with 1: Kubernetes starts it anew, with what the Secret has by then.

    \b
    ltk8s controller
    ltk8s controller --cluster kind-ltk8s --port 0
    """
    cluster, store = kubernetes_of(context), impatient(context.store.address)
    from ltk8s.controller.logs import log_as_json
    from ltk8s.controller.run import run

    log_as_json()
    stop = Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    code = 0
    try:
        run(cluster, store, port=port, stop=stop)
    except CredentialRefused:  # which is logged
        code = FAILED
    sys.stdout.flush()
    # Nothing is left to be finished, so no thread that still waits for a silent store may keep the process.
    os._exit(code)


def kubernetes_of(context: Context) -> KubernetesCluster:
    """The cluster to work on: this machine's Jobs are released by whoever submits them."""
    if context.cluster.on_this_machine:
        raise UsageError("This machine needs no controller: `ltk8s submit` does its work.", "Give --cluster CONTEXT.")
    from ltk8s.cluster.kubernetes.cluster import KubernetesCluster

    assert isinstance(context.cluster, KubernetesCluster)
    return context.cluster


def impatient(address: str) -> Store:
    """The store at an address, each of whose calls is made once and fails soon."""
    from ltk8s.store import open_store
    from ltk8s.store.address import S3Address, parse_address

    parsed = parse_address(address)
    if not isinstance(parsed, S3Address):
        return open_store(address)
    from ltk8s.store.s3 import S3Store

    return S3Store(parsed, retry_seconds=0, connect_timeout=CONNECT_SECONDS, read_timeout=READ_SECONDS)
