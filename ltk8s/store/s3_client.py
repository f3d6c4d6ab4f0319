"""A client of S3 that is checked before it signs: its credential, the proxy on its way, and that what answers speaks S3."""

from __future__ import annotations

import os
import re
from typing import Any
from urllib.parse import urlsplit

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError
from botocore.utils import get_environ_proxies

from ltk8s.redaction import remember, without_credentials
from ltk8s.store.address import S3Address
from ltk8s.store.s3_errors import BadSetting, NotS3

VARIABLES = {"access_key": "AWS_ACCESS_KEY_ID", "secret_key": "AWS_SECRET_ACCESS_KEY", "token": "AWS_SESSION_TOKEN"}

_HEADER_VALUE = re.compile(r"[!-~]*")
"""What a key's name and a token may be made of: they travel in headers."""

_SECRET_KEY = re.compile(r"(?!\s)[^\x00-\x1f\x7f]*(?<!\s)")
"""What a secret key may be made of: it is only calculated with, so MinIO takes a passphrase. Its ends tell a bad copy."""

_MARKS = {"GetObject": "ETag", "PutObject": "ETag", "UploadPart": "ETag", "CompleteMultipartUpload": "ETag"} | {
    "ListObjectsV2": "Name",
    "CreateMultipartUpload": "UploadId",
}
"""What S3 says in its answer to each request that succeeds; a web page does not."""


def make_client(address: S3Address, *, tries: int, connect_timeout: float, read_timeout: float) -> Any:
    """A boto3 client for the store.

    Raises:
        BadSetting: if the credential or the proxy's URL cannot be sent as it is written.
        BotoCoreError: if the profile is not there, or its files cannot be read.
    """
    session = boto3.Session()  # one for each client, since sessions are not for several threads
    _check_credential(session)
    style = "path" if address.addressing == "auto" and address.endpoint else address.addressing
    try:
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
                connect_timeout=connect_timeout,
                read_timeout=read_timeout,
            ),
        )
    except ValueError:
        raise BadSetting("The endpoint in AWS_ENDPOINT_URL_S3 or AWS_ENDPOINT_URL is not a URL.", _WRITE_URL) from None
    _check_proxy(client.meta.endpoint_url)
    client.meta.events.register_first("needs-retry.s3", _refuse_others)
    return client


_WRITE_URL = "Write http://host:port or https://host:port."


def _check_credential(session: Any) -> None:
    """Look at the credential before it is sent: a library's error about a bad header shows it."""
    try:
        credentials = session.get_credentials()
        frozen = credentials.get_frozen_credentials() if credentials else None
    except BotoCoreError:
        raise
    except Exception:  # a token that is no header; a credential_process that is not there, or prints anything
        if re.search(r"[\r\n]", os.environ.get("AWS_CONTAINER_AUTHORIZATION_TOKEN", "")):
            raise _bad_credential("a line break or blank", "AWS_CONTAINER_AUTHORIZATION_TOKEN") from None
        raise BadSetting(
            "The credential cannot be read: what gives it does not answer as AWS describes it.",
            "Look at credential_process in AWS's config file, or at AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE.",
        ) from None
    if frozen is None:
        return
    remember(frozen.secret_key, frozen.token)
    for part, variable in VARIABLES.items():
        value = getattr(frozen, part) or ""
        if not (_SECRET_KEY if part == "secret_key" else _HEADER_VALUE).fullmatch(value):
            what = "a line break or blank" if re.search(r"[\s\x00-\x1f\x7f]", value) else "a character that is not ASCII"
            raise _bad_credential(what, variable if credentials.method == "env" else f"{variable} (by {credentials.method})")


def _bad_credential(what: str, where: str) -> BadSetting:
    return BadSetting(
        f"The credential has {what} in {where}.", "Write it, or the Secret that it is from, without one (`echo -n`)."
    )


def proxy_for(url: str) -> tuple[str, str] | None:
    """The variable that names the proxy on the way to ``url``, and its value; None where there is none."""
    scheme = urlsplit(url).scheme
    proxy = get_environ_proxies(url).get(scheme)
    named = [name for name in (f"{scheme}_proxy", f"{scheme}_proxy".upper()) if os.environ.get(name)]
    return (named[0] if named else f"{scheme}_proxy", proxy) if proxy else None


def _check_proxy(url: str) -> None:
    found = proxy_for(url)
    if not found:
        return
    variable, proxy = found
    try:
        parts = urlsplit(proxy if "://" in proxy else f"http://{proxy}")
        good = bool(parts.hostname) and (parts.port or 1) and re.fullmatch(r"[!-~]+", proxy) and "@" not in parts.path
    except ValueError:
        good = False
    if not good:
        raise BadSetting(
            f"{variable} is not a URL of a proxy.",
            "Write http://host:port; in a user's name or password, write %40 for @, %23 for #, %2F for /, %20 for a blank.",
        )


def shown_proxy(url: str) -> str:
    """`` through the proxy … (HTTPS_PROXY)`` where one is on the way, without its user; else an empty string."""
    found = proxy_for(url)
    return f"{without_credentials(found[1])} ({found[0]})" if found else ""


def _refuse_others(response: Any = None, operation: Any = None, **_: Any) -> None:
    """Raise NotS3 where a web page, a proxy or anything else answered, before boto makes something of it.

    The status is the one that came: boto makes a 500 of a 200 whose body it cannot read.
    Of servers that are in trouble (5xx) or busy (429), nothing is asked: what stands before them speaks for them then.
    """
    if response is None or response[0] is None:
        return
    http, parsed = response
    status, code = http.raw.status, str(parsed.get("Error", {}).get("Code", ""))
    headers = parsed.get("ResponseMetadata", {}).get("HTTPHeaders", {})
    if status >= 500 or status == 429:
        return
    if "Error" in parsed:
        speaks = not code.isdigit() and code != ""
        speaks = speaks or any(name in headers for name in ("x-amz-bucket-region", "x-amz-request-id"))
    elif operation.name in _MARKS:
        speaks = _MARKS[operation.name] in parsed
    else:
        speaks = "html" not in headers.get("content-type", "")
    if not speaks or (operation.name == "HeadBucket" and 300 <= status < 400 and "x-amz-bucket-region" not in headers):
        raise NotS3(status, headers.get("location", ""))
