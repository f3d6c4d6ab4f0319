"""The client of an S3 store: its credential is looked at before it signs, and each answer before it is believed."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

import boto3
from botocore.config import Config

from ltk8s.errors import StoreError
from ltk8s.store.address import S3Address

VARIABLES = {"access_key": "AWS_ACCESS_KEY_ID", "secret_key": "AWS_SECRET_ACCESS_KEY", "token": "AWS_SESSION_TOKEN"}
"""The parts of a credential, and the variable that each comes from."""

WITH_ETAG = {"GetObject", "PutObject", "UploadPart"}
"""The operations whose success every S3 confirms with an ETag. A log-in page has none."""

WITHOUT_CONTENT = {"PutObject", "UploadPart", "DeleteObject", "AbortMultipartUpload", "CreateBucket", "GetObject"}
"""The operations whose success holds no XML: an object's own bytes, or nothing."""


class NotS3(Exception):
    """Raised when what answered is not an S3: a website, a proxy's log-in page, another service.

    Args:
        status: the answer's HTTP status, 500 also for one that succeeded and is not XML: botocore makes no difference.
        location: scheme and host of where it sends us, "" where it does not.
    """

    def __init__(self, status: int, location: str = "") -> None:
        said = f"HTTP {status}{f' to {location}' if location else ''}"
        super().__init__("its answer is not XML" if status == 500 else said)


def s3_client(address: S3Address, *, tries: int, timeouts: dict[str, float]) -> Any:
    """Return a boto3 client for the store.

    Raises:
        StoreError: if the credential holds what cannot be sent.
    """
    style = "path" if address.addressing == "auto" and address.endpoint else address.addressing
    session = boto3.Session()  # one for each client, since sessions are not for several threads
    check_credential(session.get_credentials())
    client = session.client(
        "s3",
        endpoint_url=address.endpoint,
        region_name=address.region or session.region_name or "us-east-1",
        verify=str(address.ca) if address.ca else None,
        config=Config(
            max_pool_connections=32,
            retries={"total_max_attempts": tries, "mode": "standard"},
            s3={"addressing_style": style},
            # Stores that only speak S3's language often lack its newer checksums; ours is the SHA-256 in the commit.
            request_checksum_calculation="when_required",
            response_checksum_validation="when_required",
            **timeouts,
        ),
    )
    client.meta.events.register("before-parse.s3", refuse_other_answers)
    return client


def check_credential(credentials: Any) -> None:
    """Refuse a credential that was mistyped or badly pasted. Its value is never shown.

    Raises:
        StoreError: naming the part that is wrong.
    """
    if credentials is None:
        return
    parts = credentials.get_frozen_credentials()
    for part, variable in VARIABLES.items():
        value = getattr(parts, part) or ""
        name = variable if credentials.method == "env" else f"{variable} (from {credentials.method})"
        if value != value.strip() or not value.isprintable() or (part != "secret_key" and " " in value):
            raise StoreError(
                f"The credential has a line break, blank or control character in {name}.",
                "Write it, or the Secret that it comes from, without one (`echo -n`).",
            )
        if not value.isascii() and part != "secret_key":
            raise StoreError(
                f"The credential has a letter that is not ASCII in {name}.", "Copy it again from where it was issued."
            )


def refuse_other_answers(operation_model: Any, response_dict: dict[str, Any], **_: Any) -> None:
    """Raise NotS3 for an answer that no S3 gives. Called by botocore with each answer before it is read."""
    status, headers, body = response_dict["status_code"], response_dict["headers"], response_dict["body"]
    if not speaks_s3(operation_model.name, status, headers, body if isinstance(body, bytes) else b""):
        raise NotS3(status, _origin(headers.get("location", "")))


def speaks_s3(operation: str, status: int, headers: Any, body: bytes) -> bool:
    """Whether an answer may come from an S3, or from what stands in front of one and is busy (status 429, and 5xx).

    >>> speaks_s3("ListObjectsV2", 403, {}, b"<Error><Code>AccessDenied</Code></Error>")
    True
    >>> speaks_s3("PutObject", 200, {"content-type": "text/html"}, b"<html>Please log in</html>")
    False
    """
    is_xml = body.lstrip().startswith(b"<") and "html" not in headers.get("content-type", "")
    if status == 511:  # network authentication required: a log-in page
        return False
    if status == 500 and body:
        return is_xml
    if status == 429 or status >= 500:
        return True
    if status >= 300:
        return b"<Code>" in body if body else status in {304, 403, 404, 412}
    if operation in WITH_ETAG:
        return "etag" in headers
    if is_xml:
        return b"Result" in body or b"<Error" in body  # the roots of S3's documents, ListBucketResult and others
    return operation in WITHOUT_CONTENT and "html" not in headers.get("content-type", "")


def _origin(url: str) -> str:
    """Scheme and host of a URL; what follows may hold somebody's session."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.hostname}" if parts.hostname else ""
