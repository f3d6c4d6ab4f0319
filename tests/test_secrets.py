"""No secret is in what a command says, what a Job logs, or what is stored: each variable and setting, with values that break
headers, URLs and YAML. A new secret is one line of SECRETS, a new value one line of VALUES.
"""

from __future__ import annotations

import base64
import html
import json
import logging
import os
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import quote, quote_plus

import pytest
from typer.testing import CliRunner

from ltk8s.cli.app import app
from tests.conftest import Minio, free_port

VALUES = {
    "line break": "Zq7first\nZq7second/line",
    "carriage return": "Zq7first\r\nX-Zq7header: Zq7injected",
    "tab": "Zq7first\tZq7second",
    "not latin-1": "Zq7ключ€secret",
    "latin-1": "Zq7clé-à-l'été",
    "URL": "Zq7a@b#c:d/e?f=g&h%2Fi+j",
    "bad URL": "Zq7[a]%zz\\b",
    "quotes": "Zq7'a\"b`c\\d\\n",
    "template": "Zq7{{ .Values }}${HOME}$(id)%s",
    "YAML": "Zq7: {a: [b, *c, &d, !!e]} # f",
    "escape": "Zq7\x1b[31mred\x1b[0m\x07",
    "long": "Zq7" + "abcdefghij" * 12,
    "short": "Zq7x",
}
BY_FILE = {"NUL": "Zq7before\0Zq7after"}
"""What no variable of an environment can hold."""


class Setting:
    """An environment and a folder of files in which one secret has a value."""

    def __init__(self, folder: Path, store: str) -> None:
        self.folder = folder
        self.store = store
        self.arguments: list[str] = []
        self.variables = {
            "AWS_ACCESS_KEY_ID": "AKIDEXAMPLE",
            "AWS_SECRET_ACCESS_KEY": "not-the-secret-of-this-test",
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
            "HOME": str(folder),
            "LTK8S_STATE_DIR": str(folder / "state"),
            "KUBECONFIG": str(folder / "kubeconfig"),
            "LTK8S_CLUSTER": "local",
            "LTK8S_STORE": store,
        }

    def put(self, **variables: str | None) -> None:
        for name, value in variables.items():
            if value is None:
                self.variables.pop(name, None)
            else:
                self.variables[name] = value

    def write(self, name: str, text: str) -> str:
        (self.folder / name).write_bytes(text.encode("utf-8", "surrogateescape"))
        return str(self.folder / name)


def variable(name: str):
    return lambda setting, value: setting.put(**{name: value})


def container_token(setting: Setting, value: str) -> None:
    endpoint = re.search("endpoint=(.*)", setting.store)[1]
    setting.put(AWS_ACCESS_KEY_ID=None, AWS_SECRET_ACCESS_KEY=None)
    setting.put(AWS_CONTAINER_CREDENTIALS_FULL_URI=f"{endpoint}/c", AWS_CONTAINER_AUTHORIZATION_TOKEN=value)


def credentials_file(setting: Setting, value: str) -> None:
    file = setting.write(
        "credentials", f"[mine]\naws_access_key_id = AKID\naws_secret_access_key = x\naws_session_token = {value}\n"
    )
    setting.put(AWS_ACCESS_KEY_ID=None, AWS_SECRET_ACCESS_KEY=None, AWS_SHARED_CREDENTIALS_FILE=file, AWS_PROFILE="mine")


def credential_process(setting: Setting, value: str) -> None:
    """A program that prints a credential, with rubbish around it."""
    printed = setting.write("printed", f"warning: {value}\n{json.dumps({'Version': 1, 'AccessKeyId': 'a', 'Token': value})}")
    file = setting.write("config", f"[profile mine]\ncredential_process = cat {printed}\n")
    setting.put(AWS_ACCESS_KEY_ID=None, AWS_SECRET_ACCESS_KEY=None, AWS_CONFIG_FILE=file, AWS_PROFILE="mine")


