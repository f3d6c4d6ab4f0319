"""The Lease that is renewed, and the pulse that it stands for."""

import json
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import ClassVar

import kubernetes.client

from ltk8s.cluster.kubernetes.api import Api
from ltk8s.cluster.kubernetes.site import STALE_SECONDS
from ltk8s.controller.health import StoreHealth
from ltk8s.controller.heartbeat import Heartbeat, Pulse, lease
from ltk8s.controller.metrics import Metrics


def test_the_lease_says_who_when_and_for_which_store():
    written = lease("ns", "host", "s3://bucket", datetime(2026, 1, 2, 3, 4, 5, 60, tzinfo=UTC))
    assert written["metadata"] == {
        "name": "ltk8s-controller",
        "namespace": "ns",
        "annotations": {"ltk8s.io/store": "s3://bucket"},
    }
    assert written["spec"]["holderIdentity"] == "host"
    assert written["spec"]["renewTime"] == "2026-01-02T03:04:05.000060Z"


def test_a_loop_that_has_not_turned_for_a_minute_is_wrong():
    now = [0.0]
    pulse = Pulse(lambda: now[0])
    now[0] = 60.0
    assert pulse.wrong() == ""
    now[0] = 61.0
    assert "61 s" in pulse.wrong()
    pulse.beat()
    assert pulse.wrong() == ""


class TomorrowsServer(BaseHTTPRequestHandler):
    """An API server whose clock is a day ahead of this machine's: it answers every request with a Lease."""

    bodies: ClassVar[list[dict]] = []

    def do_PATCH(self):
        self.bodies.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b'{"kind": "Lease"}')

    def date_time_string(self, timestamp=None):
        return format_datetime(datetime.now(UTC) + timedelta(days=1), usegmt=True)

    def log_message(self, *args):
        pass


def test_a_heartbeat_is_dated_by_the_api_servers_clock_not_by_its_nodes():
    with ThreadingHTTPServer(("127.0.0.1", 0), TomorrowsServer) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        configuration = kubernetes.client.Configuration(host=f"http://127.0.0.1:{server.server_port}")
        api = Api(kubernetes.client.ApiClient(configuration), "test", "ns")
        heartbeat = Heartbeat(api, "host", "s3://bucket", Pulse(), StoreHealth(Metrics()))
        heartbeat.renew()
        heartbeat.renew()
        server.shutdown()
    renewed = datetime.fromisoformat(TomorrowsServer.bodies[-1]["spec"]["renewTime"])
    assert abs(renewed - api.now()) < timedelta(seconds=STALE_SECONDS / 2)
    assert renewed - datetime.now(UTC) > timedelta(hours=23)
