"""A port of this machine that leads to a Service of the cluster, through the API server: what a ``.svc`` address needs here."""

from __future__ import annotations

import logging
import selectors
import socket
from contextlib import closing, suppress
from threading import Thread
from typing import Any
from urllib.parse import urlsplit

from kubernetes.stream import ws_client
from websocket import ABNF, WebSocket, WebSocketException

from ltk8s.cluster.kubernetes.api import Api
from ltk8s.errors import StoreAway, UsageError

PROTOCOL = "v4.channel.k8s.io"

DATA, ERROR = 0, 1
"""The first byte of each frame: its channel. The first frame of each channel only repeats the port."""

CHUNK = 2**16

log = logging.getLogger(__name__)


def service_of(endpoint: str) -> tuple[str, str, int] | None:
    """Name, namespace and port of the Service that an endpoint names; None where it names none.

    >>> service_of("http://minio.ltk8s.svc:9000"), service_of("https://s3.example.com")
    (('minio', 'ltk8s', 9000), None)
    """
    parts = urlsplit(endpoint)
    host = (parts.hostname or "").removesuffix(".").removesuffix(".cluster.local")
    name, _, rest = host.partition(".")
    namespace, _, suffix = rest.partition(".")
    if suffix != "svc":
        return None
    return name, namespace, parts.port or (443 if parts.scheme == "https" else 80)


def refuse_tls(endpoint: str) -> None:
    """A certificate is for the Service's name, which a forwarded port does not have.

    Raises:
        UsageError: if the endpoint is https.
    """
    if urlsplit(endpoint).scheme == "https":
        raise UsageError(
            f"This machine cannot reach {endpoint} by a forwarded port: its certificate is for that name.",
            "Set store.client_endpoint to an address by which this machine reaches the same store.",
        )


class Forward:
    """Listens on ``port`` of this machine for as long as the process lives.

    Each connection is carried to a pod that is ready then, so that a pod may be replaced in between.

    Raises:
        StoreAway: if there is no such Service, or no pod of it is ready.
        ApiError: if the API server cannot be asked.
    """

    def __init__(self, api: Api, name: str, namespace: str, port: int) -> None:
        self._api = api
        self._service = (name, namespace, port)
        find_pod(api, name, namespace, port)
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=128)
        self.port = int(self._listener.getsockname()[1])
        Thread(target=self._accept, name=f"forward {name}", daemon=True).start()

    def _accept(self) -> None:
        while True:
            connection, _ = self._listener.accept()
            Thread(target=self._carry, args=(connection,), name="forwarded connection", daemon=True).start()

    def _carry(self, connection: socket.socket) -> None:
        """Where the pod cannot be reached the connection just ends: whoever made it tries again."""
        with closing(connection), suppress(OSError):
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            try:
                websocket: Any = self._connect()
                try:
                    _pump(connection, websocket)
                finally:
                    websocket.shutdown()  # close() would wait for the other side to say goodbye
            except Exception as error:
                log.debug("a connection to %s ended: %s", self._service[0], error)

    def _connect(self) -> WebSocket:
        pod, port = find_pod(self._api, *self._service)
        _, namespace, _ = self._service
        url = f"{self._api.server}/api/v1/namespaces/{namespace}/pods/{pod}/portforward"
        headers = {**self._api.headers(), "sec-websocket-protocol": PROTOCOL}
        client: Any = ws_client  # has no types
        address = client.get_websocket_url(url, [("ports", str(port))])
        websocket: WebSocket = client.create_websocket(self._api.client.configuration, address, headers)
        return websocket


def find_pod(api: Api, name: str, namespace: str, port: int) -> tuple[str, int]:
    """A pod that is ready to serve this port of the Service, and its own port.

    Raises:
        StoreAway: if there is none.
    """
    service = api.find(f"/api/v1/namespaces/{namespace}/services/{name}")
    if service is None:
        raise StoreAway(
            f"There is no Service {name!r} in namespace {namespace} of {api.context!r}.",
            "Check store.endpoint, or set store.client_endpoint to how this machine reaches the store.",
        )
    target = next((entry for entry in service["spec"]["ports"] if entry["port"] == port), None)
    if target is None:
        ports = ", ".join(str(entry["port"]) for entry in service["spec"]["ports"])
        raise StoreAway(f"The Service {name!r} in namespace {namespace} has no port {port}.", f"It has {ports}.")
    selector = ",".join(f"{key}={value}" for key, value in (service["spec"].get("selector") or {}).items())
    pods = api.get(f"/api/v1/namespaces/{namespace}/pods", labelSelector=selector)["items"] if selector else []
    ready = next((pod for pod in pods if _is_ready(pod)), None)
    if ready is None:
        raise StoreAway(
            f"No pod of the Service {name!r} in namespace {namespace} is ready.",
            f"`kubectl -n {namespace} get pods -l {selector}` shows them." if selector else "It selects no pods.",
        )
    return str(ready["metadata"]["name"]), _port_of(ready, target.get("targetPort") or port)


def _is_ready(pod: dict[str, Any]) -> bool:
    conditions = (pod.get("status") or {}).get("conditions") or []
    ready = any(condition["type"] == "Ready" and condition["status"] == "True" for condition in conditions)
    return ready and not pod["metadata"].get("deletionTimestamp")


def _port_of(pod: dict[str, Any], target: int | str) -> int:
    """A Service's target: a number, or the name of a container's port."""
    ports = [port for container in pod["spec"]["containers"] for port in container.get("ports") or []]
    return int(next((port["containerPort"] for port in ports if port.get("name") == target), target))


def _pump(connection: socket.socket, websocket: WebSocket) -> None:
    """Carry bytes both ways until one side ends.

    One thread for both: a TLS connection is not for two at once. S3 speaks in turns, so neither waits for the other.
    """
    opened: set[int] = set()
    assert websocket.sock
    with selectors.DefaultSelector() as selector:
        selector.register(connection, selectors.EVENT_READ)
        selector.register(websocket.sock, selectors.EVENT_READ)
        while True:
            for ready, _ in selector.select():
                if ready.fileobj is connection:
                    data = connection.recv(CHUNK)
                    if not data:
                        return
                    websocket.send_binary(bytes((DATA,)) + data)
                elif not _receive(connection, websocket, opened):
                    return


def _receive(connection: socket.socket, websocket: WebSocket, opened: set[int]) -> bool:
    """Hand on what has come, with what TLS has decrypted already; False when the other side has ended."""
    while True:
        opcode, frame = websocket.recv_data_frame(True)
        if opcode == ABNF.OPCODE_CLOSE:
            return False
        if opcode == ABNF.OPCODE_BINARY and frame.data:
            channel, data = frame.data[0], frame.data[1:]
            if channel not in opened:
                opened.add(channel)
            elif channel == ERROR:
                raise WebSocketException(data.decode(errors="replace").strip())
            else:
                connection.sendall(data)
        if not getattr(websocket.sock, "pending", lambda: 0)():
            return True
