"""What S3's errors mean: which of them pass, and what a person can do about the others."""

from __future__ import annotations

import http.client
import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import urllib3.exceptions
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConfigParseError,
    ConnectionClosedError,
    ConnectTimeoutError,
    CredentialRetrievalError,
    EndpointConnectionError,
    HTTPClientError,
    IncompleteReadError,
    NoCredentialsError,
    PartialCredentialsError,
    ProfileNotFound,
    ProxyConnectionError,
    ReadTimeoutError,
    ResponseStreamingError,
    SSLError,
    SSOError,
    TokenRetrievalError,
)
from botocore.parsers import ResponseParserError
from urllib3.exceptions import HTTPError

from ltk8s.errors import CredentialRefused, StoreAway, StoreError, StoreFull
from ltk8s.redaction import redacted
from ltk8s.store.address import S3Address


class BadSetting(Exception):
    """A credential or a proxy's URL that cannot be sent as it is written: what is wrong, and what to do."""


class NotS3(Exception):
    """An answer that no S3 gives: its HTTP status, and where it sends us (a URL, or an empty string)."""

    def __init__(self, status: int, location: str = "") -> None:
        super().__init__(status, location)
        self.status = status
        self.location = location


FAILURES = (BadSetting, NotS3, BotoCoreError, ClientError, ResponseParserError, HTTPError)
"""All that a call of boto3 may raise; while an answer's body is read, errors of the library below it pass through."""

ABSENT = {"NoSuchKey"}
TAKEN = {"PreconditionFailed"}
FULL = {"XMinioStorageFull", "QuotaExceeded", "XMinioAdminBucketQuotaExceeded"}
"""The server has no room: its disk is full, or the bucket's quota is used up."""

UNCONDITIONAL = {"NotImplemented"}
"""The server knows no conditional put."""

_PASSING = {
    "ConditionalRequestConflict",
    "InternalError",
    "NoSuchUpload",  # a multipart upload whose parts were lost with its server: begin again
    "OperationAborted",
    "RequestTimeout",
    "ServiceUnavailable",
    "SlowDown",
    "Throttling",
    "ThrottlingException",
}

_CREDENTIALS = (
    "Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY or AWS_PROFILE here; for pods, name their Secret in store.secret."
)
_RIGHTS = "It needs s3:ListBucket on the bucket, and s3:GetObject, s3:PutObject and s3:DeleteObject on what is in it."


def code(error: Exception) -> str:
    """The code of S3's answer, or an empty string where there was no answer."""
    return str(error.response.get("Error", {}).get("Code", "")) if isinstance(error, ClientError) else ""


def passes(error: Exception) -> bool:
    """Whether trying again may help: no answer, half an answer, or one that says *later*. What is not named here stays."""
    if isinstance(error, ClientError):
        status = _metadata(error).get("HTTPStatusCode", 0)
        return status == 429 or (status >= 500 and code(error) not in UNCONDITIONAL) or code(error) in _PASSING
    if isinstance(error, SSLError | urllib3.exceptions.SSLError):
        return "EOF" in str(error)  # hung up on; all else is about certificates or protocols, and stays
    if isinstance(error, ProxyConnectionError):
        return not _refused_by_proxy(error)
    if _speaks_no_http(error):
        return False
    if isinstance(error, _UNANSWERED):
        return True
    # Whatever else went wrong while sending: the network's errors pass, a header or URL that cannot be sent stays.
    return isinstance(error, HTTPClientError) and isinstance(error.kwargs.get("error"), OSError | _BROKEN)


_BROKEN = (urllib3.exceptions.ProtocolError, urllib3.exceptions.TimeoutError)
_UNANSWERED = (
    ConnectionClosedError,
    ConnectTimeoutError,
    EndpointConnectionError,
    IncompleteReadError,
    ReadTimeoutError,
    ResponseStreamingError,
    *_BROKEN,
)


