"""``ltk8s store``: make the bucket, once for each installation."""

from __future__ import annotations

from typing import Annotated

import typer

from ltk8s.cli.common import RETRY_SECONDS, Context, command, new_app
from ltk8s.errors import UsageError

app = new_app()


@app.callback(help="Make the store's bucket.")
def store() -> None:  # keeps `init` a command of its own, though it is the only one
    pass


@app.command("init")
@command
def init(
    context: Context,
    generate_secret: Annotated[
        str | None,
        typer.Option("--generate-secret", metavar="NAME", help="First make this Secret with random credentials, if missing."),
    ] = None,
    wait: Annotated[
        float, typer.Option("--wait", metavar="SECONDS", help="How long the store and the cluster may be silent.")
    ] = RETRY_SECONDS,
) -> None:
    """Make the store's bucket where there is none. What is there already stays as it is.

    \b
    ltk8s store init --store s3://bucket/prefix
    """
    made_secret = generate_secret is not None and make_secret(context, generate_secret, wait)
    if made_secret:
        context.note(f"Made the Secret {generate_secret} with random credentials.")
    url, made_bucket = make_bucket(context, wait)
    context.emit(
        {"store": url, "bucket_made": made_bucket, "secret_made": made_secret},
        lambda: context.console.print(f"{'Made the bucket of' if made_bucket else 'There is a bucket for'} {url}."),
    )


def make_secret(context: Context, name: str, wait: float) -> bool:
    from ltk8s.cluster.kubernetes.cluster import KubernetesCluster
    from ltk8s.cluster.kubernetes.secret import make_credentials

    cluster = context.cluster
    if not isinstance(cluster, KubernetesCluster):
        raise UsageError("There are no Secrets on this machine.", "Choose a cluster with --cluster, or leave the option out.")
    cluster.api.retry_seconds = wait  # a pod's way to the API server may open a moment after the pod has started
    return make_credentials(cluster.api, name)


def make_bucket(context: Context, wait: float) -> tuple[str, bool]:
    """The store's URL, and whether its bucket was made by this call."""
    from ltk8s.cli.access import client_address
    from ltk8s.store.address import S3Address, parse_address
    from ltk8s.store.s3 import S3Store

    address = parse_address(client_address(context.settings.store, context.cluster))
    if not isinstance(address, S3Address):
        raise UsageError("A store in a directory has no bucket to be made.", "Name a bucket: --store s3://bucket/prefix.")
    bucket = S3Store(address, retry_seconds=wait)
    return bucket.url, bucket.make_bucket()
