"""A store of each kind, and a proxy in front of MinIO that can fail the way networks and servers do."""

from __future__ import annotations

import http.client
import subprocess
import threading
import time
from collections import Counter
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from ltk8s.store import Store, open_store


@pytest.fixture(params=["file", "s3"])
def address(request: pytest.FixtureRequest, minio, tmp_path: Path) -> str:
    """The address of an empty store, of each kind in turn."""
    return minio.address() if request.param == "s3" else (tmp_path / "store").as_uri()


@pytest.fixture
def store(address: str) -> Store:
    return open_store(address)


class Proxy(ThreadingHTTPServer):
    """Passes requests on to a server, and fails some of them as told.

    ``answers`` are given to the next requests instead of passing them on, each (status, S3 error code); ``lose_answers`` is how
    many PUTs are passed on, but not answered; ``cut_answers`` how many answers are cut in the middle, ``stall_answers`` how
    many stop there without hanging up; where ``conditional`` is false, conditional puts are answered as by a server without
    them.
    """

    daemon_threads = True

    def __init__(self, endpoint: str) -> None:
        super().__init__(("127.0.0.1", 0), ProxyRequest)
        self.target = urlsplit(endpoint).netloc
        self.endpoint = f"http://127.0.0.1:{self.server_address[1]}"
        self.requests: list[str] = []
        self.answers: list[tuple[int, str]] = []
        self.lose_answers = 0
        self.cut_answers = self.stall_answers = 0
        self.conditional = True


class ProxyRequest(BaseHTTPRequestHandler):
    server: Proxy
    protocol_version = "HTTP/1.1"

    def handle_request(self) -> None:
        proxy = self.server
        proxy.requests.append(f"{self.command} {self.path}")
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if proxy.answers:
            self.fail(*proxy.answers.pop(0))
        elif not proxy.conditional and "If-None-Match" in self.headers:
            self.fail(501, "NotImplemented")
        else:
            self.pass_on(body)

    do_GET = do_PUT = do_POST = do_HEAD = do_DELETE = handle_request  # noqa: N815

    def fail(self, status: int, code: str) -> None:
        body = f"<Error><Code>{code}</Code><Message>As told.</Message></Error>".encode()
        self.answer(status, {"Content-Type": "application/xml"}, body)

    def pass_on(self, body: bytes) -> None:
        upstream = http.client.HTTPConnection(self.server.target)
        headers = {name: value for name, value in self.headers.items() if name.lower() != "expect"}
        upstream.request(self.command, self.path, body, headers)
        answer = upstream.getresponse()
        content = answer.read()
        upstream.close()
        if self.server.lose_answers and self.command == "PUT":
            self.server.lose_answers -= 1
            self.close_connection = True
        else:
            self.answer(answer.status, dict(answer.headers), content)

    def answer(self, status: int, headers: dict[str, str], content: bytes) -> None:
        self.send_response_only(status)
        for name, value in headers.items():
            if name.lower() not in {"content-length", "transfer-encoding", "connection"}:
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if self.server.cut_answers and content:
            self.server.cut_answers -= 1
            content = content[: len(content) // 2]
            self.close_connection = True
        if self.server.stall_answers and content:
            self.server.stall_answers -= 1
            self.wfile.write(content[: len(content) // 2])
            time.sleep(3)
            self.close_connection = True
            return
        self.wfile.write(content)


@pytest.fixture
def proxy(minio) -> Iterator[Proxy]:
    """The proxy, in front of the server of all tests."""
    proxy = Proxy(minio.endpoint)
    thread = threading.Thread(target=proxy.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield proxy
    proxy.shutdown()
    proxy.server_close()
    thread.join()


@pytest.fixture
def through_proxy(minio, proxy: Proxy) -> Store:
    """A store of MinIO, reached through the proxy."""
    return open_store(f"s3://{minio.bucket()}/p?endpoint={proxy.endpoint}", retry_seconds=10)


@pytest.fixture(scope="session")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory with private.key and public.crt, for 127.0.0.1, signed by nobody but itself."""
    folder = tmp_path_factory.mktemp("certificates")
    command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"]
    command += ["-subj", "/CN=test", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", "private.key", "-out", "public.crt"]
    subprocess.run(command, cwd=folder, check=True, capture_output=True)
    return folder


@pytest.fixture(scope="session")
def secure_minio(minio, certificates: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[object]:
    """A MinIO server that speaks TLS, with the credentials of the other."""
    server = type(minio)(tmp_path_factory.mktemp("secure-minio"), certificates)
    server.credentials = minio.credentials
    server.start()
    yield server
    server.stop()


class CountingStore:
    """A store that counts the calls made to it, by name."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.calls: Counter[str] = Counter()

    def __getattr__(self, name: str) -> object:
        value = getattr(self.store, name)
        if callable(value):
            self.calls[name] += 1
        return value


@pytest.fixture
def counting(store: Store) -> CountingStore:
    return CountingStore(store)
