"""`ltk8s store init`, against a real server."""

import json
import secrets

import pytest


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
    assert "no Secrets on this machine" in result.stderr
