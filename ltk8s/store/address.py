"""A store's address: where it is, and how to reach it. Never with which credential."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Literal
from urllib.parse import SplitResult, parse_qsl, unquote, urlencode, urlsplit

from ltk8s.errors import UsageError, did_you_mean
from ltk8s.redaction import without_credentials
from ltk8s.store.keys import check_key

Addressing = Literal["path", "virtual", "auto"]

ADDRESSINGS: dict[str, Addressing] = {"path": "path", "virtual": "virtual", "auto": "auto"}

OPTIONS = ("endpoint", "region", "addressing", "ca")

_BUCKET = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")


@dataclass(frozen=True)
class FileAddress:
    """A directory of this machine."""

    directory: Path

    def __str__(self) -> str:
        return self.directory.as_uri()


@dataclass(frozen=True)
class S3Address:
    """A bucket, a prefix in it ("" or ending in ``/``), and how to reach them.

    ``addressing`` auto is path style at an endpoint of one's own, and what AWS prefers otherwise.
    """

    bucket: str
    prefix: str = ""
    endpoint: str | None = None
    region: str | None = None
    addressing: Addressing = "auto"
    ca: Path | None = None

    @property
    def url(self) -> str:
        return f"s3://{self.bucket}/{self.prefix}".rstrip("/")

    def __str__(self) -> str:
        ways = {
            "endpoint": self.endpoint,
            "region": self.region,
            "addressing": None if self.addressing == "auto" else self.addressing,
            "ca": self.ca and str(self.ca),
        }
        query = urlencode({name: way for name, way in ways.items() if way})
        return f"{self.url}?{query}" if query else self.url


def parse_address(address: str) -> FileAddress | S3Address:
    """Read a store's address.

    Raises:
        UsageError: naming what is wrong with it.
    """
    parts = _split(address)
    if parts.scheme == "file":
        return _parse_file(parts)
    if parts.scheme == "s3":
        return _parse_s3(parts)
    if "://" not in address:
        if ":" in address and "@" in address:
            raise _credentials()
        raise UsageError(
            f"{address!r} is no address of a store.", f"For a directory, write {Path(address).absolute().as_uri()}."
        )
    raise _unknown(address)


def _split(url: str) -> SplitResult:
    try:
        parts = urlsplit(url)
    except ValueError:
        raise _unknown(url) from None
    if "@" in parts.netloc or ("@" in url and ":" in parts.netloc and parts.scheme == "s3"):
        raise _credentials()
    return parts


def _unknown(address: str) -> UsageError:
    return UsageError(
        f"{without_credentials(address)!r} is no address of a store.", "Write s3://bucket/prefix or file:///directory."
    )


def _credentials() -> UsageError:
    return UsageError("A store's address holds no credentials.", "Put them into the environment (AWS_ACCESS_KEY_ID, …).")


def _parse_file(parts: SplitResult) -> FileAddress:
    if parts.netloc not in {"", "localhost"} or not parts.path.startswith("/"):
        raise UsageError(
            f"{without_credentials(parts.geturl())!r} names no absolute directory.",
            "Write three slashes, as in file:///data/store.",
        )
    if parts.query or parts.fragment:
        raise UsageError(
            "A store in a directory takes no options.", "Write %3F for a question mark and %23 for a # in its name."
        )
    return FileAddress(Path(unquote(parts.path)))


def _parse_s3(parts: SplitResult) -> S3Address:
    if not _BUCKET.fullmatch(parts.netloc):
        raise UsageError(
            f"{parts.netloc!r} cannot be a bucket.", "Write s3://bucket/prefix; a bucket has 3 to 63 of a-z, 0-9, dot and dash."
        )
    prefix = unquote(parts.path).strip("/")
    options = dict(parse_qsl(parts.query, keep_blank_values=True))
    for name in options.keys() - set(OPTIONS):
        raise UsageError(f"A store has no option {name!r}.{did_you_mean(name, OPTIONS)}", f"There are {', '.join(OPTIONS)}.")
    return S3Address(
        bucket=parts.netloc,
        prefix=f"{check_key(prefix)}/" if prefix else "",
        endpoint=_endpoint(options.get("endpoint")),
        region=options.get("region") or None,
        addressing=_addressing(options.get("addressing") or "auto"),
        ca=_certificates(options.get("ca")),
    )


def _endpoint(endpoint: str | None) -> str | None:
    if not endpoint:
        return None
    if "@" in endpoint:
        raise _credentials()
    parts = _split(endpoint)
    if parts.scheme not in {"http", "https"} or not parts.netloc or parts.path.strip("/") or parts.query:
        raise UsageError(
            f"{without_credentials(endpoint)!r} is no endpoint of a store.", "Write http://host:port or https://host:port."
        )
    return f"{parts.scheme}://{parts.netloc}"


def _addressing(addressing: str) -> Addressing:
    if addressing not in ADDRESSINGS:
        raise UsageError(f"A store has no addressing {addressing!r}.", f"It is {', '.join(ADDRESSINGS)}.")
    return ADDRESSINGS[addressing]


def _certificates(ca: str | None) -> Path | None:
    if not ca:
        return None
    if not Path(ca).is_file():
        raise UsageError(f"There is no file of certificates {ca!r}.", "Set the store's ca to a PEM file.")
    return Path(ca)
