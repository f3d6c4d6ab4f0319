"""What answers is not always an S3: nothing that it says is believed, nothing is tried again, and no secret is shown."""

import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socketserver import StreamRequestHandler, ThreadingTCPServer

import pytest

from ltk8s.errors import StoreAway, StoreError
from ltk8s.store import open_store

PAGE = b"<html><body><form>Please log in</form></body></html>"

OPERATIONS = {
    "list": lambda store: list(store.list("datasets/")),
    "exists": lambda store: store.exists("a/b"),
    "get": lambda store: store.get("a/b"),
    "put": lambda store: store.put("a/b", b"x"),
    "put_if_absent": lambda store: store.put_if_absent("a/b", b"x"),
    "put in parts": lambda store: store.put("a/b", bytes(9 * 2**20)),
    "delete": lambda store: store.delete("a/b"),
    "make_bucket": lambda store: store.make_bucket(),
}


class Answering(BaseHTTPRequestHandler):
    """Answers every request as its server was told."""

    protocol_version = "HTTP/1.1"

    def answer(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        status, kind, body = self.server.told
        self.send_response_only(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        if 300 <= status < 400:
            self.send_header("Location", "https://login.example/?session=SESSIONSECRET")
        self.end_headers()
        self.wfile.write(body)

    do_GET = do_PUT = do_POST = do_DELETE = answer  # noqa: N815


class Silent(ThreadingHTTPServer):
    def handle_error(self, *_) -> None:
        """A client that hangs up is not worth a traceback."""


@pytest.fixture
def website(minio):
    """A server that is told by ``told``, (status, content type, body), what to answer with."""
    with Silent(("127.0.0.1", 0), Answering) as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        server.endpoint = f"http://127.0.0.1:{server.server_address[1]}"
        yield server
        server.shutdown()


def refused(endpoint: str, do) -> StoreError:
    """The error with which a store that would try again for five minutes refuses at once."""
    begun = time.monotonic()
    with pytest.raises(StoreError) as raised:
        do(open_store(f"s3://bucket/p?endpoint={endpoint}", retry_seconds=300))
    assert time.monotonic() - begun < 60
    return raised.value


@pytest.mark.parametrize("operation", OPERATIONS)
@pytest.mark.parametrize("status", [200, 301, 302, 307, 308, 400, 401, 403, 404, 405, 407, 413, 500, 511])
def test_a_page_is_never_believed(website, status, operation):
    website.told = (status, "text/html", PAGE)
    error = refused(website.endpoint, OPERATIONS[operation])
    assert error.what.startswith(f"What answers for s3://bucket/p at {website.endpoint} does not speak S3 (")
    if status not in {200, 500}:
        assert f"(HTTP {status}{' to https://login.example' if 300 <= status < 400 else ''})." in error.what
    assert error.do == "Correct the store's endpoint."
    assert "SESSIONSECRET" not in str(error)


@pytest.mark.parametrize(
    "answer", [("application/json", b'{"ok": true}'), ("text/plain", b""), ("application/xml", b"<a>x</a>")]
)
@pytest.mark.parametrize("status", [200, 401, 400])
def test_nor_is_another_service(website, status, answer):
    website.told = (status, *answer)
    for operation in OPERATIONS.values():
        if operation is OPERATIONS["delete"] and status == 200:
            continue  # nothing in an answer without content tells who gave it
        assert "does not speak S3" in refused(website.endpoint, operation).what


@pytest.mark.parametrize("status", [429, 502, 503])
def test_a_busy_gateway_is_asked_again(website, status):
    website.told = (status, "text/html", PAGE)
    begun = time.monotonic()
    with pytest.raises(StoreError, match=f"{status}"):
        open_store(f"s3://bucket/p?endpoint={website.endpoint}", retry_seconds=1).get("a")
    assert time.monotonic() - begun >= 1


def test_what_speaks_another_protocol_is_an_error_at_once(minio):
    class Shell(StreamRequestHandler):
        def handle(self) -> None:
            self.wfile.write(b"SSH-2.0-OpenSSH_9.2\r\n")

    with ThreadingTCPServer(("127.0.0.1", 0), Shell) as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        error = refused(f"http://127.0.0.1:{server.server_address[1]}", OPERATIONS["list"])
        server.shutdown()
    assert "does not speak S3" in error.what


def test_a_proxy_that_is_dead_is_named_without_its_password(minio, monkeypatch):
    monkeypatch.setenv("http_proxy", "http://me:PROXYSECRET@127.0.0.1:9")
    with pytest.raises(StoreAway) as raised:
        open_store("s3://bucket/p?endpoint=http://store.example:9000", retry_seconds=0).get("a")
    assert "is not reached through the proxy http://127.0.0.1:9: connection refused." in raised.value.what
    assert "NO_PROXY" in raised.value.do
    assert "PROXYSECRET" not in str(raised.value)


def test_a_page_that_came_through_a_proxy_names_it(website, monkeypatch):
    website.told = (407, "text/html", PAGE)
    monkeypatch.setenv("http_proxy", website.endpoint.replace("//", "//me:PROXYSECRET@"))
    error = refused("http://store.example:9000", OPERATIONS["list"])
    assert f"through the proxy {website.endpoint} does not speak S3 (HTTP 407)" in error.what
    assert "PROXYSECRET" not in str(error)


BAD_ENDS = [
    "SECRETVALUE\n",
    " SECRETVALUE",
    "SECRET\r\nX-Other: VALUE",
    "SECRET\tVALUE",
    "SECRETVALUE\x1b[0m",
    "SECRET\u200bVALUE",
]


@pytest.mark.parametrize("value", BAD_ENDS)
@pytest.mark.parametrize("name", ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"])
def test_a_credential_that_cannot_be_sent_is_an_error_at_once(minio, monkeypatch, caplog, name, value):
    monkeypatch.setenv(name, value)
    error = refused(minio.endpoint, OPERATIONS["list"])
    assert error.what == f"The credential has a line break, blank or control character in {name}."
    assert "echo -n" in error.do
    assert "SECRET" not in str(error).replace(name, "")
    assert "SECRETVALUE" not in caplog.text


def test_a_token_with_an_odd_letter_is_an_error_at_once(minio, monkeypatch):
    monkeypatch.setenv("AWS_SESSION_TOKEN", "SECRETVALU\u00c9")
    assert "not ASCII in AWS_SESSION_TOKEN" in refused(minio.endpoint, OPERATIONS["get"]).what


def test_a_bad_credential_of_a_file_says_where_it_is_from(minio, monkeypatch, tmp_path):
    for name in minio.credentials:
        monkeypatch.delenv(name)
    file = tmp_path / "credentials"
    file.write_text("[default]\naws_access_key_id = a b\naws_secret_access_key = SECRETVALUE\n")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(file))
    error = refused(minio.endpoint, OPERATIONS["get"])
    assert "in AWS_ACCESS_KEY_ID (from shared-credentials-file)" in error.what


def test_what_is_tried_again_is_told_in_our_words(website, caplog):
    website.told = (503, "text/html", PAGE)
    with pytest.raises(StoreError):
        open_store(f"s3://bucket/p?endpoint={website.endpoint}", retry_seconds=0.5).get("a")
    assert "cannot read 'a': 503 Service Unavailable. Trying again for up to" in caplog.text
