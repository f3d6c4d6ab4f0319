"""`ltk8s store`: init against a real server, export and import between two stores."""

import json
import secrets
import threading

import pytest

from ltk8s.cli.store import once_accepted
from ltk8s.errors import CredentialRefused
from ltk8s.store.address import parse_address
from ltk8s.store.s3 import S3Store


@pytest.fixture
def initialise(ltk8s, minio):
    """Run it for a bucket that the server does not have; its second run finds what the first has made."""
    store = f"s3://study-{secrets.token_hex(4)}/prefix?endpoint={minio.endpoint}"

    def run(*options, **environment):
        return ltk8s("store", "init", "--store", store, *options, **{**minio.credentials, **environment})

    return run


def test_it_makes_the_bucket_once(initialise):
    assert [json.loads(initialise("--json").stdout)["bucket_made"] for _ in range(2)] == [True, False]


def test_what_is_in_the_bucket_stays(initialise, minio):
    bucket = json.loads(initialise("--json").stdout)["store"].split("/")[2]
    minio.client().put_object(Bucket=bucket, Key="prefix/kept", Body=b"1")
    assert "There is a bucket for" in initialise().stdout
    assert minio.client().get_object(Bucket=bucket, Key="prefix/kept")["Body"].read() == b"1"


def test_a_wrong_credential_is_told(initialise):
    result = initialise(AWS_SECRET_ACCESS_KEY="wrong")
    assert result.exit_code == 1
    assert "does not accept the credential" in result.stderr


def test_a_server_that_does_not_answer_is_waited_for_as_long_as_told(ltk8s, minio):
    result = ltk8s("store", "init", "--store", "s3://bucket/x?endpoint=http://127.0.0.1:9", "--wait", 0, **minio.credentials)
    assert result.exit_code == 1
    assert "does not answer" in result.stderr


def test_a_directory_has_no_bucket(ltk8s):
    result = ltk8s("store", "init")
    assert result.exit_code == 2
    assert "no bucket to be made" in result.stderr


def test_this_machine_has_no_secrets(ltk8s):
    result = ltk8s("store", "init", "--cluster", "local", "--generate-secret", "ltk8s-store")
    assert result.exit_code == 2
    assert "no Secrets and pods on this machine" in result.stderr


def test_a_store_that_is_restarted_with_new_credentials_is_waited_for(minio, tmp_path, monkeypatch):
    server = type(minio)(tmp_path)
    server.start()
    for name, value in minio.credentials.items():  # what the Secret has now
        monkeypatch.setenv(name, value)
    bucket = S3Store(parse_address(f"s3://study/x?endpoint={server.endpoint}"), retry_seconds=60)

    def restart():
        server.stop()
        server.credentials = minio.credentials
        server.start()

    with pytest.raises(CredentialRefused):
        once_accepted(bucket.make_bucket, 0)
    later = threading.Timer(1.5, restart)
    later.start()
    try:
        assert once_accepted(bucket.make_bucket, 60)
    finally:
        later.join()
        server.stop()


def test_an_export_is_reported_from_another_store_as_from_its_own(ltk8s, submitted, tmp_path):
    submitted("baseline", "stack-wl")
    file, other = tmp_path / "results.tar.xz", (tmp_path / "other").as_uri()
    assert "Wrote 2 runs" in ltk8s("store", "export", file).stdout
    assert "2 of 2 objects were new" in ltk8s("store", "import", file, "--store", other).stdout
    assert "0 of 2 objects were new" in ltk8s("store", "import", file, "--store", other).stdout
    assert ltk8s("report", "--store", other).stdout == ltk8s("report").stdout


def test_one_run_is_exported(ltk8s, submitted, tmp_path):
    baseline, _ = submitted("baseline", "stack-wl")
    exported = json.loads(ltk8s("store", "export", tmp_path / "results.tar.xz", "baseline", "--json").stdout)
    assert exported["runs"] == [baseline.run]
    assert exported["bytes"] == (tmp_path / "results.tar.xz").stat().st_size


def test_there_is_nothing_to_export(ltk8s, store, tmp_path):
    result = ltk8s("store", "export", tmp_path / "results.tar.xz")
    assert result.exit_code == 2
    assert "There are no runs" in result.stderr


def test_what_is_no_export_is_told(ltk8s, tmp_path):
    (tmp_path / "notes.txt").write_text("no archive")
    result = ltk8s("store", "import", tmp_path / "notes.txt")
    assert result.exit_code == 2
    assert "is no export, or not whole" in result.stderr
