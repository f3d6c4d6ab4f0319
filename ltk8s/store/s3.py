"""The store as a bucket of S3 or of anything that speaks its language: MinIO, Ceph, R2."""

from __future__ import annotations

import io
import shutil
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import cached_property
from pathlib import Path
from typing import Any, BinaryIO, TypeVar

from boto3.s3.transfer import TransferConfig

from ltk8s.errors import NotFound
from ltk8s.store.address import S3Address
from ltk8s.store.aside import written_aside
from ltk8s.store.base import ObjectInfo
from ltk8s.store.keys import check_key, check_prefix, is_key
from ltk8s.store.retry import Retry
from ltk8s.store.s3_client import make_client, shown_proxy
from ltk8s.store.s3_errors import ABSENT, FAILURES, TAKEN, UNCONDITIONAL, code, explain, passes, reason

T = TypeVar("T")

MULTIPART_BYTES = 8 * 2**20
"""Above this an object is uploaded in parts of this size, side by side. It appears whole, with the last of them, or never."""


class S3Store:
    """Objects of a bucket, under a prefix. Credentials come by the usual chain of AWS clients and are never kept.

    Args:
        address: bucket, prefix and how to reach them.
        retry_seconds: for how long a call is repeated while the server does not answer, or answers that it cannot now. What
            cannot pass (no credential, no right, no bucket, a certificate that is not trusted) fails at once.
        connect_timeout: seconds to wait for a connection.
        read_timeout: seconds to wait for the next bytes of an answer.
    """

    def __init__(
        self,
        address: S3Address,
        *,
        retry_seconds: float = 300.0,
        connect_timeout: float = 10.0,
        read_timeout: float = 60.0,
    ) -> None:
        self._address = address
        self._retry = Retry(retry_seconds)
        self._timeouts = {"connect_timeout": connect_timeout, "read_timeout": read_timeout}

    def __repr__(self) -> str:
        return f"S3Store({self.address!r})"

    @property
    def url(self) -> str:
        return self._address.url

    @property
    def address(self) -> str:
        return str(self._address)

    def get(self, key: str) -> bytes:
        def read() -> bytes:
            return bytes(self._s3.get_object(**self._object(key))["Body"].read())

        return self._call(read, f"read {key!r}", key)

    def put(self, key: str, data: bytes) -> None:
        if len(data) > MULTIPART_BYTES:
            self._upload(key, lambda: io.BytesIO(data))
        else:
            self._call(lambda: self._s3.put_object(**self._object(key), Body=data), f"write {key!r}")

    def put_if_absent(self, key: str, data: bytes) -> bool:
        where = self._object(key)
        tries = 0

        def put() -> bool:
            nonlocal tries
            tries += 1
            try:
                self._s3.put_object(**where, Body=data, IfNoneMatch="*")
                return True
            except FAILURES as error:
                if code(error) not in TAKEN | UNCONDITIONAL:
                    raise
                if code(error) in UNCONDITIONAL and not self.exists(key):
                    self._s3.put_object(**where, Body=data)
                    return True
            # What is there may be from an earlier try of this very call, whose answer was lost.
            return tries > 1 and self.get(key) == data

        return self._call(put, f"write {key!r}")

    def download(self, key: str, path: Path) -> None:
        def read() -> None:
            body = self._s3.get_object(**self._object(key))["Body"]
            with written_aside(path) as opened:
                shutil.copyfileobj(body, opened, 2**20)

        self._call(read, f"read {key!r}", key)

    def upload(self, key: str, path: Path) -> None:
        self._upload(key, lambda: path.open("rb"))

    def exists(self, key: str) -> bool:
        # By listing, since HEAD cannot tell a bucket that is not there. The key itself is the first with its prefix.
        where = self._object(key)
        page = self._page({"Bucket": where["Bucket"], "Prefix": where["Key"], "MaxKeys": 1}, f"look for {key!r}")
        return any(found["Key"] == where["Key"] for found in page.get("Contents", ()))

    def list(self, prefix: str) -> Iterator[ObjectInfo]:
        where: dict[str, Any] = {"Bucket": self._address.bucket, "Prefix": self._address.prefix + check_prefix(prefix)}
        while True:
            page = self._page(where, f"list {prefix!r}")
            for found in page.get("Contents", ()):
                key = found["Key"].removeprefix(self._address.prefix)
                if is_key(key):  # other programs leave objects of their own: "runs/", "runs/.DS_Store"
                    yield ObjectInfo(key, found["Size"], found["LastModified"])
            if not page.get("IsTruncated"):
                return
            where["ContinuationToken"] = page["NextContinuationToken"]

    def delete(self, key: str) -> None:
        self._call(lambda: self._s3.delete_object(**self._object(key)), f"delete {key!r}")

    def now(self) -> datetime:
        page = self._page({"Bucket": self._address.bucket, "MaxKeys": 1}, "tell the time")
        date = page["ResponseMetadata"]["HTTPHeaders"].get("date")
        return parsedate_to_datetime(date) if date else datetime.now(UTC)

    def make_bucket(self) -> bool:
        """Make the bucket where there is none; return whether this call made it."""
        bucket = {"Bucket": self._address.bucket}

        def make() -> bool:
            try:
                self._s3.list_objects_v2(**bucket, MaxKeys=1)
                return False
            except FAILURES as error:
                if code(error) != "NoSuchBucket":
                    raise
            region = self._s3.meta.region_name
            elsewhere = {} if region == "us-east-1" else {"CreateBucketConfiguration": {"LocationConstraint": region}}
            self._s3.create_bucket(**bucket, **elsewhere)
            return True

        return self._call(make, "make the bucket")

    def _page(self, where: dict[str, Any], doing: str) -> dict[str, Any]:
        def read() -> dict[str, Any]:
            page: dict[str, Any] = self._s3.list_objects_v2(**where)
            return page

        return self._call(read, doing)

    def _object(self, key: str) -> dict[str, str]:
        return {"Bucket": self._address.bucket, "Key": self._address.prefix + check_key(key)}

    def _upload(self, key: str, opened: Callable[[], BinaryIO]) -> None:
        where = self._object(key)
        config = TransferConfig(multipart_threshold=MULTIPART_BYTES, multipart_chunksize=MULTIPART_BYTES)

        def upload() -> None:
            with opened() as source:
                self._s3_parts.upload_fileobj(source, **where, Config=config)

        self._call(upload, f"write {key!r}")

    def _call(self, operation: Callable[[], T], doing: str, key: str | None = None) -> T:
        try:
            return self._retry(operation, passes, words=lambda error: f"{self.url} does not answer: {reason(error)}")
        except FAILURES as error:
            if key is not None and code(error) in ABSENT:
                raise NotFound(key, self.url) from None
            proxy = shown_proxy(self._address.endpoint or "https://amazonaws.com")
            raise explain(error, self._address, doing, proxy=proxy) from None  # a traceback would show the request's headers

    @cached_property
    def _s3(self) -> Any:
        """For whole objects: each request is one request, and what failed is known here."""
        return make_client(self._address, tries=1, **self._timeouts)

    @cached_property
    def _s3_parts(self) -> Any:
        """For uploads in parts: a part that fails is sent again by boto, not the whole object by us."""
        return make_client(self._address, tries=4, **self._timeouts)
