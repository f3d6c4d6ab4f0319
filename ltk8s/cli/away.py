"""What commands say of a store that cannot be read, beside what the cluster alone knows."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from ltk8s.cli.common import Context
from ltk8s.errors import Corrupt, CredentialRefused, NoCredential, NotFound, StoreAway, StoreError


class Unreadable(Exception):
    """Raised where the store as a whole cannot be read; ``trouble`` says why."""

    def __init__(self, trouble: StoreError) -> None:
        super().__init__(trouble)
        self.trouble = trouble


@contextmanager
def reading_the_store() -> Iterator[None]:
    """Raise Unreadable where the store does not answer or cannot be opened; an error about one object passes through."""
    try:
        yield
    except (NotFound, Corrupt):
        raise
    except StoreError as error:
        raise Unreadable(error) from error


def say_it_cannot_be_read(context: Context, trouble: StoreError) -> None:
    """Say why, as far as the cluster knows, and what that means for what runs."""
    store = context.settings.store
    if isinstance(trouble, StoreAway):
        unready = context.cluster.unready(store.endpoint) if store.endpoint else ""
        context.note(f"The store {store.url} is away. {unready or f'{trouble.what} {trouble.do}'}")
        context.note(
            "Learners repeat their calls for 5 minutes before an attempt counts as failed; nothing that is saved is lost."
        )
        return
    context.note(f"The store {store.url} cannot be read from here. {trouble.what} {trouble.do}")
    if isinstance(trouble, NoCredential | CredentialRefused):
        context.note(
            "Pods that run keep the credentials that they started with; those that start take what the Secret has then."
        )
