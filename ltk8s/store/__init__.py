"""The store: where data sets, weights, results and run records live, and which decides what is done."""

from __future__ import annotations

from ltk8s.store.base import ObjectInfo, Store

__all__ = ["ObjectInfo", "Store", "open_store"]


def open_store(address: str, *, retry_seconds: float = 300.0) -> Store:
    """Open the store at ``address``; nothing is read or written yet.

    Args:
        address: ``file:///directory``, or ``s3://bucket/prefix`` with any of ``endpoint`` (a URL), ``region``, ``addressing``
            (``path``, ``virtual`` or ``auto``) and ``ca`` (a file of certificates) as its query. Credentials are never in it:
            they come from the environment, as for every AWS client.
        retry_seconds: for how long a call to a store that does not answer is repeated before it fails.

    Raises:
        UsageError: if that is not an address of a store.
    """
    from ltk8s.store.address import FileAddress, parse_address

    parsed = parse_address(address)
    if isinstance(parsed, FileAddress):
        from ltk8s.store.files import FileStore

        return FileStore(parsed.directory)
    from ltk8s.store.s3 import S3Store

    return S3Store(parsed, retry_seconds=retry_seconds)
