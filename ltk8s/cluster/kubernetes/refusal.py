"""What an API server's refusal, or its silence, means to a person: pure functions from its answer to two sentences."""

from __future__ import annotations

import json
import re
import shlex
from typing import Any

import urllib3
from urllib3.exceptions import ProxyError, SSLError

from ltk8s.errors import ClusterError, shortened
from ltk8s.redaction import without_credentials

_FORBIDDEN = re.compile(r'User "(?P<user>[^"]*)" cannot (?P<verb>\w+) resource "(?P<resource>[^"]+)"')

_NAMESPACE = re.compile(r'in the namespace "(?P<namespace>[^"]+)"')

_UNREADABLE = re.compile(r"<(script|style)\b.*?</\1\s*>|<[^>]*>", re.DOTALL | re.IGNORECASE)

LONGEST_PAGE = 200

USER_ROLE = "ltk8s-user"

UNTRUSTED = "Certificate"
"""The reason of an error that the API server never told: its certificate is not accepted here."""


class ApiError(ClusterError):
    """Raised when the API server refuses a request (``status`` is HTTP's) or does not answer (``status`` 0).

    ``reason`` is the API server's own word, such as ``AlreadyExists``; ``causes`` is what is wrong with which field.
    """

    def __init__(
        self, what: str, do: str, *, status: int = 0, reason: str = "", causes: list[dict[str, Any]] | None = None
    ) -> None:
        super().__init__(what, do)
        self.status = status
        self.reason = reason
        self.causes = causes or []

    @property
    def passes(self) -> bool:
        """Whether the same request may succeed later."""
        return (self.status == 0 and self.reason != UNTRUSTED) or self.status == 429 or self.status >= 500


def refused(status: int, body: bytes, *, context: str, namespace: str) -> ApiError:
    """Read the ``Status`` object of an answer that is no success; a proxy's page is read as well as can be."""
    answer = _status_object(body)
    message = str(answer.get("message") or _text(body)).strip().rstrip(".")
    what, do = _sentences(status, " ".join(message.split()), context, namespace)
    causes = (answer.get("details") or {}).get("causes")
    return ApiError(what, do, status=status, reason=str(answer.get("reason") or ""), causes=causes)


def no_answer(error: Exception, *, context: str, server: str, proxy: str | None = None) -> ApiError:
    """What an answer that did not come, or stopped in the middle, means. ``proxy`` is the URL of a proxy on the way."""
    if proxy and isinstance(error, ProxyError):
        named = without_credentials(proxy).replace("…@", "")
        return ApiError(
            f"The cluster {context!r} is not reached at {server} through the proxy {named}: {_cause(error)}.",
            "HTTPS_PROXY or the kubeconfig's proxy-url names it: correct that, or add the cluster's host to NO_PROXY.",
        )
    if isinstance(error, SSLError) or isinstance(error.__cause__, SSLError):
        what = f"The certificate of the cluster {context!r} at {server} is not trusted: {_cause(error)}."
        return ApiError(what, "Its kubeconfig needs the right certificate-authority.", reason=UNTRUSTED)
    return ApiError(
        f"The cluster {context!r} does not answer at {server}: {_cause(error)}.",
        "Is it up, and this machine in its network? --cluster chooses another one, `--cluster local` this machine.",
    )


def foreign(status: int, location: str | None, body: bytes, *, context: str, server: str) -> ApiError:
    """An answer that no API server gives: a proxy's, or a page to sign in. Of an address only its host is told."""
    if location:
        told = f"it sends on to {urllib3.util.parse_url(location).host or 'another page'}"
    else:
        told = f"it says {_text(body)!r}"
    return ApiError(
        f"What answers at {server} for the cluster {context!r} is not Kubernetes: {told} (HTTP {status}).",
        "Sign in where a proxy asks for it, or correct HTTPS_PROXY, NO_PROXY or the kubeconfig's server.",
        status=status,
    )


def no_namespace(context: str, namespace: str) -> tuple[str, str]:
    """There is no such namespace: two sentences."""
    return (
        f"There is no namespace {namespace!r} in the cluster {context!r}.",
        "Install ltk8s there with `kubectl apply -k k8s/overlays/production` (docs/cluster.md), or give another --namespace.",
    )


def terminating(context: str, namespace: str) -> tuple[str, str]:
    """The namespace is being deleted: two sentences."""
    return (
        f"The namespace {namespace!r} of the cluster {context!r} is being deleted.",
        f"When `kubectl get namespace {namespace}` no longer finds it, install ltk8s there again, or give another --namespace.",
    )


def _status_object(body: bytes) -> dict[str, Any]:
    try:
        answer = json.loads(body)
    except ValueError:
        return {}
    return answer if isinstance(answer, dict) else {}


def _text(body: bytes) -> str:
    """What a person would read of a page, as far as a sentence holds it.

    >>> _text(b"<html><style>p {}</style><title>Sign in</title><p>Please</p></html>")
    'Sign in Please'
    """
    readable = _UNREADABLE.sub(" ", body.decode(errors="replace"))
    return shortened(" ".join(readable.split()), LONGEST_PAGE)


def _sentences(status: int, message: str, context: str, namespace: str) -> tuple[str, str]:
    if status == 401:
        return f"The cluster {context!r} does not accept your credentials.", "Log in to it again; `kubectl` tells the same."
    if status == 403 and "because it is being terminated" in message:
        return terminating(context, namespace)
    if status == 403:
        return _forbidden(message, namespace)
    if status == 404 and message.startswith("namespaces "):
        return no_namespace(context, namespace)
    if status == 429 or status >= 500:
        return f"The cluster {context!r} cannot answer now: {message or f'HTTP {status}'}.", "Try again in a moment."
    return f"The cluster {context!r} refused the request: {message or f'HTTP {status}'}.", "Mend that and try again."


def _forbidden(message: str, namespace: str) -> tuple[str, str]:
    if found := _FORBIDDEN.search(message):
        where = named["namespace"] if (named := _NAMESPACE.search(message)) else namespace
        what = f"You may not {found['verb']} {found['resource']} in namespace {where}."
        if where != namespace:
            return what, "Ask whoever runs it for that right there, or set store.client_endpoint if the store is in it."
        return what, f"Ask for the Role {USER_ROLE} there: {binding(found['user'], namespace)}"
    if "exceeded quota" in message:
        return f"The namespace {namespace} has no quota left: {message}.", "Wait until other Jobs are gone, or ask for more."
    return f"The cluster forbids it: {message}.", "Ask whoever runs the cluster."


def binding(user: str, namespace: str) -> str:
    """The command with which an administrator grants it."""
    name = f"{USER_ROLE}-{re.sub('[^A-Za-z0-9.-]+', '-', user).strip('-.').lower()}"
    account = user.removeprefix("system:serviceaccount:")
    subject = f"--serviceaccount={account}" if account != user else f"--user={user}"
    return f"kubectl -n {namespace} create rolebinding {name} --role={USER_ROLE} {shlex.quote(subject)}"


def _cause(error: BaseException) -> str:
    """The innermost reason that the system gives, without the objects that the outer ones print."""
    chain = [error]
    while inner := chain[-1].__cause__ or chain[-1].__context__:
        chain.append(inner)
    told = next((each for each in reversed(chain) if isinstance(each, OSError)), None)
    if told and not isinstance(told, TimeoutError):
        return " ".join((told.strerror or str(told)).split()).rstrip(".")
    timed_out = any(isinstance(each, TimeoutError | urllib3.exceptions.TimeoutError) for each in chain)
    return "no answer in time" if timed_out else "the connection was lost"
