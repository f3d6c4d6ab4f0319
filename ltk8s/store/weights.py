"""Staged initial weights: tensors by content, and a card that says what they are."""

from __future__ import annotations

import hashlib
from typing import Literal

from pydantic import ValidationError

from ltk8s.errors import NotFound, StoreError, TaskError, UsageError, did_you_mean
from ltk8s.spec.architectures import KNOWN
from ltk8s.spec.base import Spec
from ltk8s.store import layout
from ltk8s.store.base import Store
from ltk8s.store.many import get_many
from ltk8s.times import moment


class WeightsCard(Spec):
    """What is known of initial weights: the normalisation they expect, per channel of images in 0..1, and the number of
    ``parameters`` of the network with its 1,000-class head.
    """

    arch: str
    sha256: str
    mean: tuple[float, float, float]
    std: tuple[float, float, float]
    interpolation: Literal["bilinear", "bicubic"]
    parameters: int
    source: str
    licence: str
    created: str


def put_weights(store: Store, card: WeightsCard, data: bytes) -> None:
    """Stage weights (a safetensors file) under their content; the card comes last, so that it never stands alone.

    Raises:
        ValueError: if ``data`` is not what the card says.
    """
    if hashlib.sha256(data).hexdigest() != card.sha256:
        raise ValueError(f"these weights are not {card.sha256}")
    store.put(layout.weights(card.arch, card.sha256), data)
    store.put(layout.weights_card(card.arch, card.sha256), card.model_dump_json().encode())


def read_weights(store: Store, arch: str, sha256: str) -> bytes:
    """Return staged weights, verified.

    Raises:
        TaskError: if they are not staged, or their content is not what their name says: no retry can help.
    """
    key = layout.weights(arch, sha256)
    try:
        data = store.get(key)
    except NotFound:
        raise TaskError(f"The weights {key!r} are not in {store.url}.", f"Run `ltk8s weights stage {arch}`.") from None
    if hashlib.sha256(data).hexdigest() != sha256:
        raise TaskError(f"The weights {key!r} are damaged: SHA-256 differs.", f"Run `ltk8s weights stage {arch}` again.")
    return data


def find_weights(store: Store, arch: str) -> WeightsCard:
    """Return the card of the weights of ``arch`` that were staged last.

    Raises:
        UsageError: if there are none, or no such network is known (the nearest is suggested).
    """
    cards = _cards(store, layout.weights(arch))
    if cards:
        return cards[-1]
    staged = {card.arch for card in list_weights(store)}
    if arch not in KNOWN and (near := did_you_mean(arch, {*KNOWN, *staged})):
        raise UsageError(f"There is no network {arch!r}.{near}", "`ltk8s weights list` shows those whose weights are staged.")
    raise UsageError(f"The weights of {arch!r} are not staged.", f"Run `ltk8s weights stage {arch}`.")


def list_weights(store: Store) -> list[WeightsCard]:
    """Return the cards of all staged weights, oldest first."""
    return _cards(store, layout.weights())


def _cards(store: Store, prefix: str) -> list[WeightsCard]:
    keys = [found.key for found in store.list(prefix) if found.key.endswith(".json")]
    cards = [_parse(key, data) for key, data in get_many(store, keys).items()]
    return sorted(cards, key=lambda card: (moment(card.created), card.arch, card.sha256))


def _parse(key: str, data: bytes) -> WeightsCard:
    try:
        return WeightsCard.model_validate_json(data)
    except ValidationError:
        raise StoreError(f"{key!r} is no card of weights.", "Remove it from the store and stage those weights again.") from None
