"""Requests to an API server: raw JSON over the official client's connections, credentials and proxies."""

from __future__ import annotations

import json
import os
import re
import time
from collections.abc import Iterator, Mapping
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from types import TracebackType
from typing import Any, Literal, Self
from urllib.parse import urlencode

import kubernetes.client
import kubernetes.config
import urllib3
from urllib3.exceptions import HTTPError

from ltk8s import __version__
from ltk8s.cluster.kubernetes import plugin as plugins
from ltk8s.cluster.kubernetes.kubeconfig import IN_CLUSTER, in_pod, kubeconfig_files, read_kubeconfig
from ltk8s.cluster.kubernetes.refusal import ApiError, foreign, no_answer, refused
from ltk8s.errors import UsageError
from ltk8s.redaction import redacted

__all__ = ["Api", "ApiError", "Stream", "open_api"]

Body = dict[str, Any] | list[Any] | None

CONNECTIONS = 64
"""Kept open side by side: those of a thousand Jobs that are created in parallel, of watches and of logs."""

CONNECT_SECONDS, READ_SECONDS = 5.0, 60.0

VERSION = "/version"
"""The one path whose answer is no object of Kubernetes' with a kind."""

PROXY_ASKS = 407

PAGE = 500
"""Objects that are asked for at once."""

CONTENT_TYPES = {"merge": "application/merge-patch+json", "json": "application/json-patch+json"}

FIRST_PAUSE, LONGEST_PAUSE = 0.1, 2.0
"""Seconds between two tries; doubled each time."""


def open_api(context: str | None, namespace: str, *, retry_seconds: float = 5.0) -> Api:
    """Connect to the cluster of a kubeconfig context; without one to the pod's own cluster, else to the current context.

    Args:
        retry_seconds: for how long a request is repeated while the API server does not answer, or answers that it cannot now.

    Raises:
        UsageError: if there is no such context, or its credentials cannot be had.
    """
    chosen = context or (IN_CLUSTER if in_pod() else read_kubeconfig().current)
    configuration = kubernetes.client.Configuration()
    config: Any = kubernetes.config  # has no types
    plugin = plugins.listen()
    try:
        if chosen == IN_CLUSTER:
            config.load_incluster_config(configuration)
        else:
            files = os.pathsep.join(map(str, kubeconfig_files()))
            config.load_kube_config(files, context=chosen or None, client_configuration=configuration)
    except (config.ConfigException, OSError, ValueError, KeyError) as error:
        why = re.sub(r"(process returned \d+).*", r"\1", " ".join(str(error).split()))  # a plugin may print a token
        raise UsageError(
            f"The cluster {chosen!r} cannot be used: {why}", "Does `kubectl get ns` work with it? `--cluster` chooses another."
        ) from None
    if why := plugin.take():
        raise UsageError(
            f"The command by which the kubeconfig's user of {chosen!r} signs in gives no credentials: {why}.",
            "Sign in again, or run that command by hand to see what it says. `--cluster` chooses another cluster.",
        )
    configuration.connection_pool_maxsize = CONNECTIONS
    client = kubernetes.client.ApiClient(configuration)
    client.user_agent = f"ltk8s/{__version__}"
    return Api(client, chosen, namespace, retry_seconds=retry_seconds)


