"""Takes secrets out of a text: the last line of defence, where errors are shown and logs are kept.

The first line is that no message holds a secret. This is for what others say: a server that sends a request's headers back, a
library that prints a header it cannot send, a plugin that prints a token.
"""

from __future__ import annotations

import html
import json
import os
import re
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from functools import lru_cache
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote

STARS = "***"

SECRET_NAME = re.compile(
    r"SECRET|TOKEN(?!S|IZ)|PASSW|PASSPHRASE|CREDENTIAL|AUTHORIZATION|ACCESS_?KEY|API_?KEY|PRIVATE_?KEY|CLIENT-KEY-DATA",
    re.IGNORECASE,
)
"""The names of variables and fields whose values are secret."""

SECRET_LENGTH = 6
"""A value, or a line of one, of this length is a secret wherever it is; a shorter one only where it stands alone."""

ALONE_LENGTH = 4
"""What is shorter still is left: it is in every other word."""

WORDS = {"true", "false", "none", "null"}
"""Values of variables that are named like secrets and hold none."""

FILE_SIZE = 1_000_000
"""Larger files hold no credentials."""

CREDENTIAL_FILES = {"AWS_SHARED_CREDENTIALS_FILE": "~/.aws/credentials", "AWS_CONFIG_FILE": "~/.aws/config"}
TOKEN_FILES = ("AWS_WEB_IDENTITY_TOKEN_FILE", "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", "HF_TOKEN_PATH")

_USER = re.compile(r"(?<=//)(?P<user>[^/\s@:]*):?(?P<password>.*)(?=@)", re.DOTALL)
_BEFORE_HOST = re.compile(r"(?:(?<=://)|^(?!\w+://)(?=[^@]*:)).*@", re.DOTALL)
_USER_IN_TEXT = re.compile(r"(?<=://)[^/\s@]+(?=@)")
_ASSIGNED = re.compile(r"^\s*(?P<name>[\w.-]+)\s*[=:]\s*(?P<value>.+?)\s*$", re.MULTILINE)
_INVISIBLE = re.compile(r"([\s\x00-\x1f\x7f-\x9f]+)")
_BREAK = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")


def redacted(text: str, secrets: Iterable[str] | None = None) -> str:
    r"""``text`` without secrets, in whichever way they are written there, and without users in URLs.

    Args:
        secrets: the values; those of this process's environment and of the files that it names where not given.

    >>> redacted("Invalid header value: b'abc\\ndefghi'", ["abc\ndefghi"])
    "Invalid header value: b'***'"
    """
    pattern = _pattern(frozenset(known_secrets() if secrets is None else secrets))
    return _USER_IN_TEXT.sub(STARS, pattern.sub(STARS, text) if pattern else text)


def without_credentials(text: str) -> str:
    """A URL, or what was meant as one, that does not say as whom.

    >>> without_credentials("s3://key:secret@bucket"), without_credentials("key:secret@registry/image")
    ('s3://…@bucket', '…@registry/image')
    """
    return _BEFORE_HOST.sub("…@", text)


def is_secret(name: str) -> bool:
    """Whether a variable or field of this name holds a secret; what names a file or a place does not."""
    return bool(SECRET_NAME.search(name)) and not name.upper().endswith(("_FILE", "_PATH", "_URI", "_URL"))


_remembered: set[str] = set()


def remember(*secrets: str | None) -> None:
    """Take these for secrets from now on: what a command or a server gave this process."""
    _remembered.update(secret for secret in secrets if secret)


def remembered() -> frozenset[str]:
    """What ``remember`` was given."""
    return frozenset(_remembered)


def known_secrets(environ: Mapping[str, str] = os.environ) -> set[str]:
    """The values of variables that are named like secrets, passwords in URLs, what is in files of credentials, and what was
    remembered.
    """
    return {*secrets_of(environ), *secrets_in_files(environ), *_remembered}


def secrets_of(environ: Mapping[str, str]) -> Iterator[str]:
    """The secrets in the variables themselves."""
    for name, value in environ.items():
        if is_secret(name):
            yield value
        yield from passwords_in(value)


def passwords_in(url: str) -> Iterator[str]:
    """The password in a URL, and the user with it, as written and as sent; a name alone is a token.

    Also the parts of a password that is not quoted, of which a URL's parser takes one for the host.

    >>> sorted(passwords_in("http://me:p%40ss@proxy:3128"))
    ['me:p%40ss', 'me:p@ss', 'p%40ss', 'p@ss']
    """
    if "://" in url and (found := _USER.search(url)):
        for secret in {found["password"] or found["user"], found[0]}:
            yield from {secret, unquote(secret)}
            yield from (part for part in re.split(r"[/?#@\\]", secret) if secret != part and len(part) >= SECRET_LENGTH)