def explain(error: Exception, address: S3Address, doing: str, *, proxy: str = "") -> StoreError:
    """Say in one sentence what is wrong, and in one what to do. Never holds a secret: libraries' words are not repeated.

    Args:
        doing: what was asked of the store, as a verb with its object.
        proxy: the proxy on the way, if there is one, and the variable that names it.
    """
    if isinstance(error, BadSetting):
        return StoreError(*error.args)
    store, answer = address.url, code(error)
    where = f"{store} at {address.endpoint}" if address.endpoint else store
    if answer in {"ExpiredToken", "ExpiredTokenException", "RequestExpired", "TokenRefreshRequired"}:
        return CredentialRefused(f"The credential for {store} has expired.", "Renew it, then run this again.")
    if isinstance(error, SSOError | TokenRetrievalError):
        return StoreError(
            f"The sign-in for {store} is no longer valid.", "Sign in again (`aws sso login`), then run this again."
        )
    if answer in {"InvalidAccessKeyId", "InvalidTokenId", "InvalidToken", "SignatureDoesNotMatch"}:
        what = f"{where} does not accept the credential: it is mistyped or has expired ({answer})."
        return CredentialRefused(what, _CREDENTIALS)
    if isinstance(error, ConfigParseError):
        return StoreError("AWS's own config or credentials file cannot be read.", "Mend its lines: [profile] and name = value.")
    if isinstance(error, NoCredentialsError | PartialCredentialsError | CredentialRetrievalError | ProfileNotFound):
        return StoreError(f"There is no complete credential for {store}.", _CREDENTIALS)
    if answer in {"AccessDenied", "AllAccessDisabled", "AccountProblem", "403"}:
        return StoreError(f"The credential may not {doing} in {where} (access denied).", _RIGHTS)
    if answer == "NoSuchBucket":
        return StoreError(
            f"There is no bucket {address.bucket!r} for {where}.",
            "`ltk8s store init` makes it; after an installation, its Job minio-init may need another moment.",
        )
    if answer in {"PermanentRedirect", "AuthorizationHeaderMalformed", "IllegalLocationConstraintException", "301"}:
        return StoreError(f"The bucket {address.bucket!r} is in another region.", "Set the store's region.")
    if answer == "RequestTimeTooSkewed":
        return StoreError(f"This machine's clock differs from that of {where}.", "Set the clock.")
    if isinstance(error, NotS3 | ResponseParserError) or _speaks_no_http(error):
        return _explain_stranger(error, address, proxy)
    if isinstance(error, SSLError) and not passes(error):
        return _explain_tls(error, where, address)
    if isinstance(error, ProxyConnectionError):
        what = f"The proxy {proxy} on the way to {where} {_proxys_reason(error)}."
        kind = StoreAway if passes(error) else StoreError
        return kind(what, "Correct that variable, or add the store's host to NO_PROXY.")
    if answer in FULL:
        return StoreFull(f"{where} has no room ({answer}).", "Give it a larger disk, or remove what no run needs: `ltk8s gc`.")
    if isinstance(error, ClientError):
        return _explain_answer(error, where, doing)
    if passes(error):
        through = f" (through the proxy {proxy})" if proxy else ""
        what = f"{where} does not answer{through}: {reason(error)}."
        return StoreAway(what, "Check that it runs and that this machine reaches it.")
    return StoreError(f"Cannot {doing} in {where}: {reason(error)}.", "Check the store's address and the AWS_* environment.")


def _explain_stranger(error: Exception, address: S3Address, proxy: str) -> StoreError:
    """A web page, a proxy, or a program that is not even a web server answered."""
    place = address.endpoint or f"the address of {address.url}"
    if isinstance(error, NotS3):
        to = urlsplit(error.location)
        host = to.hostname or ""
        said = f" (HTTP {error.status}{f' to {to.scheme}://{host}' if to.scheme and host else ''})"
    else:
        said = "" if isinstance(error, ResponseParserError) else " (its answer is not HTTP)"
    if said.endswith("HTTP)") and place.startswith("http://"):
        do = "Correct the store's endpoint; if it speaks TLS, write https://."
    elif proxy:
        do = f"Correct the store's endpoint, or look at the proxy {proxy}."
    else:
        do = "Correct the store's endpoint, or look at HTTP_PROXY and the network: a proxy or a log-in page may have answered."
    return StoreError(f"What answers at {place} does not speak S3{said}.", do)


