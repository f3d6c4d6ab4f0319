"""Finding staged data sets: by name the newest, by name and fingerprint exactly one."""

from __future__ import annotations

from pydantic import ValidationError

from ltk8s.data.manifest import Manifest
from ltk8s.data.sources import BUILT_IN
from ltk8s.errors import StoreError, UsageError, did_you_mean
from ltk8s.store import layout
from ltk8s.store.base import Store
from ltk8s.store.many import get_many
from ltk8s.times import moment, shown


def find_manifest(store: Store, name: str, fingerprint: str | None = None) -> Manifest:
    """Return what is known of the data set ``name``.

    Args:
        fingerprint: the version's fingerprint or its beginning; without it the version staged last is meant.

    Raises:
        UsageError: if there is no such data set (the nearest name is suggested), or it has another content by now.
    """
    versions = list_versions(store, name)
    if not versions:
        raise _not_staged(store, name)
    matching = [manifest for manifest in versions if manifest.fingerprint.startswith(fingerprint or "")]
    if not matching:
        there = ", ".join(f"{manifest.fingerprint} (staged {shown(manifest.created)})" for manifest in versions)
        raise UsageError(
            f"The data set {name!r} changed: {fingerprint} is not in {store.url}, which has {there}.",
            "Stage the former content again, or correct dataset.fingerprint.",
        )
    return matching[-1]


def list_manifests(store: Store) -> list[Manifest]:
    """Return what is known of every version of every data set, by name, then oldest first."""
    return _manifests(store, layout.dataset())


def list_versions(store: Store, name: str) -> list[Manifest]:
    """Return what is known of every version of one data set, oldest first; nothing if there is none."""
    return _manifests(store, layout.dataset(name))


def _not_staged(store: Store, name: str) -> UsageError:
    staged = sorted({manifest.name for manifest in list_manifests(store)})
    near = "" if name in BUILT_IN else did_you_mean(name, {*staged, *BUILT_IN})
    run = f"Run `ltk8s data stage {name}{'' if name in BUILT_IN else ' --from DIR'}`"
    do = f"{run}, or give --dataset one that is there: {', '.join(staged)}." if staged else f"{run}."
    return UsageError(f"There is no data set {name!r} in {store.url}.{near}", do)


def _manifests(store: Store, prefix: str) -> list[Manifest]:
    keys = [found.key for found in store.list(prefix) if found.key.endswith(f"/{layout.MANIFEST}")]
    manifests = [_parse(key, data) for key, data in get_many(store, keys).items()]
    return sorted(manifests, key=lambda manifest: (manifest.name, moment(manifest.created), manifest.fingerprint))


def _parse(key: str, data: bytes) -> Manifest:
    try:
        return Manifest.model_validate_json(data)
    except ValidationError:
        raise StoreError(
            f"{key!r} is no manifest of a data set.", "Remove it from the store and stage that data set again."
        ) from None
