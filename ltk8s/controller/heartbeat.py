"""The Lease by which a client sees that a controller runs, and for which store. It elects nobody: any number may renew it."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from datetime import datetime
from threading import Event, Thread
from typing import Any

from ltk8s.cluster import names
from ltk8s.cluster.kubernetes.api import Api, ApiError
from ltk8s.cluster.kubernetes.site import LEASE, STALE_SECONDS
from ltk8s.controller.health import StoreHealth
from ltk8s.errors import ClusterError

BEAT_SECONDS = 10.0

log = logging.getLogger(__name__)


class Pulse:
    """When the loop has last turned."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._last = clock()

    def beat(self) -> None:
        self._last = self._clock()

    def wrong(self) -> str:
        """A sentence when the loop hangs, else an empty string: its heartbeat would count for nothing."""
        age = self._clock() - self._last
        return f"The loop has not turned for {age:.0f} s." if age > STALE_SECONDS else ""


def lease(namespace: str, holder: str, store_url: str, now: datetime, trouble: str | None = None) -> dict[str, Any]:
    """The Lease as it is written. Where nothing is known of the store, what was said of it before stays."""
    told = {} if trouble is None else {names.TROUBLE: trouble}
    return {
        "apiVersion": "coordination.k8s.io/v1",
        "kind": "Lease",
        "metadata": {"name": LEASE, "namespace": namespace, "annotations": {names.STORE: store_url, **told}},
        "spec": {
            "holderIdentity": holder,
            "leaseDurationSeconds": round(STALE_SECONDS),
            "renewTime": now.strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
        },
    }


class Heartbeat:
    """Renews the Lease in a thread of its own, as long as the loop turns. ``store`` is how the store has answered lately."""

    def __init__(self, api: Api, holder: str, store_url: str, pulse: Pulse, store: StoreHealth) -> None:
        self._api = api
        self._holder = holder
        self._store_url = store_url
        self._pulse = pulse
        self._store = store
        self._failing = False

    def start(self, stop: Event) -> None:
        Thread(target=self._run, args=(stop,), name="heartbeat", daemon=True).start()

    def renew(self) -> None:
        """Write the Lease once, dated by the API server's clock: a client compares it with that, and a node's may be wrong.

        Raises:
            ClusterError: if the API server cannot be reached or refuses.
        """
        leases = f"/apis/coordination.k8s.io/v1/namespaces/{self._api.namespace}/leases"
        body = lease(self._api.namespace, self._holder, self._store_url, self._api.now(), self._store.trouble)
        try:
            self._api.patch(f"{leases}/{LEASE}", body, kind="merge")
        except ApiError as error:
            if error.status != 404:
                raise
            self._api.post(leases, body)

    def _run(self, stop: Event) -> None:
        while True:
            if not self._pulse.wrong():
                self.beat()
            if stop.wait(BEAT_SECONDS):
                return

    def beat(self) -> None:
        """Write the Lease once; what fails is logged."""
        try:
            self.renew()
        except ClusterError as error:
            if not self._failing:
                log.warning("the heartbeat cannot be written: %s", error)
            self._failing = True
        else:
            if self._failing:
                log.info("the heartbeat is written again")
            self._failing = False