def broken_settings(setting: Setting, value: str) -> None:
    setting.write("ltk8s.yaml", f"store: {{url: 's3://bucket'}}\ntoken {value}: [\n")
    setting.put(LTK8S_STORE=None)


def broken_kubeconfig(setting: Setting, value: str) -> None:
    setting.write("kubeconfig", f"users:\n- name: u\n  user: {{token: [{value}\n")
    setting.put(LTK8S_CLUSTER="there", LTK8S_STORE=None)


def proxy(setting: Setting, value: str) -> None:
    setting.put(HTTP_PROXY=f"http://me:{value}@127.0.0.1:9", NO_PROXY="", no_proxy="")


def quoted_proxy(setting: Setting, value: str) -> None:
    endpoint = re.search("endpoint=http://(.*)", setting.store)[1]
    setting.put(HTTP_PROXY=f"http://me:{quote(value, safe='')}@{endpoint}", NO_PROXY="", no_proxy="")


def in_store_option(setting: Setting, value: str) -> None:
    setting.arguments = ["--store", f"s3://me:{value}@bucket/prefix"]


def settings_file(*path: str):
    """A setting of ltk8s.yaml, with ``me:<secret>@`` in it."""

    def put(setting: Setting, value: str) -> None:
        url = {"url": "s3://me:{}@bucket", "name": "me:{}@registry/image:1"}.get(path[-1], "http://me:{}@127.0.0.1:9")
        fields: dict = {"store": {"url": "s3://bucket/prefix"}}
        fields.setdefault(path[0], {})[path[1]] = url.format(value)
        setting.put(LTK8S_STORE=None)
        setting.write("ltk8s.yaml", json.dumps(fields))

    return put


def kubeconfig(**user):
    """A kubeconfig whose server is the endpoint, and whose user has the secret."""

    def put(setting: Setting, value: str) -> None:
        server = re.search("endpoint=(.*)", setting.store)[1]
        given = json.loads(json.dumps(user).replace("SECRET", json.dumps(value)[1:-1]))
        setting.write(
            "kubeconfig",
            json.dumps(
                {
                    "current-context": "there",
                    "contexts": [{"name": "there", "context": {"cluster": "c", "user": "u"}}],
                    "clusters": [{"name": "c", "cluster": {"server": server}}],
                    "users": [{"name": "u", "user": given}],
                }
            ),
        )
        setting.put(LTK8S_CLUSTER="there", LTK8S_STORE=None)

    return put


def plugin(program: str) -> dict:
    """A plugin of a kubeconfig; the program finds the secret in TOKEN."""
    environment = [{"name": "TOKEN", "value": "SECRET"}]
    return {
        "exec": {
            "apiVersion": "client.authentication.k8s.io/v1",
            "command": sys.executable,
            "args": ["-c", program],
            "env": environment,
        }
    }


def pod_template(setting: Setting, value: str) -> None:
    env = [{"name": "MY_TOKEN", "value": value}]
    setting.put(LTK8S_POD_TEMPLATE=json.dumps({"spec": {"containers": [{"name": "worker", "env": env}]}}))


ANSWER = """
import json, os
status = {"token": os.environ["TOKEN"]}
print(json.dumps({"apiVersion": "client.authentication.k8s.io/v1", "kind": "ExecCredential", "status": status}))
"""