def secrets_in_files(environ: Mapping[str, str]) -> Iterator[str]:
    """The secrets in the files that variables name, or in the usual ones: AWS's, tokens, and kubeconfigs."""
    for name, usual in CREDENTIAL_FILES.items():
        for found in _ASSIGNED.finditer(_read(environ.get(name) or usual)):
            if is_secret(found["name"]):
                yield found["value"]
    for name in TOKEN_FILES:
        yield _read(environ.get(name, "")).strip()
    for path in (environ.get("KUBECONFIG") or "~/.kube/config").split(os.pathsep):
        yield from _in_kubeconfig(_read(path))


def _read(path: str) -> str:
    """A file's text; empty where it is no such file."""
    with suppress(OSError, RuntimeError, ValueError):
        file = Path(path).expanduser()
        if path and file.is_file() and file.stat().st_size <= FILE_SIZE:
            return file.read_text(errors="replace")
    return ""


def _in_kubeconfig(text: str) -> Iterator[str]:
    import yaml

    try:
        users = (yaml.safe_load(text) or {}).get("users") if "users" in text else None
    except (yaml.YAMLError, AttributeError):
        users = [{found["name"]: found["value"]} for found in _ASSIGNED.finditer(text)]
    yield from _fields(users)


def _fields(value: Any) -> Iterator[str]:
    """The values of fields that are named like secrets, at any depth; ``{name, value}`` is a field too."""
    if isinstance(value, list):
        for each in value:
            yield from _fields(each)
    elif isinstance(value, dict):
        named = {**value, str(value.get("name")): value.get("value")} if "value" in value else value
        for name, inner in named.items():
            if isinstance(inner, dict | list):
                yield from _fields(inner)
            elif is_secret(str(name)) and inner is not None:
                yield str(inner)


@lru_cache(maxsize=8)
def _pattern(secrets: frozenset[str]) -> re.Pattern[str] | None:
    """Matches each secret, and each of its lines, however it is escaped; the longest first."""
    parts = {
        part for secret in secrets for part in (secret.strip(), *_BREAK.split(secret)) if part.strip().lower() not in WORDS
    }
    wanted = sorted((part for part in parts if len(part.strip()) >= ALONE_LENGTH), key=len, reverse=True)
    ways = [way for part in wanted for way in _ways(part)]
    return re.compile("|".join(ways), re.IGNORECASE) if ways else None


def _ways(secret: str) -> Iterator[str]:
    """Regular expressions for the ways to write a secret."""
    written = "".join(_written(part) for part in _INVISIBLE.split(secret) if part)
    if len(secret) < SECRET_LENGTH:
        yield rf"(?<!\w){written}(?!\w)"
        return
    yield written
    for encode in (b64encode, urlsafe_b64encode):
        yield re.escape(encode(secret.encode(errors="replace")).decode().rstrip("=")) + "=*"


def _written(part: str) -> str:
    """A part of a secret. What separates its words may have become other space, or none."""
    if _INVISIBLE.fullmatch(part):
        return rf"(?:{'|'.join(form for char in sorted(set(part)) for form in _forms(char))}|[\s\ufffd?+])*"
    return "".join(re.escape(char) if char.isascii() and char.isalnum() else f"(?:{'|'.join(_forms(char))})" for char in part)


def _forms(char: str) -> list[str]:
    """Regular expressions for the ways to write one character: in Python, JSON, YAML, URLs and HTML, once or twice."""
    number, octets = ord(char), char.encode(errors="replace")
    escapes = [f"x{number:02x}", f"u{number:04x}", f"U{number:08x}", json.dumps(char)[1:-1].lstrip("\\"), *_short(char)]
    backslashed = "|".join(re.escape(escape) for escape in escapes if escape)
    as_octets = "".join(rf"\\+x{octet:02x}" for octet in octets)
    percents = quote(char.encode(errors="replace"), safe="") if not (char.isascii() and char in "-._~") else f"%{number:02X}"
    forms = [as_octets, rf"\\+(?:{backslashed})", percents.replace("%", "%(?:25)*"), f"&#0*{number};", f"&#x0*{number:x};"]
    forms += [re.escape(html.escape(char)), re.escape(octets.decode("latin-1")), re.escape(char)]
    return forms if char.isascii() else [*forms, rf"\?{{1,{len(octets)}}}", rf"\ufffd{{1,{len(octets)}}}"]


def _short(char: str) -> list[str]:
    """What follows the backslash of a character's own escape."""
    return {" ": [" "], "\n": ["n"], "\r": ["r"], "\t": ["t"], "\0": ["0"], "\x1b": ["e", "033"]}.get(
        char, [re.escape(char)[-1]]
    )
