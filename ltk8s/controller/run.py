"""A controller, from its parts."""

from __future__ import annotations

import logging
import socket
from concurrent.futures import ThreadPoolExecutor
from threading import Event

from ltk8s import __version__
from ltk8s.cluster.kubernetes.cluster import KubernetesCluster
from ltk8s.controller.commits import Commits
from ltk8s.controller.events import Recorder
from ltk8s.controller.heartbeat import Heartbeat, Pulse
from ltk8s.controller.inbox import Inbox
from ltk8s.controller.loop import Loop
from ltk8s.controller.metrics import Metrics
from ltk8s.controller.serving import serving
from ltk8s.controller.verdicts import Verdicts
from ltk8s.controller.view import View
from ltk8s.controller.watches import Watches
from ltk8s.errors import CredentialRefused
from ltk8s.store.base import Store

SIDE_BY_SIDE = 16
"""Requests to the store, and as many to the API server."""

log = logging.getLogger(__name__)


def run(cluster: KubernetesCluster, store: Store, *, port: int, stop: Event) -> None:
    """Release the held Jobs of ``store`` until ``stop`` is set; ``port`` is where health and metrics are served.

    Raises:
        UsageError: if the cluster's credentials cannot be had.
        CredentialRefused: if the store no longer accepts the credential that this process was started with.
    """
    api, here = cluster.api, socket.gethostname()
    view, inbox, pulse, metrics = View(store.url), Inbox(), Pulse(), Metrics()
    verdicts, watches = Verdicts(now=api.now), Watches(api, view, inbox)
    questions, deeds = ThreadPoolExecutor(SIDE_BY_SIDE, "store"), ThreadPoolExecutor(SIDE_BY_SIDE, "deeds")
    loop = Loop(
        view,
        inbox,
        Commits(store, questions),
        cluster,
        Recorder(api, here),
        verdicts,
        metrics,
        pulse,
        deeds,
        ready=watches.in_touch,
    )
    heartbeat = Heartbeat(api, here, store.url, pulse, loop.store)

    def ready() -> str:
        return watches.synced() or loop.store.refusal()

    metrics.count(view, lambda: len(verdicts.blocked), watches.restarts)
    with serving(port, metrics.registry, {"/healthz": pulse.wrong, "/readyz": ready}) as served:
        log.info(
            "ltk8s %s releases held Jobs", __version__, extra={"store": store.url, "namespace": api.namespace, "port": served}
        )
        watches.start()
        heartbeat.start(stop)
        try:
            loop.run(stop)
        except CredentialRefused as error:
            heartbeat.beat()  # what is wrong outlives this process
            log.error("%s Leaving, to be started anew with the credentials that the Secret has now.", error)
            raise
        finally:
            watches.close()
            for pool in (questions, deeds):
                pool.shutdown(wait=False, cancel_futures=True)
    log.info("stopped")
