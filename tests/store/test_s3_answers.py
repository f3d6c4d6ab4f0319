"""What answers is no S3, or a proxy is in between: said at once, whatever it answers, and never taken for a store's answer."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from ltk8s.errors import NotFound, StoreAway, StoreError
from ltk8s.store.address import parse_address
from ltk8s.store.s3 import S3Store

HTML = ("text/html", b"<html><body><p>Log in</html>")
XHTML = ("text/html", b"<html><body>Log in</body></html>")
JSON = ("application/json", b'{"error": "Log in"}')
NOTHING = ("", b"")


class Stranger(ThreadingHTTPServer):
    """Answers every request alike."""

    daemon_threads = True
    status = 200
    page = HTML

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Same)
        self.endpoint = f"http://127.0.0.1:{self.server_address[1]}"


class Same(BaseHTTPRequestHandler):
    server: Stranger

    def answer(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        kind, body = self.server.page if self.server.status != 204 else NOTHING
        self.send_response_only(self.server.status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        if 300 <= self.server.status < 400:
            self.send_header("Location", "https://login.example/enter?ticket=secret-ticket")
        self.end_headers()
        self.wfile.write(body if self.command != "HEAD" else b"")

    do_GET = do_PUT = do_POST = do_HEAD = do_DELETE = do_CONNECT = answer  # noqa: N815


@pytest.fixture(autouse=True)
def _credential(monkeypatch):
    for name in ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "no_proxy", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "a")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "b")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")


@pytest.fixture
def stranger() -> Iterator[Stranger]:
    with Stranger() as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        yield server
        server.shutdown()


def at(endpoint: str) -> S3Store:
    return S3Store(parse_address(f"s3://bucket?endpoint={endpoint}"), retry_seconds=30, read_timeout=1)


def refused(call) -> StoreError:
    """The error of a call that fails for good, at once."""
    begun = time.monotonic()
    with pytest.raises(StoreError) as raised:
        call()
    assert time.monotonic() - begun < 10
    assert not isinstance(raised.value, StoreAway | NotFound)
    return raised.value


CALLS = {
    "list": lambda store: list(store.list("")),
    "get": lambda store: store.get("a"),
    "exists": lambda store: store.exists("a"),
    "upload": lambda store: store.put("a", bytes(9 * 2**20)),
    "make": lambda store: store.make_bucket(),
}


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("status", [200, 204, 301, 302, 307, 308, 400, 401, 403, 404, 407, 413])
def test_a_web_page_is_no_answer_of_a_store(stranger, status, call):
    stranger.status = status
    error = refused(lambda: CALLS[call](at(stranger.endpoint)))
    to = " to https://login.example" if 300 <= status < 400 else ""
    assert error.what == f"What answers at {stranger.endpoint} does not speak S3 (HTTP {status}{to})."
    assert error.do.startswith("Correct the store's endpoint, or look at HTTP_PROXY")


@pytest.mark.parametrize("page", [XHTML, JSON, NOTHING])
@pytest.mark.parametrize("status", [200, 301, 403, 404])
def test_nor_is_any_other_page(stranger, status, page):
    stranger.status, stranger.page = status, page
    for call in (CALLS["list"], CALLS["get"]):
        assert f"does not speak S3 (HTTP {status}" in refused(lambda call=call: call(at(stranger.endpoint))).what


def test_a_write_that_a_web_page_answers_is_not_believed(stranger):
    assert "does not speak S3 (HTTP 200)" in refused(lambda: at(stranger.endpoint).put("a", b"x")).what
    assert "does not speak S3 (HTTP 200)" in refused(lambda: at(stranger.endpoint).put_if_absent("a", b"x")).what


def test_a_redirect_in_s3s_words_that_leads_nowhere_ends(stranger):
    code = b"<Error><Code>PermanentRedirect</Code><Message>Elsewhere.</Message></Error>"
    stranger.status, stranger.page = 301, ("application/xml", code)
    assert "does not speak S3 (HTTP 301" in refused(lambda: list(at(stranger.endpoint).list(""))).what


def test_a_gateway_whose_server_is_away_may_have_it_back(stranger):
    stranger.status = 502
    store = S3Store(parse_address(f"s3://bucket?endpoint={stranger.endpoint}"), retry_seconds=0.3)
    with pytest.raises(StoreAway, match="cannot list '' now: HTTP 502"):
        list(store.list(""))


@pytest.mark.parametrize("banner", [b"SSH-2.0-OpenSSH_9.6\r\n", b"\x15\x03\x01\x00\x02\x02\x46", b"220 mail ESMTP\r\n"])
def test_a_server_of_another_protocol_is_told(banner):
    with socket.create_server(("127.0.0.1", 0)) as server:

        def greet() -> None:
            while True:
                try:
                    connection, _ = server.accept()
                except OSError:
                    return
                with connection:
                    connection.recv(2**16)
                    connection.sendall(banner)

        threading.Thread(target=greet, daemon=True).start()
        endpoint = f"http://127.0.0.1:{server.getsockname()[1]}"
        error = refused(lambda: at(endpoint).get("a"))
        server.shutdown(socket.SHUT_RDWR)
    assert error.what == f"What answers at {endpoint} does not speak S3 (its answer is not HTTP)."
    assert error.do == "Correct the store's endpoint; if it speaks TLS, write https://."


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_proxy_that_is_not_there_is_named_without_its_user(monkeypatch, scheme):
    monkeypatch.setenv(f"{scheme.upper()}_PROXY", "http://me:proxy-password@127.0.0.1:1")
    store = S3Store(parse_address(f"s3://bucket?endpoint={scheme}://store.example"), retry_seconds=0.3)
    with pytest.raises(StoreAway) as raised:
        store.get("a")
    assert f"The proxy http://…@127.0.0.1:1 ({scheme.upper()}_PROXY) on the way to s3://bucket" in raised.value.what
    assert "does not answer: connection refused." in raised.value.what
    assert raised.value.do == "Correct that variable, or add the store's host to NO_PROXY."


def test_a_proxy_that_refuses_is_named_at_once(monkeypatch, stranger):
    monkeypatch.setenv("https_proxy", stranger.endpoint)
    stranger.status = 407
    error = refused(lambda: at("https://store.example").get("a"))
    assert f"The proxy {stranger.endpoint} (https_proxy) on the way to s3://bucket" in error.what
    assert "refuses to connect us (HTTP 407)" in error.what


def test_a_page_that_came_through_a_proxy_names_it(monkeypatch, stranger):
    monkeypatch.setenv("HTTP_PROXY", stranger.endpoint)
    assert f"look at the proxy {stranger.endpoint} (HTTP_PROXY)" in refused(lambda: at("http://store.example").get("a")).do


BAD_PROXIES = ["http://me:pro#xy-password@127.0.0.1:1", "http://me:proxy\npassword@127.0.0.1:1", "http://me:proxy/password@h:1"]


@pytest.mark.parametrize("proxy", BAD_PROXIES)
def test_a_proxy_that_is_no_url_is_told_without_a_word_of_it(monkeypatch, proxy):
    monkeypatch.setenv("HTTP_PROXY", proxy)
    error = refused(lambda: at("http://store.example").get("a"))
    assert error.what == "HTTP_PROXY is not a URL of a proxy."
    assert "password" not in error.what


BAD = {
    "\n": "a line break or blank",
    "\r": "a line break or blank",
    " ": "a line break or blank",
    "\t": "a line break or blank",
    "\x1b[31m": "a line break or blank",
    "é": "a character that is not ASCII",
    "\u2028": "a line break or blank",
}


def test_a_passphrase_is_a_secret_key_too(own_minio, monkeypatch, tmp_path):
    (tmp_path / "other").mkdir()
    server = type(own_minio)(tmp_path / "other")
    server.credentials = {"AWS_ACCESS_KEY_ID": "myself", "AWS_SECRET_ACCESS_KEY": "correct horse bättery"}
    for name, value in server.credentials.items():
        monkeypatch.setenv(name, value)
    server.start()
    S3Store(parse_address(server.address())).put("a", b"x")
    server.stop()


@pytest.mark.parametrize("variable", ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"])
@pytest.mark.parametrize("bad", BAD)
def test_a_credential_that_cannot_be_sent_is_told_at_once(monkeypatch, variable, bad):
    if (variable, bad) == ("AWS_SECRET_ACCESS_KEY", "é"):
        return  # it is only calculated with
    monkeypatch.setenv(variable, f"FwoGZXIvSECRET{bad}")
    error = refused(lambda: at("http://127.0.0.1:1").get("a"))
    assert error.what == f"The credential has {BAD[bad]} in {variable}."
    assert "without one (`echo -n`)" in error.do


def test_a_credential_in_a_file_that_cannot_be_read_is_not_shown(monkeypatch, tmp_path):
    file = tmp_path / "credentials"
    file.write_text("[default]\naws_access_key_id = a\nFwoGZXIvSECRET\n")
    for variable in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(variable)
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(file))
    error = refused(lambda: at("http://127.0.0.1:1").get("a"))
    assert error.what == "AWS's own config or credentials file cannot be read."


@pytest.mark.parametrize("said", ["no JSON: FwoGZXIvSECRET", '{"Version": 1, "AccessKeyId": "a"}', "[]"])
def test_a_credential_process_that_answers_otherwise_is_told(monkeypatch, tmp_path, said):
    (tmp_path / "said").write_text(said)
    (tmp_path / "config").write_text(f"[default]\ncredential_process = cat {tmp_path / 'said'}\n")
    for variable in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(variable)
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    assert "redential" in refused(lambda: at("http://127.0.0.1:1").get("a")).what


def test_a_token_of_a_container_that_cannot_be_sent_is_told(monkeypatch):
    for variable in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(variable)
    monkeypatch.setenv("AWS_CONTAINER_CREDENTIALS_FULL_URI", "http://127.0.0.1:1/get")
    monkeypatch.setenv("AWS_CONTAINER_AUTHORIZATION_TOKEN", "Bearer SECRET\n")
    error = refused(lambda: at("http://127.0.0.1:1").get("a"))
    assert error.what == "The credential has a line break or blank in AWS_CONTAINER_AUTHORIZATION_TOKEN."
