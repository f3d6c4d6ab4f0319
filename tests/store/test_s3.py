"""What is particular to a store behind a server: it can be away, slow, busy, refuse, and answer in halves."""

import json
import socket
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, HTTPServer
from socketserver import BaseRequestHandler, TCPServer

import boto3
import pytest

from ltk8s.errors import StoreError
from ltk8s.store import open_store
from ltk8s.store.address import parse_address
from ltk8s.store.runs import read_runs
from ltk8s.store.s3 import S3Store


def refusal(store, do=lambda store: store.get("a")):
    """The error with which a store refuses at once, without trying again."""
    begun = time.monotonic()
    with pytest.raises(StoreError) as raised:
        do(store)
    assert time.monotonic() - begun < 60
    return str(raised.value)


def test_a_listing_of_several_pages_is_whole(minio):
    store = open_store(minio.address())
    with ThreadPoolExecutor(16) as pool:
        list(pool.map(lambda n: store.put(f"many/{n:04}", b"x"), range(1010)))
    assert [found.key for found in store.list("many/")] == [f"many/{n:04}" for n in range(1010)]


def test_two_prefixes_of_one_bucket_are_two_stores(minio):
    bucket = minio.bucket()
    one, other = (open_store(f"s3://{bucket}/{prefix}?endpoint={minio.endpoint}") for prefix in ("p", "p2"))
    one.put("a", b"one")
    assert list(other.list("")) == []
    assert [found.key for found in one.list("")] == ["a"]


def test_a_store_without_a_prefix_is_the_whole_bucket(minio):
    bucket = minio.bucket()
    open_store(f"s3://{bucket}?endpoint={minio.endpoint}").put("a/b", b"x")
    assert minio.client().list_objects_v2(Bucket=bucket)["Contents"][0]["Key"] == "a/b"


def test_an_own_endpoint_is_addressed_by_path(through_proxy, proxy):
    through_proxy.put("a", b"x")
    bucket = through_proxy.url.split("/")[2]
    assert proxy.requests == [f"PUT /{bucket}/p/a"]


def test_virtual_addressing_puts_the_bucket_into_the_host_name():
    store = S3Store(parse_address("s3://bucket/p?endpoint=http://nowhere.invalid:1&addressing=virtual"), retry_seconds=0)
    with pytest.raises(StoreError) as raised:
        store.get("a")
    assert "http://bucket.nowhere.invalid:1/p/a" in str(raised.value.__context__)


def test_aws_itself_is_addressed_by_region():
    store = S3Store(parse_address("s3://bucket?region=eu-central-1"))
    assert store._s3.meta.endpoint_url == "https://s3.eu-central-1.amazonaws.com"


def test_no_credentials_is_an_error_at_once(minio, monkeypatch):
    store = open_store(minio.address())
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    assert "There is no complete credential for s3://test-" in refusal(store)


def test_half_a_credential_is_an_error_at_once(minio, monkeypatch):
    store = open_store(minio.address())
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    assert "no complete credential" in refusal(store)


def test_a_profile_that_is_not_there_is_an_error_at_once(minio, monkeypatch):
    store = open_store(minio.address())
    monkeypatch.setenv("AWS_PROFILE", "not-there")
    assert "no complete credential" in refusal(store)