class Api:
    """One API server, for any number of threads. Each method raises ApiError; those that may pass are retried before.

    Paths begin with ``/api`` or ``/apis``; keyword arguments become the query, without those that are None.
    """

    def __init__(self, client: Any, context: str, namespace: str, *, retry_seconds: float = 5.0) -> None:
        self.context = context
        self.namespace = namespace
        self.client = client
        self.retry_seconds = retry_seconds
        self._ahead = timedelta()

    def __repr__(self) -> str:
        return f"Api({self.context!r}, {self.namespace!r})"

    @property
    def server(self) -> str:
        """The URL of the API server."""
        return str(self.client.configuration.host).rstrip("/")

    def now(self) -> datetime:
        """The time by the API server's clock, as far as its last answer tells: ages are not to depend on this machine's."""
        return datetime.now(UTC) + self._ahead

    def get(self, path: str, **query: Any) -> dict[str, Any]:
        return self._json("GET", path, query)

    def find(self, path: str, **query: Any) -> dict[str, Any] | None:
        """Like ``get``, but None where there is no such object."""
        try:
            return self.get(path, **query)
        except ApiError as error:
            if error.status == 404:
                return None
            raise

    def items(self, path: str, **query: Any) -> list[dict[str, Any]]:
        """All objects of a list, page by page; at once where that takes so long that the pages expire (410)."""
        found: list[dict[str, Any]] = []
        more: dict[str, Any] = {"limit": PAGE}
        while more:
            try:
                page = self.get(path, **query, **more)
            except ApiError as error:
                if error.status != 410 or "continue" not in more:
                    raise
                return self.get(path, **query).get("items") or []
            found += page.get("items") or []
            token = (page.get("metadata") or {}).get("continue")
            more = {"limit": PAGE, "continue": token} if token else {}
        return found

    def post(self, path: str, body: Body, **query: Any) -> dict[str, Any]:
        return self._json("POST", path, query, body)

    def patch(self, path: str, body: Body, *, kind: Literal["merge", "json"], **query: Any) -> dict[str, Any]:
        return self._json("PATCH", path, query, body, CONTENT_TYPES[kind])

    def delete(self, path: str, body: Body = None, **query: Any) -> dict[str, Any]:
        return self._json("DELETE", path, query, body)

    def lines(self, path: str, **query: Any) -> Iterator[str]:
        """The lines of an answer as they come, without their ends."""
        with self.open(path, **query) as stream:
            yield from stream

    def open(self, path: str, *, read_seconds: float | None = None, **query: Any) -> Stream:
        """An answer to be read line by line, which another thread may close.

        Args:
            read_seconds: how long the next bytes may take; None is for ever.
        """
        timeout = urllib3.Timeout(connect=CONNECT_SECONDS, read=read_seconds)
        return Stream(self._answer("GET", path, query, timeout=timeout), self)

    def headers(self) -> dict[str, str]:
        """What every request carries: who asks, and its credentials, anew where they have expired."""
        headers = {"User-Agent": self.client.user_agent, "Accept": "application/json, */*", "Accept-Encoding": "gzip"}
        self.client.update_params_for_auth(headers, [], ["BearerToken"], "", "", None)
        if not all(value.isprintable() and value.isascii() for value in headers.values()):
            raise UsageError(
                f"The credential for the cluster {self.context!r} holds a character that cannot be sent, such as a line break.",
                "Correct the token or password in its kubeconfig, or what its plugin prints.",
            )
        return headers

    def silent(self, error: Exception) -> ApiError:
        """The error for an answer that did not come, or stopped in the middle."""
        proxy = self.client.configuration.proxy
        return no_answer(error, context=self.context, server=self.server, proxy=proxy)

    def _json(
        self, method: str, path: str, query: dict[str, Any], body: Body = None, content_type: str = "application/json"
    ) -> dict[str, Any]:
        response = self._answer(method, path, query, body, content_type)
        try:
            answer = json.loads(response.data)
        except ValueError:
            answer = None
        if not isinstance(answer, dict) or (path != VERSION and "kind" not in answer):
            raise foreign(response.status, None, response.data, context=self.context, server=self.server)
        return answer

    def _answer(
        self,
        method: str,
        path: str,
        query: dict[str, Any],
        body: Body = None,
        content_type: str = "application/json",
        timeout: urllib3.Timeout | None = None,
    ) -> urllib3.BaseHTTPResponse:
        """Ask until there is an answer that is a success, or an error that stays."""
        data = None if body is None else json.dumps(body, separators=(",", ":")).encode()
        until, pause = time.monotonic() + self.retry_seconds, FIRST_PAUSE
        while True:
            try:
                return self._ask(method, path, query, data, content_type, timeout)
            except ApiError as error:
                if not error.passes or time.monotonic() + pause > until:
                    raise
            time.sleep(pause)
            pause = min(2 * pause, LONGEST_PAUSE)

    def _ask(
        self,
        method: str,
        path: str,
        query: dict[str, Any],
        data: bytes | None,
        content_type: str,
        timeout: urllib3.Timeout | None,
    ) -> urllib3.BaseHTTPResponse:
        given = {name: str(value).lower() if isinstance(value, bool) else value for name, value in query.items()}
        parameters = urlencode({name: value for name, value in given.items() if value is not None})
        headers = self.headers()
        try:
            response: urllib3.BaseHTTPResponse = self.client.rest_client.pool_manager.request(
                method,
                f"{self.server}{path}{'?' if parameters else ''}{parameters}",
                body=data,
                headers=headers | ({"Content-Type": content_type} if data is not None else {}),
                timeout=timeout or urllib3.Timeout(connect=CONNECT_SECONDS, read=READ_SECONDS),
                retries=False,
                preload_content=timeout is None,
            )
            self._note_time(response.headers.get("Date"))
            if response.status < 300:
                return response
            body, location = _without_credential(response.data, headers), response.headers.get("Location")
        except (HTTPError, OSError) as error:
            raise self.silent(error) from error
        if response.status < 400 or response.status == PROXY_ASKS:
            raise foreign(response.status, location, body, context=self.context, server=self.server)
        raise refused(response.status, body, context=self.context, namespace=self.namespace)

    def _note_time(self, date: str | None) -> None:
        if date:
            with suppress(ValueError, TypeError):  # a proxy's own way to write it
                self._ahead = parsedate_to_datetime(date) - datetime.now(UTC)


def _without_credential(body: bytes, headers: Mapping[str, str]) -> bytes:
    """What a server or a proxy answers without the credential of the request, which some send back."""
    values = [value for name, value in headers.items() if name.lower() == "authorization"]
    return redacted(body.decode(errors="replace"), {part for value in values for part in (value, *value.split())}).encode()


class Stream:
    """The lines of one answer. ``close`` may be called by another thread, and ends the reading."""

    def __init__(self, response: urllib3.BaseHTTPResponse, api: Api) -> None:
        self._response = response
        self._api = api
        self._closed = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._response.close()

    def __iter__(self) -> Iterator[str]:
        rest = b""
        try:
            for piece in self._response.stream(2**16, decode_content=True):
                *lines, rest = (rest + piece).split(b"\n")
                for line in lines:
                    yield line.decode(errors="replace")
        except (HTTPError, OSError, ValueError) as error:
            if not self._closed:
                raise self._api.silent(error) from error
        if rest:
            yield rest.decode(errors="replace")

    def close(self) -> None:
        self._closed = True
        try:
            self._response.shutdown()
        except (RuntimeError, ValueError, OSError):  # it is read to its end already
            return