def _explain_answer(error: ClientError, where: str, doing: str) -> StoreError:
    """An answer that S3 gives, or one of what stands before it, that has no explanation of its own here."""
    metadata, answer = _metadata(error), code(error)
    status = metadata.get("HTTPStatusCode", 0)
    if answer in {"", str(status)}:  # no words of S3
        kind = StoreAway if passes(error) else StoreError
        return kind(f"{where} cannot {doing} now: HTTP {status}.", "Look at the store's own log, or try again later.")
    words = redacted(str(error.response.get("Error", {}).get("Message", ""))).strip()
    return StoreError(f"{where} cannot {doing}: {answer} {words.rstrip('.')}.", "Look at the store's own log.")


def _explain_tls(error: SSLError, where: str, address: S3Address) -> StoreError:
    if "CERTIFICATE_VERIFY_FAILED" in str(error):
        return StoreError(
            f"The certificate of {where} is not signed by an authority that is trusted here.",
            "Set the store's ca to the file of its certificate authority.",
        )
    if address.ca and "X509" in str(error):
        return StoreError(f"The file {str(address.ca)!r} holds no certificates.", "Set the store's ca to a PEM file.")
    return StoreError(f"{where} does not speak TLS.", "If it speaks plain HTTP, write its endpoint with http://.")


def _metadata(error: ClientError) -> dict[str, Any]:
    return dict(error.response.get("ResponseMetadata", {}))


def reason(error: BaseException) -> str:
    """Why there is no answer: the operating system's words where there are any, else ours. Never a library's.

    A library's words hold what it was given, and that may be a secret.
    """
    chain = list(_causes(error))
    for cause in chain:
        if isinstance(cause, OSError) and cause.strerror:
            return cause.strerror.lower()
    if any(isinstance(cause, TimeoutError | urllib3.exceptions.TimeoutError | ReadTimeoutError) for cause in chain):
        return "no answer in time"
    if isinstance(error, ClientError):
        return f"HTTP {_metadata(error).get('HTTPStatusCode', 0)} {code(error)}".strip()
    if any(isinstance(cause, _UNANSWERED) for cause in chain):
        return "the connection was closed in the middle"
    return f"the request cannot be sent ({type(error).__name__})"


def _causes(error: BaseException) -> Iterator[BaseException]:
    """An error and what it came from; botocore keeps the cause as an argument, urllib3 in its arguments or as ``reason``."""
    seen: set[int] = set()
    waiting: list[Any] = [error]
    while waiting:
        cause = waiting.pop(0)
        if isinstance(cause, BaseException) and id(cause) not in seen:
            seen.add(id(cause))
            yield cause
            told = (getattr(cause, "kwargs", None) or {}).get("error")
            waiting += [told, getattr(cause, "reason", None), cause.__cause__, cause.__context__, *cause.args]


def _speaks_no_http(error: Exception) -> bool:
    """Whether something answered that is not a web server: SSH, TLS where none was asked for, a mail server."""
    return any(
        isinstance(cause, http.client.BadStatusLine | http.client.UnknownProtocol | http.client.LineTooLong)
        and not isinstance(cause, http.client.RemoteDisconnected)
        for cause in _causes(error)
    )


def _tunnel(error: Exception) -> str:
    """The status with which a proxy refused to connect us; an empty string where it did not."""
    found = (re.search(r"Tunnel connection failed: (\d{3})", str(cause)) for cause in _causes(error))
    return next((match[1] for match in found if match), "")


def _refused_by_proxy(error: Exception) -> bool:
    return _tunnel(error).startswith("4")


def _proxys_reason(error: Exception) -> str:
    status = _tunnel(error)
    return f"refuses to connect us (HTTP {status})" if status else f"does not answer: {reason(error)}"
