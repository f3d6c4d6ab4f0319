"""The last line of defence: what is shown as an error, or stored as a log, is freed of the secrets that this process knows.

The first line is that no sentence is made of a secret. This one is for words of others: a library's, a server's.
"""

from __future__ import annotations

import base64
import html
import json
import os
import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from urllib.parse import quote, quote_plus, unquote

SECRET_NAME = re.compile(r"SECRET|TOKEN(?!IZER)|PASSW|CREDENTIAL|ACCESS_KEY|API_KEY", re.IGNORECASE)
"""Variables that are named so hold a secret."""

_PLACE = re.compile(r"^LTK8S_|_(FILE|URI|PATH|DIR|EXPIRATION)$", re.IGNORECASE)
"""Variables that say where a secret is, or what is known of it."""

SECRET_LENGTH = 6
"""A shorter value is no secret: it may be a word of any sentence."""

USER_IN_URL = re.compile(r"(?<=://)(?:[^/\s@'\"]+|[^\s@'\"]*:[^\s'\"]*)(?=@)")
"""A user in a URL; also one with a password that should have been quoted."""

_known: set[str] = set()


def is_secret(name: str) -> bool:
    """Whether an environment variable of this name holds a secret.

    >>> [name for name in ("HF_TOKEN", "AWS_WEB_IDENTITY_TOKEN_FILE", "TOKENIZERS_PARALLELISM") if is_secret(name)]
    ['HF_TOKEN']
    """
    return bool(SECRET_NAME.search(name)) and not _PLACE.search(name)


def remember(*secrets: str | None) -> None:
    """Take these out from now on too: secrets that come from a file, a cluster or a server."""
    _known.update(secret for secret in secrets if secret)


def without_secrets(text: str, environ: Mapping[str, str] = os.environ) -> str:
    """``text`` without the secrets of ``environ``, those that were remembered, and users in URLs; in any usual spelling.

    >>> without_secrets("b'Bearer abc%def\\\\n' at http://me:word@host", {"HF_TOKEN": "abc%def"})
    "b'Bearer ***\\\\n' at http://***@host"
    """
    secrets = frozenset([*_known, *_of(environ)])
    if secrets:
        text = _pattern(secrets).sub("***", text)
    return without_users(text)


def without_users(text: str) -> str:
    """``text`` without users in URLs.

    >>> without_users("s3://key:sec/ret@bucket")
    's3://***@bucket'
    """
    return USER_IN_URL.sub("***", text)


def _of(environ: Mapping[str, str]) -> Iterator[str]:
    for name, value in environ.items():
        if is_secret(name):
            yield value
        elif "://" in value and "@" in value:
            yield from (found.partition(":")[2] for found in USER_IN_URL.findall(value))


@lru_cache(maxsize=8)
def _pattern(secrets: frozenset[str]) -> re.Pattern[str]:
    forms = {form for secret in secrets for form in _forms(secret) if len(form) >= SECRET_LENGTH}
    return re.compile("|".join(re.escape(form) for form in sorted(forms, key=len, reverse=True)) or r"(?!)")


def _forms(secret: str) -> Iterator[str]:
    """A secret as programs write it: whole or line by line, quoted for Python, JSON, HTML or a URL, or in base64."""
    parts = {secret, secret.strip(), " ".join(secret.split()), unquote(secret), *secret.split(), *secret.splitlines()}
    for part in parts:
        data = part.encode(errors="surrogateescape")
        yield from (part, html.escape(part), html.escape(part, quote=False))
        yield from (repr(part)[1:-1], ascii(part)[1:-1], repr(data)[2:-1], f"{part!r}".replace("\\'", "'")[1:-1])
        yield from (json.dumps(part)[1:-1], json.dumps(part, ensure_ascii=False)[1:-1])
        yield from (quote(data), quote(data, safe=""), quote_plus(data), quote(data).lower())
        yield base64.b64encode(data).decode()
        yield base64.urlsafe_b64encode(data).decode().rstrip("=")