@pytest.mark.parametrize("name", ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"])
def test_a_wrong_credential_is_an_error_at_once_and_never_shown(minio, monkeypatch, name):
    store = open_store(minio.address())
    monkeypatch.setenv(name, "mistyped-secret")
    message = refusal(store)
    assert "does not accept the credential: it is mistyped or has expired" in message
    assert "Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY" in message
    assert "mistyped-secret" not in message


def test_an_expired_credential_is_an_error_at_once(through_proxy, proxy):
    proxy.answers = [(400, "ExpiredToken")]
    assert "has expired. Renew it" in refusal(through_proxy)


def test_a_credential_without_the_right_is_an_error_at_once(minio, monkeypatch):
    address = minio.address()
    policy = {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Action": "s3:ListBucket", "Resource": "arn:aws:s3:::*"}],
    }
    sts = boto3.client("sts", endpoint_url=minio.endpoint, region_name="us-east-1")
    role = {"RoleArn": "arn:aws:iam::123456789012:role/test", "RoleSessionName": "test", "Policy": json.dumps(policy)}
    given = sts.assume_role(**role)["Credentials"]
    for name in ("AccessKeyId", "SecretAccessKey", "SessionToken"):
        variable = {"AccessKeyId": "ACCESS_KEY_ID", "SecretAccessKey": "SECRET_ACCESS_KEY", "SessionToken": "SESSION_TOKEN"}[
            name
        ]
        monkeypatch.setenv(f"AWS_{variable}", given[name])
    store = open_store(address)
    assert list(store.list("")) == []
    message = refusal(store, lambda store: store.put("a", b"x"))
    assert f"The credential may not write 'a' in {store.url}" in message
    assert "needs s3:ListBucket" in message


@pytest.mark.parametrize(
    "do",
    [
        lambda store: store.get("a"),
        lambda store: store.put("a", b"x"),
        lambda store: store.put("a", bytes(10 * 2**20)),
        lambda store: store.put_if_absent("a", b"x"),
        lambda store: store.exists("a"),
        lambda store: list(store.list("")),
        lambda store: store.delete("a"),
    ],
)
def test_a_bucket_that_is_not_there_is_an_error_at_once(minio, do):
    store = open_store(f"s3://no-such-bucket/p?endpoint={minio.endpoint}")
    assert "There is no bucket 'no-such-bucket'" in refusal(store, do)


def test_a_server_of_ones_own_authority_is_trusted_by_its_ca(secure_minio):
    store = open_store(f"{secure_minio.address()}&ca={secure_minio.certificates / 'public.crt'}")
    store.put("a", b"x")
    assert store.get("a") == b"x"


def test_a_certificate_that_is_not_trusted_is_an_error_at_once(secure_minio):
    message = refusal(open_store(secure_minio.address()))
    assert "The certificate of s3://" in message
    assert "Set the store's ca" in message


def test_a_file_that_holds_no_certificates_is_an_error_at_once(secure_minio, tmp_path):
    (tmp_path / "ca.pem").write_text("nothing")
    assert "ca.pem' holds no certificates" in refusal(open_store(f"{secure_minio.address()}&ca={tmp_path / 'ca.pem'}"))


def test_tls_to_a_server_of_plain_http_is_explained(minio):
    store = open_store(minio.address().replace("http://", "https://"))
    assert "does not speak TLS" in refusal(store)


@pytest.mark.parametrize("page", [b"<html><p>Welcome!</html>", b"<html><p>Welcome!</p></html>"])
def test_a_server_that_is_no_store_is_explained(minio, page):
    class Website(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response_only(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(page)

    with HTTPServer(("127.0.0.1", 0), Website) as website:
        threading.Thread(target=website.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        store = open_store(f"s3://bucket?endpoint=http://127.0.0.1:{website.server_address[1]}")
        message = refusal(store, lambda store: list(store.list("")))
        website.shutdown()
    assert "does not speak S3" in message


def test_a_store_that_is_not_there_fails_when_its_time_is_up():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound, but nobody listens
        endpoint = f"http://127.0.0.1:{taken.getsockname()[1]}"
        store = open_store(f"s3://bucket?endpoint={endpoint}", retry_seconds=1)
        begun = time.monotonic()
        with pytest.raises(
            StoreError, match=rf"s3://bucket at {endpoint} does not answer: connection refused. Check that it runs"
        ):
            store.get("a")
    assert 1 <= time.monotonic() - begun < 30


def test_a_server_that_never_answers_is_given_up():
    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = parse_address(f"s3://bucket?endpoint=http://127.0.0.1:{silent.getsockname()[1]}")
        with pytest.raises(StoreError, match="does not answer: no answer in time"):
            S3Store(address, retry_seconds=0, read_timeout=0.3).get("a")


def test_a_server_that_hangs_up_in_the_middle_of_a_handshake_may_come_back():
    with TCPServer(("127.0.0.1", 0), BaseRequestHandler) as server:  # which hangs up at once
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        store = open_store(f"s3://bucket?endpoint=https://127.0.0.1:{server.server_address[1]}", retry_seconds=0)
        with pytest.raises(StoreError, match="does not answer"):
            store.get("a")
        server.shutdown()


def test_calls_survive_a_server_that_stops_and_starts_again(own_minio):
    store = open_store(own_minio.address(), retry_seconds=60)
    store.put("before", b"x")
    own_minio.stop()
    calls = [lambda: store.get("before"), lambda: store.put("small", b"x"), lambda: store.put("large", bytes(20 * 2**20))]
    calls += [lambda: store.put_if_absent("commit", b"x"), lambda: [found.key for found in store.list("before")]]
    with ThreadPoolExecutor(len(calls)) as pool:
        answers = [pool.submit(call) for call in calls]
        time.sleep(0.5)
        assert not any(answer.done() for answer in answers)
        own_minio.start()
        assert [answer.result() for answer in answers] == [b"x", None, None, True, ["before"]]
    assert store.get("large") == bytes(20 * 2**20)


def test_an_upload_survives_a_server_that_is_killed_in_the_middle_of_it(own_minio):
    store = open_store(own_minio.address(), retry_seconds=60)
    data = bytes(96 * 2**20)
    with ThreadPoolExecutor(1) as pool:
        upload = pool.submit(store.put, "large", data)
        while not list(own_minio.directory.glob("objects/.minio.sys/multipart/*/*")):
            assert not upload.done()
        own_minio.stop()
        assert not upload.done()
        own_minio.start()
        upload.result()
    assert store.get("large") == data


@pytest.mark.parametrize(
    ("status", "code"), [(503, "SlowDown"), (500, "InternalError"), (409, "ConditionalRequestConflict"), (429, "")]
)
def test_a_server_that_is_busy_is_asked_again(through_proxy, proxy, status, code):
    proxy.answers = [(status, code)] * 2
    assert through_proxy.put_if_absent("a", b"x") is True
    assert len(proxy.requests) == 3


def test_an_answer_that_is_cut_is_read_again(through_proxy, proxy):
    through_proxy.put("a", bytes(100_000))
    proxy.cut_answers = 1
    assert through_proxy.get("a") == bytes(100_000)


def test_a_download_that_is_cut_begins_again(through_proxy, proxy, tmp_path):
    through_proxy.put("a", bytes(100_000))
    proxy.cut_answers = 1
    through_proxy.download("a", tmp_path / "a")
    assert (tmp_path / "a").read_bytes() == bytes(100_000)


def test_a_download_that_stalls_begins_again_and_is_not_taken_for_a_full_disk(minio, proxy, tmp_path):
    through_proxy = S3Store(
        parse_address(f"s3://{minio.bucket()}?endpoint={proxy.endpoint}"), retry_seconds=30, read_timeout=0.5
    )
    through_proxy.put("a", bytes(100_000))
    proxy.stall_answers = 1
    through_proxy.download("a", tmp_path / "a")
    assert (tmp_path / "a").read_bytes() == bytes(100_000)
    assert [path.name for path in tmp_path.iterdir()] == ["a"]


def test_a_conditional_put_whose_answer_was_lost_is_known_as_won(through_proxy, proxy):
    proxy.lose_answers = 1
    assert through_proxy.put_if_absent("a", b"mine") is True
    assert len([request for request in proxy.requests if request.startswith("PUT")]) == 2


def test_a_conditional_put_whose_lost_answer_was_a_refusal_is_known_as_lost(through_proxy, proxy):
    through_proxy.put("a", b"another's")
    proxy.lose_answers = 1
    assert through_proxy.put_if_absent("a", b"mine") is False
    assert through_proxy.get("a") == b"another's"


def test_a_server_without_conditional_puts_gets_the_last_writer(through_proxy, proxy):
    proxy.conditional = False
    assert through_proxy.put_if_absent("a", b"first") is True
    assert through_proxy.put_if_absent("a", b"second") is False
    assert through_proxy.get("a") == b"first"


def test_without_conditional_puts_a_lost_answer_is_known_as_won_too(through_proxy, proxy):
    proxy.conditional = False
    proxy.lose_answers = 1
    assert through_proxy.put_if_absent("a", b"mine") is True
    assert len([request for request in proxy.requests if request.startswith("PUT")]) == 3


@pytest.mark.parametrize("stray", ["runs/", "runs/.DS_Store", "studies/.keep"])
def test_what_other_programs_left_is_no_object_of_the_store(minio, stray):
    bucket = minio.bucket()
    store = open_store(f"s3://{bucket}?endpoint={minio.endpoint}")
    minio.client().put_object(Bucket=bucket, Key=stray, Body=b"")
    assert [*store.list("runs/"), *store.list("studies/")] == []
    assert read_runs(store) == []
