import numpy as np
import pytest

from ltk8s.data.dataset import MappedImages, load_dataset
from ltk8s.data.stage import stage
from ltk8s.errors import StoreError, TaskError

COUNTS = {"train/cat": 40, "train/dog": 40, "test/cat": 2, "test/dog": 2}


@pytest.fixture
def several_shards(folder, tmp_path):
    stage("toy", folder(COUNTS), tmp_path / "staged", shard_bytes=8192)
    return tmp_path / "staged"


def test_a_part_that_fits_is_in_memory(several_shards):
    images = load_dataset(several_shards).part("train").images
    assert type(images) is np.ndarray
    assert images.flags.writeable


def test_a_part_above_half_the_memory_is_mapped_and_reads_the_same(several_shards):
    in_memory = load_dataset(several_shards).part("train").images
    mapped = load_dataset(several_shards, memory=2 * in_memory.nbytes - 1).part("train").images
    assert isinstance(mapped, MappedImages)
    assert mapped.shape == in_memory.shape
    for index in (3, -1, slice(10, 70, 7), [79, 0, 41, 41], np.arange(80), in_memory[:, 0, 0, 0] > 100, np.array([], np.int64)):
        assert np.array_equal(mapped[index], in_memory[index])


def test_exactly_half_the_memory_still_fits(several_shards):
    images = load_dataset(several_shards).part("train").images
    assert type(load_dataset(several_shards, memory=2 * images.nbytes).part("train").images) is np.ndarray


@pytest.mark.parametrize("index", [80, -81, [0, 80]])
def test_an_index_outside_of_a_mapped_part_is_an_error(several_shards, index):
    mapped = load_dataset(several_shards, memory=0).part("train").images
    with pytest.raises(IndexError):
        mapped[index]


def test_a_part_that_was_not_asked_for_is_not_there(several_shards):
    for path in several_shards.glob("test-*"):
        path.unlink()
    dataset = load_dataset(several_shards, ["train"])
    assert len(dataset.part("train")) == 80
    with pytest.raises(KeyError):
        dataset.part("test")


def test_a_flipped_byte_is_noticed_and_the_file_named(several_shards):
    path = several_shards / "train-00001.safetensors"
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)
    with pytest.raises(TaskError, match=r"The shard .*train-00001.safetensors is corrupt: its SHA-256"):
        load_dataset(several_shards)


def test_a_missing_shard_is_named(several_shards):
    (several_shards / "test-00000.safetensors").unlink()
    with pytest.raises(TaskError, match=r"has no shard .*/test-00000.safetensors\."):
        load_dataset(several_shards)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('"train_counts"', '"counts"', "is no manifest of a data set"),
        ('"train_counts": [\n  40', '"train_counts": [\n  41', "does not have the class counts of its manifest"),
        ('"part": "test"', '"part": "train"', "has no test part"),
    ],
)
def test_a_manifest_that_does_not_fit_is_an_error(several_shards, old, new, message):
    path = several_shards / "manifest.json"
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))
    with pytest.raises(TaskError, match=message):
        load_dataset(several_shards, ["test"] if "part" in old else ["train"])


def test_without_a_manifest_it_says_so(tmp_path):
    with pytest.raises(TaskError, match=r"The data set has no .*manifest.json"):
        load_dataset(tmp_path)


def test_a_shard_that_may_not_be_read_is_not_called_damaged(several_shards):
    """Trying again can help there, as the exit code of a StoreError says."""
    (several_shards / "test-00000.safetensors").unlink()
    (several_shards / "test-00000.safetensors").mkdir()
    with pytest.raises(StoreError, match=r"Cannot read .*test-00000.safetensors: is a directory"):
        load_dataset(several_shards)