SECRETS = {
    "AWS_SECRET_ACCESS_KEY": variable("AWS_SECRET_ACCESS_KEY"),
    "AWS_SESSION_TOKEN": variable("AWS_SESSION_TOKEN"),
    "AWS_ACCESS_KEY_ID": variable("AWS_ACCESS_KEY_ID"),
    "AWS_CONTAINER_AUTHORIZATION_TOKEN": container_token,
    "AWS_SHARED_CREDENTIALS_FILE": credentials_file,
    "AWS_SECURITY_TOKEN": variable("AWS_SECURITY_TOKEN"),
    "credential_process": credential_process,
    "AWS_ENDPOINT_URL_S3": lambda setting, value: setting.put(
        LTK8S_STORE="s3://bucket/prefix", AWS_ENDPOINT_URL_S3=f"http://me:{value}@127.0.0.1:9"
    ),
    "HF_TOKEN": variable("HF_TOKEN"),
    "HTTP_PROXY": proxy,
    "HTTP_PROXY, quoted": quoted_proxy,
    "http_proxy": lambda setting, value: setting.put(http_proxy=f"http://me:{value}@127.0.0.1:9", NO_PROXY="", no_proxy=""),
    "HTTPS_PROXY": lambda setting, value: setting.put(
        LTK8S_STORE="s3://bucket/prefix", HTTPS_PROXY=f"http://me:{value}@127.0.0.1:9", NO_PROXY="", no_proxy=""
    ),
    "LTK8S_STORE": lambda setting, value: setting.put(LTK8S_STORE=f"s3://me:{value}@bucket/prefix"),
    "LTK8S_STORE, endpoint": lambda setting, value: setting.put(
        LTK8S_STORE=f"s3://bucket?endpoint=http://me:{value}@127.0.0.1:9"
    ),
    "--store": in_store_option,
    "store.url": settings_file("store", "url"),
    "store.endpoint": settings_file("store", "endpoint"),
    "store.client_endpoint": settings_file("store", "client_endpoint"),
    "ltk8s.yaml that is not YAML": broken_settings,
    "kubeconfig that is not YAML": broken_kubeconfig,
    "image.name": settings_file("image", "name"),
    "LTK8S_IMAGE__NAME": lambda setting, value: setting.put(LTK8S_IMAGE__NAME=f"me:{value}@registry/image"),
    "LTK8S_POD_TEMPLATE": pod_template,
    "kubeconfig token": kubeconfig(token="SECRET"),
    "kubeconfig password": kubeconfig(username="me", password="SECRET"),
    "kubeconfig exec": kubeconfig(**plugin(ANSWER)),
    "kubeconfig exec that fails": kubeconfig(**plugin("import os; raise SystemExit('bad token ' + os.environ['TOKEN'])")),
}

SLOW = {"AWS_CONTAINER_AUTHORIZATION_TOKEN"}
"""What a library asks for again and again, a second apart."""

COMMANDS = [
    ["data", "list"],
    ["data", "show", "glyphs50"],
    ["data", "stage", "glyphs50", "--per-class", "2"],
    ["doctor"],
    ["submit", "baseline", "--dataset", "glyphs50"],
    ["submit", "baseline", "--dataset", "glyphs50", "--dry-run"],
    ["render", "baseline", "--dataset", "glyphs50"],
    ["status"],
    ["status", "a-run"],
    ["watch", "a-run"],
    ["why", "a-run"],
    ["logs", "a-run"],
    ["trace", "a-run"],
    ["report"],
    ["pull", "a-run", "model"],
    ["predict", "model", "image.png"],
    ["cancel", "a-run"],
    ["delete", "a-run"],
    ["gc", "--dry-run"],
    ["weights", "list"],
    ["experiments"],
    ["store", "init"],
    ["store", "export", "evidence.tar"],
    ["controller"],
]


def forms(value: str) -> set[str]:
    """The ways to write a secret: as it is, its lines, and what Python, JSON, URLs and HTML make of them."""
    parts = {value, *re.split(r"[\x00-\x1f]+", value)}
    return {
        form
        for part in parts
        if len(part) >= 4
        for form in (
            part,
            " ".join(part.split()),
            repr(part)[1:-1],
            repr(part.encode())[2:-1],
            json.dumps(part)[1:-1],
            json.dumps(json.dumps(part))[3:-3],
            quote(part),
            quote(part, safe=""),
            quote_plus(part),
            html.escape(part),
            *(encode(part.encode()).decode().rstrip("=") for encode in (base64.b64encode, base64.urlsafe_b64encode)),
        )
    }


