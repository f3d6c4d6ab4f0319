"""What S3's errors mean: which of them pass, and what a person can do about the others."""

from __future__ import annotations

import re
from typing import Any

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
    SSLError,
    SSOError,
    TokenRetrievalError,
)
from botocore.parsers import ResponseParserError
from urllib3.exceptions import HTTPError

from ltk8s.errors import CredentialRefused, StoreAway, StoreError, StoreFull
from ltk8s.store.address import S3Address

FAILURES = (BotoCoreError, ClientError, ResponseParserError, HTTPError)
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
        later = status == 429 or (status >= 500 and code(error) not in UNCONDITIONAL and not _is_website(error))
        return later or code(error) in _PASSING
    if isinstance(error, SSLError):
        return "EOF" in str(error)  # hung up on; all else is about certificates or protocols, and stays
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
    if isinstance(error, ResponseParserError) or _is_website(error):
        return StoreError(f"What answers for {where} does not speak S3.", "Correct the store's endpoint.")
    if isinstance(error, SSLError) and not passes(error):
        return _explain_tls(error, where, address)
    if answer in FULL:
        return StoreFull(f"{where} has no room ({answer}).", "Give it a larger disk, or remove what no run needs: `ltk8s gc`.")
    if isinstance(error, ClientError):
        reason = str(error.response.get("Error", {}).get("Message", ""))
        return StoreError(f"{where} cannot {doing}: {answer} {reason.rstrip('.')}.", "Look at the store's own log.")
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


def _is_website(error: Exception) -> bool:
    """Whether a page came instead of an answer. (An answer of status 200 that cannot be read becomes a 500 in botocore.)"""
    if not isinstance(error, ClientError):
        return False
    metadata = _metadata(error)
    return metadata.get("HTTPStatusCode") == 500 and "html" in metadata.get("HTTPHeaders", {}).get("content-type", "")


def _metadata(error: ClientError) -> dict[str, Any]:
    return dict(error.response.get("ResponseMetadata", {}))


def _reason(error: BaseException) -> str:
    """The operating system's reason where there is one; botocore's sentence, without the request's parameters, otherwise."""
    cause: BaseException | None = error
    while cause:
        if isinstance(cause, OSError) and cause.strerror:
            return cause.strerror.lower()
        cause = cause.__cause__ or cause.__context__
    return re.sub(r"\?\S*", "", " ".join(str(error).split())).rstrip(".")
