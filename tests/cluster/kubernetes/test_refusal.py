"""What the API server's answers mean. The messages are what a real one has said."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from urllib3.exceptions import SSLError

from ltk8s.cluster.kubernetes.api import ApiError, open_api
from ltk8s.cluster.kubernetes.refusal import no_answer, refused


def said(status, message, **fields):
    body = json.dumps({"kind": "Status", "message": message, **fields}).encode()
    return refused(status, body, context="kind-dev", namespace="ltk8s")


def test_a_missing_right_names_the_verb_and_how_to_grant_it():
    refusal = said(
        403, 'jobs.batch is forbidden: User "bob" cannot list resource "jobs" in API group "batch" in the namespace "ltk8s"'
    )
    assert refusal.what == "You may not list jobs in namespace ltk8s."
    assert refusal.do.endswith("kubectl -n ltk8s create rolebinding ltk8s-user-bob --role=ltk8s-user --user=bob")


@pytest.mark.parametrize(
    ("user", "binding", "subject"),
    [
        ("system:serviceaccount:a:b", "ltk8s-user-system-serviceaccount-a-b", "--serviceaccount=a:b"),
        ("Ann Lee@example.com", "ltk8s-user-ann-lee-example.com", "'--user=Ann Lee@example.com'"),
    ],
)
def test_the_command_fits_the_user(user, binding, subject):
    refusal = said(403, f'pods is forbidden: User "{user}" cannot get resource "pods/log" in API group ""')
    assert f"rolebinding {binding} --role=ltk8s-user {subject}" in refusal.do


def test_a_quota_is_no_missing_right():
    refusal = said(403, 'jobs.batch "a" is forbidden: exceeded quota: few, requested: count/jobs.batch=1, used: 1, limited: 1')
    assert "no quota left" in refusal.what
    assert "exceeded quota: few" in refusal.what
    assert "Role" not in refusal.do


def test_a_namespace_that_is_not_there():
    refusal = said(404, 'namespaces "ltk8s" not found', reason="NotFound")
    assert refusal.what == "There is no namespace 'ltk8s' in the cluster 'kind-dev'."


def test_what_a_field_lacks_is_kept():
    causes = [{"field": "spec.backoffLimit", "message": "Invalid value: -1", "reason": "FieldValueInvalid"}]
    refusal = said(
        422, 'Job.batch "a" is invalid: spec.backoffLimit: Invalid value: -1', reason="Invalid", details={"causes": causes}
    )
    assert (refusal.reason, refusal.causes) == ("Invalid", causes)
    assert "spec.backoffLimit: Invalid value: -1" in refusal.what


def test_a_proxys_page_is_no_status():
    refusal = refused(502, b"<html>Bad Gateway</html>", context="kind-dev", namespace="ltk8s")
    assert refusal.what == "The cluster 'kind-dev' cannot answer now: Bad Gateway."


def test_credentials_that_are_not_accepted():
    assert said(401, "Unauthorized").what == "The cluster 'kind-dev' does not accept your credentials."


@pytest.mark.parametrize(
    ("status", "passes"), [(500, True), (503, True), (429, True), (403, False), (404, False), (409, False), (422, False)]
)
def test_what_may_pass_is_known(status, passes):
    assert said(status, "x").passes is passes


def test_silence_gives_the_systems_own_reason():
    error = OSError()
    error.__cause__ = ConnectionRefusedError(111, "Connection refused")
    silence = no_answer(error, context="kind-dev", server="https://host:6443")
    assert silence.what == "The cluster 'kind-dev' does not answer at https://host:6443: Connection refused."
    assert (silence.status, silence.passes) == (0, True)


class Refusing(BaseHTTPRequestHandler):
    """A proxy that lets nobody through."""

    def do_CONNECT(self):
        self.send_error(403, "Forbidden")

    def log_message(self, *words):
        pass


@pytest.fixture(params=["silent", "refusing"])
def proxy(request):
    """The address of a proxy through which no cluster is reached, and why."""
    with ThreadingHTTPServer(("127.0.0.1", 0), Refusing) as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}).start()
        address = f"127.0.0.1:{server.server_port}"
        if request.param == "refusing":
            yield address, "403 Forbidden"
        server.shutdown()
    if request.param == "silent":
        yield address, "Connection refused"


def test_a_proxy_on_the_way_is_named_without_its_password(proxy, tmp_path, monkeypatch):
    address, why = proxy
    kubeconfig = {
        "clusters": [{"name": "c", "cluster": {"server": "https://cluster.test:6443"}}],
        "contexts": [{"name": "work", "context": {"cluster": "c", "user": "u"}}],
        "users": [{"name": "u", "user": {"token": "t"}}],
    }
    (tmp_path / "config").write_text(json.dumps(kubeconfig))
    monkeypatch.setenv("KUBECONFIG", str(tmp_path / "config"))
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.setenv("NO_PROXY", "")
    monkeypatch.setenv("HTTPS_PROXY", f"http://me:hunter2@{address}")
    with pytest.raises(ApiError) as refusal:
        open_api("work", "ltk8s", retry_seconds=0).get("/version")
    assert f"https://cluster.test:6443 through the proxy http://{address}: " in refusal.value.what
    assert why in refusal.value.what
    assert "HTTPS_PROXY" in refusal.value.do
    assert "hunter2" not in str(refusal.value)


def test_a_certificate_that_is_not_trusted_does_not_pass():
    silence = no_answer(SSLError("self-signed certificate"), context="kind-dev", server="https://host:6443")
    assert "is not trusted" in silence.what
    assert not silence.passes


def test_a_right_that_lacks_in_another_namespace_is_asked_for_there():
    refusal = said(403, 'services is forbidden: User "bob" cannot get resource "services" in API group "" in the namespace "x"')
    assert refusal.what == "You may not get services in namespace x."
    assert "store.client_endpoint" in refusal.do
    assert "rolebinding" not in refusal.do