def leaked(value: str, text: str) -> list[str]:
    """The lines of a text that have the secret, or its mark, ``Zq7``, which begins every line of it."""
    wanted = {form for form in (*forms(value), "Zq7") if form}
    return [line for line in text.splitlines() if any(form in line for form in wanted)]


class Echo(BaseHTTPRequestHandler):
    """A server that refuses everything, and sends the request back in its error: as XML, or as a page."""

    page = False

    def answer(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        self.rfile.read(length)
        headers = "\n".join(f"{name}: {value}" for name, value in self.headers.items())
        said = html.escape(f"{self.path}\n{headers}")
        form = (
            "<html><body>{}</body></html>" if self.page else "<Error><Code>InvalidRequest</Code><Message>{}</Message></Error>"
        )
        body = b"" if self.command == "HEAD" else form.format(said).encode("latin-1", "replace")
        self.send_response(400)
        self.send_header("Content-Type", "text/html" if self.page else "application/xml")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_GET = do_PUT = do_POST = do_HEAD = do_DELETE = do_CONNECT = answer  # noqa: N815

    def log_message(self, *words: object) -> None:
        """Nothing."""


class EchoPage(Echo):
    page = True


@contextmanager
def serving(handler: type[Echo]) -> Iterator[str]:
    """The address of a store that sends back what it is asked."""
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        yield f"s3://bucket/prefix?endpoint=http://127.0.0.1:{server.server_port}"
        server.shutdown()


@pytest.fixture(scope="module")
def echo() -> Iterator[str]:
    """A store that sends back what it is asked in S3's own errors."""
    with serving(Echo) as store:
        yield store


@pytest.fixture(scope="module")
def page() -> Iterator[str]:
    """A website that shows what it is asked."""
    with serving(EchoPage) as store:
        yield store


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("ltk8s.cli.common.RETRY_SECONDS", 0.05)
    monkeypatch.setattr(logging.getLogger(), "handlers", [logging.NullHandler()])  # as the command has it
    monkeypatch.chdir(tmp_path)


def said(setting: Setting, arguments: list[str]) -> str:
    """All that a command says, its unexpected end included."""
    hidden = {name: None for name in os.environ if name.startswith(("AWS_", "LTK8S_", "HTTP", "http", "NO_", "no_", "KUBE"))}
    done = CliRunner().invoke(app, [*arguments, *setting.arguments], env={**hidden, **setting.variables})
    ended = done.exception
    return done.output + done.stderr + ("" if ended is None or isinstance(ended, SystemExit) else repr(ended))


@pytest.mark.parametrize("secret", SECRETS)
def test_no_value_of_a_secret_is_said(secret: str, echo: str, page: str, tmp_path: Path):
    values = VALUES | (BY_FILE if secret in {"AWS_SHARED_CREDENTIALS_FILE", "LTK8S_POD_TEMPLATE"} or "." in secret else {})
    if secret in SLOW:
        values = {kind: VALUES[kind] for kind in ("line break", "latin-1", "URL")}
    found = {}
    for kind, value, store in [*((kind, value, echo) for kind, value in values.items()), ("on a page", VALUES["URL"], page)]:
        setting = Setting(tmp_path, store)
        SECRETS[secret](setting, value)
        if lines := leaked(value, said(setting, ["data", "list", "--debug"])):
            found[kind] = lines[:3]
    assert not found


@pytest.mark.parametrize("arguments", COMMANDS, ids=" ".join)
def test_no_command_says_a_secret(arguments: list[str], echo: str, tmp_path: Path):
    value = VALUES["URL"]
    setting = Setting(tmp_path, echo)
    for secret in ("AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "HF_TOKEN"):
        SECRETS[secret](setting, value)
    assert not leaked(value, said(setting, [*arguments, "--json", "--debug"]))


@pytest.mark.parametrize("secret", ["AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "HTTP_PROXY"])
def test_a_store_that_is_away_makes_no_secret_known(secret: str, tmp_path: Path):
    for value in (VALUES["line break"], VALUES["URL"]):
        setting = Setting(tmp_path, f"s3://bucket?endpoint=http://127.0.0.1:{free_port()}")
        SECRETS[secret](setting, value)
        assert not leaked(value, said(setting, ["data", "list", "--debug"]))


LOGGING = """
import json, logging, os, sys
from ltk8s.network.log import CapturedLog
log = CapturedLog()
log.install()
value = os.environ["MY_TOKEN"]
half = len(value) // 2
print("as it is", value, "end")
print("by repr", repr(value), repr(value.encode()), json.dumps({"token": value}), "end")
sys.stdout.write("in pieces " + value[:half]); sys.stdout.flush(); sys.stdout.write(value[half:] + "\\n")
for part in value.splitlines():
    print("by line", part)
logging.getLogger("any").error("logged %r", {"header": value})
try:
    raise ValueError(f"Invalid header value {value!r}")
except ValueError:
    logging.exception("raised")
sys.stderr.write("unfinished " + value)
log.finish()
sys.__stdout__.write(log().decode())
"""


@pytest.mark.parametrize("kind", VALUES)
def test_what_a_pod_logs_has_no_secret(kind: str):
    environ = {**os.environ, "MY_TOKEN": VALUES[kind]}
    done = subprocess.run([sys.executable, "-c", LOGGING], env=environ, capture_output=True, text=True, check=True)
    assert done.stdout.count("as it is ***") == 2
    assert not leaked(VALUES[kind], done.stdout + done.stderr)


def test_a_run_leaves_no_secret_in_its_store_or_its_state(minio: Minio, tmp_path: Path):
    """A learner that fails, its log and its record; what is staged and rendered and exported."""
    setting = Setting(tmp_path, minio.address())
    setting.put(**minio.credentials, HF_TOKEN=VALUES["URL"], NO_PROXY="127.0.0.1", HTTP_PROXY="http://me:Zq7proxy@127.0.0.1:9")
    secrets = [minio.credentials["AWS_SECRET_ACCESS_KEY"], VALUES["URL"], "Zq7proxy"]
    submit = ["submit", "baseline", "--dataset", "glyphs50", "--profile", "laptop", "--set", "train.steps=1"]
    steps = [
        ["data", "stage", "glyphs50", "--per-class", "5"],
        ["doctor", "--json"],
        [*submit, "--json"],
        ["status", "--json"],
        ["trace", "baseline", "--json"],
        ["report", "--json"],
        ["store", "export", str(tmp_path / "evidence.zip")],
    ]
    command = [sys.executable, "-c", "from ltk8s.cli.app import main; main()"]
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "LTK8S_"))}
    spoken = ""
    for step in steps:
        done = subprocess.run(
            [*command, *step], env={**kept, **setting.variables}, capture_output=True, text=True, cwd=tmp_path
        )
        spoken += f"$ {step}\n{done.stdout}{done.stderr}"
    client, bucket = minio.client(), re.match("s3://([^/]+)", setting.store)[1]
    stored = {
        found["Key"]: client.get_object(Bucket=bucket, Key=found["Key"])["Body"].read() for found in objects(client, bucket)
    }
    files = {str(path): path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    assert any(key.endswith(("log.txt", "failure.json")) for key in stored), spoken
    assert any("/state/" in path for path in files)
    for secret in secrets:
        assert not leaked_by_form(secret, spoken)
        where = [name for name, data in (stored | files).items() if leaked_by_form(secret, data.decode("latin-1"))]
        assert not where


def leaked_by_form(secret: str, text: str) -> list[str]:
    return [form for form in forms(secret) if form in text]


def objects(client, bucket: str):
    for page in client.get_paginator("list_objects_v2").paginate(Bucket=bucket):
        yield from page.get("Contents", [])
