from pathlib import Path

import pytest

from ltk8s.errors import UsageError
from ltk8s.store import open_store
from ltk8s.store.address import FileAddress, S3Address, parse_address


def test_a_directory():
    assert parse_address("file:///data/my%20store") == FileAddress(Path("/data/my store"))


def test_a_bucket_with_all_that_may_be_said_of_it(tmp_path):
    ca = tmp_path / "ca.pem"
    ca.touch()
    said = f"s3://bucket/a/b?endpoint=http://minio:9000&region=eu-1&addressing=virtual&ca={ca}"
    assert parse_address(said) == S3Address("bucket", "a/b/", "http://minio:9000", "eu-1", "virtual", ca)


def test_a_bucket_alone():
    assert parse_address("s3://bucket") == parse_address("s3://bucket/") == S3Address("bucket")


@pytest.mark.parametrize(
    "address",
    ["file:///data/my%20store", "s3://bucket", "s3://bucket/a/b?endpoint=https%3A%2F%2Fhost&region=x&addressing=path"],
)
def test_an_address_is_written_as_it_was_read(address):
    assert str(parse_address(address)) == address


@pytest.mark.parametrize(
    ("address", "message"),
    [
        ("store", r"'store' is no address .* write file:///.*/store"),
        ("http://host/x", r"Write s3://bucket/prefix or file:///directory"),
        ("file://store", r"names no absolute directory"),
        ("file:///store?region=x", r"takes no options"),
        ("s3:///prefix", r"'' cannot be a bucket"),
        ("s3://A_b/prefix", r"'A_b' cannot be a bucket"),
        ("s3://[bucket", r"is no address of a store"),
        ("s3://bucket/../other", r"'\.\./other' cannot be a key"),
        ("s3://bucket?endpont=http://h", r"no option 'endpont'. Did you mean 'endpoint'\?"),
        ("s3://bucket?endpoint=host:9000", r"'host:9000' is no endpoint"),
        ("s3://bucket?addressing=host", r"no addressing 'host'. It is path, virtual, auto"),
        ("s3://bucket?ca=/not/there.pem", r"no file of certificates '/not/there.pem'"),
    ],
)
def test_what_is_no_address_is_explained(address, message):
    with pytest.raises(UsageError, match=message):
        open_store(address)


@pytest.mark.parametrize("address", ["s3://key:s3cret@bucket/p", "s3://bucket?endpoint=http://key:s3cret@host"])
def test_credentials_in_an_address_are_refused_and_not_repeated(address):
    with pytest.raises(UsageError, match="holds no credentials") as raised:
        open_store(address)
    assert "s3cret" not in str(raised.value)
