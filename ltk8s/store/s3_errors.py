"""What S3's errors mean: which of them pass, and what a person can do about the others."""

from __future__ import annotations

import re
from http.client import BadStatusLine, RemoteDisconnected
from typing import Any
from urllib.parse import urlsplit

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectionError,
    CredentialRetrievalError,
    HTTPClientError,
    IncompleteReadError,
    NoCredentialsError,
    PartialCredentialsError,
    ProfileNotFound,
    ProxyConnectionError,
    SSLError,
    SSOError,
    TokenRetrievalError,
)
from botocore.parsers import ResponseParserError
from botocore.utils import get_environ_proxies
from urllib3.exceptions import HTTPError

from ltk8s.errors import CredentialRefused, StoreAway, StoreError, StoreFull
from ltk8s.store.address import S3Address
from ltk8s.store.s3_client import NotS3

FAILURES = (BotoCoreError, ClientError, ResponseParserError, HTTPError, NotS3)
"""All that a call of boto3 may raise; while an answer's body is read, errors of the library below it pass through."""

ABSENT = {"NoSuchKey", "404"}
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
    """Whether trying again may help: no answer, half an answer, or one that says *later*."""
    if isinstance(error, ClientError):
        status = _metadata(error).get("HTTPStatusCode", 0)
        later = status == 429 or (status >= 500 and code(error) not in UNCONDITIONAL)
        return later or code(error) in _PASSING
    if isinstance(error, SSLError):
        return "EOF" in str(error)  # hung up on; all else is about certificates or protocols, and stays
    if _speaks_no_http(error):
        return False
    if type(error) is HTTPClientError:  # botocore's wrapper for whatever its HTTP client raises and it does not expect
        return isinstance(_wrapped(error), OSError | HTTPError)
    return isinstance(error, ConnectionError | HTTPClientError | IncompleteReadError | HTTPError)


def explain(error: Exception, address: S3Address, doing: str) -> StoreError:
    """Say in one sentence what is wrong, and in one what to do. Never holds a secret."""
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
        return _explain_other(error, where, address)
    if isinstance(error, SSLError) and not passes(error):
        return _explain_tls(error, where, address)
    if answer in FULL:
        return StoreFull(f"{where} has no room ({answer}).", "Give it a larger disk, or remove what no run needs: `ltk8s gc`.")
    if isinstance(error, ClientError):
        reason = " ".join(f"{answer} {error.response.get('Error', {}).get('Message', '')}".split()).rstrip(".")
        status = f"HTTP {_metadata(error).get('HTTPStatusCode', 'answer without a reason')}"
        return StoreError(f"{where} cannot {doing}: {reason or status}.", "Look at the store's own log.")
    if isinstance(error, ProxyConnectionError):
        return StoreAway(
            f"{where} is not reached through the proxy {_proxy(address)}: {_reason(error)}.",
            "Correct HTTPS_PROXY or HTTP_PROXY, or add the store's host to NO_PROXY.",
        )
    if type(error) is HTTPClientError and not passes(error):
        return StoreError(
            f"A request to {where} cannot be sent, or its answer not be read ({type(_wrapped(error)).__name__}).",
            "Check the store's address, and the AWS_* environment for odd characters.",
        )
    if passes(error):
        return StoreAway(f"{where} does not answer: {_reason(error)}.", "Check that it runs and that this machine reaches it.")
    return StoreError(f"Cannot {doing} in {where}: {_reason(error)}.", "Check the store's address and the AWS_* environment.")


def _explain_tls(error: SSLError, where: str, address: S3Address) -> StoreError:
    if "CERTIFICATE_VERIFY_FAILED" in str(error):
        return StoreError(
            f"The certificate of {where} is not signed by an authority that is trusted here.",
            "Set the store's ca to the file of its certificate authority.",
        )
    if address.ca and "X509" in str(error):
        return StoreError(f"The file {str(address.ca)!r} holds no certificates.", "Set the store's ca to a PEM file.")
    return StoreError(f"{where} speaks no TLS: {_reason(error)}.", "If it speaks plain HTTP, write its endpoint with http://.")


def _explain_other(error: Exception, where: str, address: S3Address) -> StoreError:
    """What answers is not an S3: say what it said, and by which way it was asked."""
    said = f" ({error})" if isinstance(error, NotS3) else ""
    proxy = _proxy(address)
    if proxy:
        return StoreError(
            f"What answers for {where} through the proxy {proxy} does not speak S3{said}.",
            "Correct the store's endpoint, or HTTPS_PROXY and HTTP_PROXY; NO_PROXY names the hosts to reach without a proxy.",
        )
    return StoreError(f"What answers for {where} does not speak S3{said}.", "Correct the store's endpoint.")


def _proxy(address: S3Address) -> str:
    """The proxy that the environment names for the store, without its user and password; "" for none."""
    endpoint = address.endpoint or "https://s3.amazonaws.com"
    proxy = urlsplit(get_environ_proxies(endpoint).get(urlsplit(endpoint).scheme, ""))
    return f"{proxy.scheme}://{proxy.netloc.rpartition('@')[2]}" if proxy.netloc else ""


def _speaks_no_http(error: Exception) -> bool:
    """Whether what answered is not a server of HTTP. (One that hangs up says nothing: that may pass.)"""
    causes = _causes(error)
    return any(isinstance(cause, BadStatusLine) and not isinstance(cause, RemoteDisconnected) for cause in causes)


def _wrapped(error: Any) -> Any:
    """The error of botocore's HTTP client that an HTTPClientError stands for."""
    return error.kwargs.get("error")


def _causes(error: BaseException) -> list[BaseException]:
    """An error and all that led to it, urllib3's and botocore's wrapped ones included."""
    found: list[BaseException] = []
    left: list[Any] = [error]
    while left:
        each = left.pop(0)
        if isinstance(each, BaseException) and not any(each is other for other in found):
            found.append(each)
            left += [each.__cause__, each.__context__, *each.args]
    return found


def _metadata(error: ClientError) -> dict[str, Any]:
    return dict(error.response.get("ResponseMetadata", {}))


def _reason(error: BaseException) -> str:
    """The operating system's reason where there is one; botocore's sentence, without the request's parameters, otherwise."""
    for cause in _causes(error):
        if isinstance(cause, OSError) and cause.strerror:
            return cause.strerror.lower()
    return re.sub(r"\?\S*", "", " ".join(str(error).split())).rstrip(".")
