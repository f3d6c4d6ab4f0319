import pytest

from ltk8s.data.manifest import Manifest
from ltk8s.errors import StoreError, UsageError
from ltk8s.planning.catalogue import find_manifest, list_manifests
from ltk8s.store import layout, open_store


@pytest.fixture
def store(tmp_path):
    return open_store((tmp_path / "store").as_uri())


def stage(store, name, fingerprint, day=1):
    manifest = Manifest(
        name=name,
        fingerprint=fingerprint,
        classes=("cat", "dog"),
        train_counts=(5, 5),
        test_counts=(2, 2),
        height=32,
        width=32,
        shards=(),
        source="a test",
        created=f"2026-01-{day:02}T00:00:00+00:00",
        version="1",
    )
    store.put(layout.dataset_manifest(name, fingerprint), manifest.model_dump_json().encode())
    store.put(f"{layout.dataset(name, fingerprint)}train-000.safetensors", b"images")
    return manifest


def test_the_version_staged_last_is_meant(store):
    newest = stage(store, "pets", "aaaa", day=2)
    stage(store, "pets", "bbbb", day=1)
    assert find_manifest(store, "pets") == newest


def test_a_fingerprint_or_its_beginning_means_one_version(store):
    older = stage(store, "pets", "aa11", day=1)
    stage(store, "pets", "bb22", day=2)
    assert find_manifest(store, "pets", "aa11") == older
    assert find_manifest(store, "pets", "aa") == older


def test_a_name_that_starts_alike_is_another_data_set(store):
    stage(store, "pets-large", "aaaa")
    with pytest.raises(UsageError):
        find_manifest(store, "pets")


def test_a_data_set_that_is_not_there_suggests_the_nearest_and_how_to_stage_it(store):
    stage(store, "pets", "aaaa")
    with pytest.raises(UsageError, match=r"no data set 'pest' in file:.* Did you mean 'pets'\?") as raised:
        find_manifest(store, "pest")
    assert raised.value.do == "Run `ltk8s data stage pest --from DIR`, or give --dataset one that is there: pets."


def test_a_built_in_data_set_needs_no_source(store):
    with pytest.raises(UsageError) as raised:
        find_manifest(store, "glyphs50")
    assert raised.value.do == "Run `ltk8s data stage glyphs50`."


def test_a_fingerprint_that_is_not_there_says_that_the_data_set_changed(store):
    stage(store, "pets", "bb22", day=2)
    with pytest.raises(UsageError, match=r"'pets' changed: aa11 is not in .*, which has bb22 \(staged 2026-01-02") as raised:
        find_manifest(store, "pets", "aa11")
    assert "correct dataset.fingerprint" in raised.value.do


def test_all_versions_of_all_data_sets_are_listed(store):
    for name, fingerprint, day in (("pets", "bbbb", 2), ("pets", "aaaa", 3), ("cars", "cccc", 4)):
        stage(store, name, fingerprint, day)
    assert [(found.name, found.fingerprint) for found in list_manifests(store)] == [
        ("cars", "cccc"),
        ("pets", "bbbb"),
        ("pets", "aaaa"),
    ]


def test_a_damaged_manifest_is_named(store):
    store.put(layout.dataset_manifest("pets", "aaaa"), b"{")
    with pytest.raises(StoreError, match=r"'datasets/pets/aaaa/manifest\.json' is no manifest"):
        find_manifest(store, "pets")
