"""A MinIO server whose disk is full, and what is said of it and of the learners that cannot write."""

import os
import subprocess

import pytest

from ltk8s.cluster.explain import why
from ltk8s.store.address import parse_address
from ltk8s.store.room import no_room
from ltk8s.store.s3 import S3Store


@pytest.fixture
def disk(own_minio, tmp_path):
    """The directory of a disk of 24 MiB, on which MinIO keeps its objects."""
    if os.geteuid() != 0:
        pytest.skip("only root may mount a disk")
    own_minio.stop()
    own_minio.directory = tmp_path / "disk"
    own_minio.directory.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=24m", "tmpfs", str(own_minio.directory)], check=True)
    try:
        own_minio.start()
        yield own_minio.directory
        own_minio.stop()
    finally:
        subprocess.run(["umount", "--lazy", str(own_minio.directory)], check=True)


@pytest.fixture
def store(disk, own_minio):
    return S3Store(parse_address(own_minio.address()), retry_seconds=1)


def fill(directory):
    with (directory / "fill").open("wb", buffering=0) as file:
        while True:
            try:
                file.write(b"x" * 2**16)
            except OSError:
                return


def test_a_full_disk_is_told_as_long_as_it_is_full(disk, store):
    assert no_room(store) == ""
    fill(disk)
    assert "has no room (XMinioStorageFull)" in no_room(store)
    (disk / "fill").unlink()
    assert no_room(store) == ""
    assert list(store.list("")) == []


def test_why_tells_it_of_a_learner_that_runs(
    disk, store, cluster, job, recorded, in_background, wait_until, says, until_sigterm
):
    record = recorded("baseline")
    cluster.create(job(record.members[0].id, until_sigterm))
    in_background()
    wait_until(lambda: says(record.members[0].id))
    assert record.members[0].id not in {reason.id for reason in why([record], cluster, store)}
    fill(disk)
    said = {reason.id: reason.why for reason in why([record], cluster, store)}[record.members[0].id]
    assert "XMinioStorageFull" in said
    assert "goes on when there is room" in said


def test_what_cannot_be_tried_is_no_lack_of_room(minio):
    assert no_room(S3Store(parse_address(f"s3://no-such-bucket?endpoint={minio.endpoint}"), retry_seconds=0)) == ""
