"""What several parts' tests need: a real S3 server. MinIO is built once from its Go module and kept in a cache."""

from __future__ import annotations

import os
import secrets
import socket
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import boto3
import pytest
from hypothesis import HealthCheck, settings

from tests.tools.build import build

settings.register_profile("ltk8s", deadline=None)  # a busy machine is no failure
settings.load_profile("ltk8s")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--fuzz", type=int, default=0, metavar="N", help="try N random inputs in each test of tests/data/fuzz")


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """The profile ``fuzz``: a few inputs, always the same; or as many as are asked for, random, with a seed to repeat them."""
    many = config.getoption("--fuzz")
    if many and config.getoption("--hypothesis-seed") is None:
        config.option.hypothesisseed = str(secrets.randbelow(2**32))
    settings.register_profile(
        "fuzz",
        deadline=None,
        max_examples=many or 200,
        derandomize=not many,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much],
    )


def pytest_sessionstart(session: pytest.Session) -> None:
    if many := session.config.getoption("--fuzz"):
        session.config.pluginmanager.get_plugin("terminalreporter").write_line(
            f"--fuzz {many} --hypothesis-seed {session.config.option.hypothesisseed}"
        )


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Whoever asks for a number of inputs knows that it takes its time."""
    if config.getoption("--fuzz"):
        for item in items:
            if "fuzz" in item.path.parts:
                item.add_marker(pytest.mark.timeout(0))


class Minio:
    """A MinIO server of this machine, with a port and credentials of its own.

    ``certificates`` is a directory with public.crt and private.key; with it, the server speaks TLS.
    """

    def __init__(self, directory: Path, certificates: Path | None = None) -> None:
        self.directory = directory
        self.certificates = certificates
        self.port = free_port()
        self.endpoint = f"{'https' if certificates else 'http'}://127.0.0.1:{self.port}"
        self.credentials = {"AWS_ACCESS_KEY_ID": secrets.token_hex(8), "AWS_SECRET_ACCESS_KEY": secrets.token_hex(16)}
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it, and wait until it serves."""
        user, password = self.credentials.values()
        command = [build("minio"), "server", "--quiet", "--address", f"127.0.0.1:{self.port}", str(self.directory / "objects")]
        if self.certificates:
            command += ["--certs-dir", str(self.certificates)]
        with (self.directory / "minio.log").open("ab") as log:
            self.process = subprocess.Popen(
                command,
                env={**os.environ, "MINIO_ROOT_USER": user, "MINIO_ROOT_PASSWORD": password, "MINIO_BROWSER": "off"},
                stdout=log,
                stderr=log,
            )
        while not self._serves():
            if self.process.poll() is not None:
                raise RuntimeError(f"MinIO did not start: {(self.directory / 'minio.log').read_text()}")
            time.sleep(0.05)

    def stop(self) -> None:
        """Stop it at once; what is stored stays."""
        if self.process:
            self.process.kill()
            self.process.wait()

    def bucket(self) -> str:
        """Make a bucket; return its name."""
        name = f"test-{secrets.token_hex(6)}"
        self.client().create_bucket(Bucket=name)
        return name

    def address(self) -> str:
        """The address of a store in a bucket of its own."""
        return f"s3://{self.bucket()}/some/prefix?endpoint={self.endpoint}"

    def client(self):
        """A plain client, for a look at the server from outside."""
        user, password = self.credentials.values()
        return boto3.client(
            "s3",
            endpoint_url=self.endpoint,
            region_name="us-east-1",
            aws_access_key_id=user,
            aws_secret_access_key=password,
            verify=str(self.certificates / "public.crt") if self.certificates else None,
        )

    def _serves(self) -> bool:
        if self.certificates:  # whose authority nothing here knows
            with socket.socket() as probe:
                return probe.connect_ex(("127.0.0.1", self.port)) == 0
        try:
            with urllib.request.urlopen(f"{self.endpoint}/minio/health/cluster", timeout=5) as answer:
                return answer.status == 200
        except OSError:
            return False


@pytest.fixture(scope="session")
def minio(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Minio]:
    """A MinIO server for all tests. Its credentials are in the environment, for this process and those that it starts."""
    server = Minio(tmp_path_factory.mktemp("minio"))
    with pytest.MonkeyPatch.context() as environment:
        for name in [name for name in os.environ if name.startswith("AWS_")]:
            environment.delenv(name)
        for name, value in {
            **server.credentials,
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
            "AWS_EC2_METADATA_DISABLED": "true",
            "NO_PROXY": "127.0.0.1",
        }.items():
            environment.setenv(name, value)
        server.start()
        yield server
        server.stop()


@pytest.fixture
def own_minio(minio: Minio, tmp_path: Path) -> Iterator[Minio]:
    """A second server, with the same credentials, that a test may stop and start."""
    server = Minio(tmp_path)
    server.credentials = minio.credentials
    server.start()
    yield server
    server.stop()


def pytest_collection_finish(session: pytest.Session) -> None:
    """Build MinIO, where a test needs it, before any test's time runs."""
    if not session.config.option.collectonly and any("minio" in getattr(item, "fixturenames", ()) for item in session.items):
        try:
            build("minio")
        except RuntimeError as error:
            pytest.exit(str(error), 1)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
