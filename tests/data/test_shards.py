import os

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from ltk8s.data.shards import ShardWriter, file_sha256, map_shard


def write(folder, images, limit=10**6):
    writer = ShardWriter(folder, "train", limit)
    for number, image in enumerate(images):
        writer.add(image, number, -number, 7)
    return writer.close()


def test_a_shard_is_a_safetensors_file(tmp_path):
    images = np.random.default_rng(0).integers(0, 256, (3, 5, 4, 3), np.uint8)
    (shard,) = write(tmp_path, images)
    columns = load_file(tmp_path / shard.file)
    assert np.array_equal(columns["images"], images)
    assert (columns["labels"].tolist(), columns["keys"].tolist(), columns["groups"].tolist()) == (
        [0, 1, 2],
        [0, -1, -2],
        [7] * 3,
    )


def test_mapping_gives_what_was_written(tmp_path):
    images = np.random.default_rng(0).integers(0, 256, (3, 5, 4, 3), np.uint8)
    (shard,) = write(tmp_path, images)
    arrays = map_shard(tmp_path / shard.file)
    assert np.array_equal(arrays.images, images)
    assert arrays.keys.tolist() == [0, -1, -2]


def test_a_shard_is_described_by_size_and_hash(tmp_path):
    (shard,) = write(tmp_path, np.zeros((2, 4, 4, 3), np.uint8))
    path = tmp_path / shard.file
    assert (shard.images, shard.bytes, shard.sha256) == (2, path.stat().st_size, file_sha256(path))


def test_equal_content_gives_equal_files(tmp_path):
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    shards = [write(tmp_path / name, np.ones((2, 4, 4, 3), np.uint8)) for name in "ab"]
    assert shards[0] == shards[1]


def test_shards_stay_below_the_limit_and_keep_the_order(tmp_path):
    shards = write(tmp_path, [np.full((8, 8, 3), number, np.uint8) for number in range(50)], limit=6000)
    assert len(shards) > 2
    assert max(shard.bytes for shard in shards) <= 6000
    read = np.concatenate([map_shard(tmp_path / shard.file).labels for shard in shards])
    assert read.tolist() == list(range(50))


@pytest.mark.parametrize("content", [b"", b"short", b"\xff" * 100, (5).to_bytes(8, "little") + b"hello"])
def test_another_file_is_no_shard(tmp_path, content):
    (tmp_path / "x").write_bytes(content)
    with pytest.raises(ValueError, match=r"no safetensors file|Expecting value"):
        map_shard(tmp_path / "x")


def test_other_tensors_are_no_shard(tmp_path):
    save_file({"images": np.zeros(3, np.float32)}, tmp_path / "x")
    with pytest.raises(ValueError, match="does not hold images, labels, keys, groups"):
        map_shard(tmp_path / "x")


def test_a_mapped_shard_holds_one_file_open(tmp_path):
    """A data set of hundreds of shards is within the usual limit of 1,024 open files."""
    writer = ShardWriter(tmp_path, "train", 10**6)
    writer.add(np.zeros((2, 2, 3), np.uint8), 0, 0, 0)
    (shard,) = writer.close()
    before = len(os.listdir("/proc/self/fd"))
    mapped = [map_shard(tmp_path / shard.file) for _ in range(20)]
    assert len(os.listdir("/proc/self/fd")) - before == len(mapped)
