"""What a client makes of answers that no API server gives, and of lists that come in pages: a real server answers so."""

import json
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from urllib.parse import parse_qs, urlsplit

import pytest
import yaml

from ltk8s.cluster.kubernetes.api import ApiError, open_api
from ltk8s.cluster.kubernetes.cluster import KubernetesCluster
from ltk8s.cluster.kubernetes.nodes import Nodes, count_nodes
from ltk8s.errors import UsageError


@pytest.fixture
def answering(tmp_path, monkeypatch):
    """Serve what ``answer(path, query)`` returns: status, headers and body; a kubeconfig leads there. Returns an Api."""
    servers = []

    def start(answer, **user):
        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                parts = urlsplit(self.path)
                status, headers, body = answer(parts.path, {name: value[0] for name, value in parse_qs(parts.query).items()})
                self.send_response(status)
                for name, value in {"Content-Length": str(len(body)), **headers}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        servers.append(server)
        Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        config = {
            "current-context": "dev",
            "contexts": [{"name": "dev", "context": {"cluster": "c", "user": "u"}}],
            "clusters": [{"name": "c", "cluster": {"server": f"http://127.0.0.1:{server.server_port}"}}],
            "users": [{"name": "u", "user": user}],
        }
        (tmp_path / "config").write_text(yaml.safe_dump(config))
        monkeypatch.setenv("KUBECONFIG", str(tmp_path / "config"))
        monkeypatch.setenv("NO_PROXY", "127.0.0.1")
        return open_api("dev", "ltk8s", retry_seconds=0)

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


def page(status, body, **headers):
    return lambda path, query: (status, headers, body)


PATH = "/apis/batch/v1/namespaces/ltk8s/jobs"


def test_a_page_to_sign_in_is_no_answer_of_kubernetes(answering):
    api = answering(page(200, b"<html><style>p {}</style><title>Sign in</title></html>"))
    with pytest.raises(ApiError, match="is not Kubernetes: it says 'Sign in'") as raised:
        api.get(PATH)
    assert "HTTPS_PROXY" in raised.value.do


def test_of_where_an_answer_sends_on_to_only_the_host_is_told(answering):
    api = answering(page(302, b"", Location="https://login.example.com/x?token=secret"))
    with pytest.raises(ApiError, match=r"it sends on to login\.example\.com \(HTTP 302\)") as raised:
        api.get(PATH)
    assert "secret" not in str(raised.value)
    assert not raised.value.passes


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b'{"items": []}', b"null"])
def test_an_answer_of_another_program_is_no_empty_list(answering, body):
    api = answering(page(200, body))
    with pytest.raises(ApiError, match="is not Kubernetes"):
        api.items(PATH)


def test_a_proxy_that_asks_who_is_there(answering):
    with pytest.raises(ApiError, match="Who are you"):
        answering(page(407, b"<h1>Who are you?</h1>")).get(PATH)


def test_an_odd_date_is_no_error(answering):
    assert answering(page(200, b'{"kind": "JobList", "items": []}', Date="yesterday")).get(PATH)["items"] == []


def items(names, **metadata):
    found = [{"metadata": {"name": name}} for name in names]
    return json.dumps({"kind": "NodeList", "metadata": metadata, "items": found}).encode()


def test_a_list_is_read_to_its_last_page(answering):
    def answer(path, query):
        token = int(query.get("continue", 0))
        return 200, {}, items([f"n{token}"], **({"continue": str(token + 1)} if token < 3 else {}))

    assert [each["metadata"]["name"] for each in answering(answer).items("/api/v1/nodes")] == ["n0", "n1", "n2", "n3"]


def test_a_list_whose_pages_expire_is_read_at_once(answering):
    gone = json.dumps({"kind": "Status", "message": "The provided continue parameter is too old", "code": 410}).encode()

    def answer(path, query):
        if "continue" in query:
            return 410, {}, gone
        return 200, {}, items(["a"], **{"continue": "1"}) if "limit" in query else items(["a", "b"])

    assert [each["metadata"]["name"] for each in answering(answer).items("/api/v1/nodes")] == ["a", "b"]


def test_gpus_are_counted_on_all_pages(answering):
    def answer(path, query):
        if "continue" in query:
            gpu = {"metadata": {"name": "g"}, "status": {"allocatable": {"nvidia.com/gpu": "8"}}}
            return 200, {}, json.dumps({"kind": "NodeList", "metadata": {}, "items": [gpu]}).encode()
        return 200, {}, items(["a"], **{"continue": "1"})

    api = answering(answer)
    cluster = KubernetesCluster("dev", "ltk8s")
    worker = {"name": "worker", "resources": {"limits": {"nvidia.com/gpu": 1}}}
    job = {"spec": {"template": {"spec": {"containers": [worker]}}}}
    assert count_nodes(api) == Nodes(2, 1)
    assert cluster.doubt([job]) == ""


@pytest.fixture
def plugin(tmp_path):
    """A user whose credentials a command gives, with what that command does in sh."""

    def write(does):
        command = tmp_path / "plugin"
        command.write_text(f"#!/bin/sh\n{does}\n")
        command.chmod(0o700)
        return {"apiVersion": "client.authentication.k8s.io/v1", "command": str(command), "interactiveMode": "Never"}

    return write


@pytest.mark.parametrize("does", ["echo s3cr3t >&2; exit 7", "echo s3cr3t", 'echo \'{"status": {"token": "s3cr3t"}}\''])
def test_a_plugin_that_gives_no_credentials_is_named_and_what_it_says_is_not(answering, plugin, does, capfd):
    with pytest.raises(UsageError, match="gives no credentials") as raised:
        answering(page(200, b"{}"), exec=plugin(does))
    said = capfd.readouterr()
    assert "s3cr3t" not in str(raised.value) + said.out + said.err


def test_a_plugin_that_is_not_installed_is_named(answering, tmp_path):
    with pytest.raises(UsageError, match=r"gives no credentials: .*no-such-plugin"):
        answering(page(200, b"{}"), exec={"apiVersion": "client.authentication.k8s.io/v1", "command": "no-such-plugin"})
