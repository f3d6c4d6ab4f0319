"""``ltk8s store``: make the bucket, once for each installation; take a study's evidence from one store to another."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ltk8s.cli import complete
from ltk8s.cli.common import RETRY_SECONDS, Context, command, new_app
from ltk8s.cli.show import counted, size
from ltk8s.errors import CredentialRefused, UsageError

if TYPE_CHECKING:
    from ltk8s.cluster.kubernetes.api import Api

PAUSE = 1.0
"""Seconds between two tries while a store is restarted."""

app = new_app()


@app.callback(help="Make the store's bucket; export and import what a report needs.")
def store() -> None:
    pass


@app.command("init")
@command
def init(
    context: Context,
    generate_secret: Annotated[
        str | None,
        typer.Option("--generate-secret", metavar="NAME", help="First make this Secret with random credentials, if missing."),
    ] = None,
    restart_pod: Annotated[
        str | None,
        typer.Option(
            "--restart-pod",
            metavar="POD",
            help="Restart this pod of the store if the store refuses the Secret's credentials: it has started with others.",
        ),
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
    url, made_bucket = make_bucket(context, wait, restart_pod)
    context.emit(
        {"store": url, "bucket_made": made_bucket, "secret_made": made_secret},
        lambda: context.console.print(f"{'Made the bucket of' if made_bucket else 'There is a bucket for'} {url}."),
    )


@app.command("export")
@command
def export(
    context: Context,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Such as results.tar.xz; replaced if it is there.")],
    runs: Annotated[
        list[str] | None,
        typer.Argument(metavar="[RUN]...", help="Runs or experiments; all by default.", autocompletion=complete.runs),
    ] = None,
) -> None:
    """Write all that a report and a trace need into one small file.

    It has tasks, results, answers on each test image, curves and logs of finished runs, and every run's record, but no
    networks, data sets or weights. `ltk8s store import` puts it into another store: to keep beside a publication, to check
    someone's numbers, or to go on with a study on another machine.

    \b
    ltk8s store export results.tar.xz
    ltk8s store export stacking.tar.xz baseline stack-wl
    """
    from ltk8s.store.archive import pack
    from ltk8s.store.runs import find_runs, read_runs
    from ltk8s.store.studies import read_studies

    records = find_runs(context.store, runs) if runs else read_runs(context.store)
    if not records:
        raise UsageError(f"There are no runs in {context.store.url}.", "Submit some, or name another store with --store.")
    objects = pack(context.store, file, records, () if runs else (study.name for study in read_studies(context.store)))
    written = file.stat().st_size
    context.emit(
        {"file": file, "runs": [record.run for record in records], "objects": objects, "bytes": written},
        lambda: context.console.print(f"Wrote {counted(len(records), 'run')}, {objects:,} objects, {size(written)}: {file}"),
    )


@app.command("import")
@command
def restore(
    context: Context,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Written by `ltk8s store export`.")],
) -> None:
    """Put an export into the store. What the store has already stays as it is.

    `ltk8s report` and `ltk8s trace` then work as where it came from. Submitting trains only what is not in it; a learner whose
    network a new fusion needs is trained anew.

    \b
    ltk8s store import results.tar.xz
    """
    from ltk8s.store.archive import unpack

    written, objects = unpack(context.store, file)
    context.emit(
        {"store": context.store.url, "objects": objects, "written": written},
        lambda: context.console.print(f"{written:,} of {objects:,} objects were new in {context.store.url}."),
    )


def make_secret(context: Context, name: str, wait: float) -> bool:
    from ltk8s.cluster.kubernetes.secret import make_credentials

    api = kubernetes_api(context)
    api.retry_seconds = wait  # a pod's way to the API server may open a moment after the pod has started
    return make_credentials(api, name)


def make_bucket(context: Context, wait: float, restart_pod: str | None) -> tuple[str, bool]:
    """The store's URL, and whether its bucket was made by this call."""
    from ltk8s.cli.access import client_address
    from ltk8s.store.address import S3Address, parse_address
    from ltk8s.store.s3 import S3Store

    address = parse_address(client_address(context.settings.store, context.cluster))
    if not isinstance(address, S3Address):
        raise UsageError("A store in a directory has no bucket to be made.", "Name a bucket: --store s3://bucket/prefix.")
    bucket = S3Store(address, retry_seconds=wait)
    try:
        return bucket.url, bucket.make_bucket()
    except CredentialRefused:
        if restart_pod is None:
            raise
    restart(context, restart_pod)
    return bucket.url, once_accepted(bucket.make_bucket, wait)


def restart(context: Context, pod: str) -> None:
    """Let the store's server begin anew with the credentials that the Secret has now."""
    from ltk8s.cluster.kubernetes.secret import restart_pod

    if restart_pod(kubernetes_api(context), pod):
        context.note(f"Restarted the pod {pod}: the store refused the Secret's credentials, since it had started with others.")


def once_accepted(operation: Callable[[], bool], seconds: float) -> bool:
    """What ``operation`` returns, once the store accepts the credentials; its last error where that takes longer.

    The server that refuses them goes on answering for a moment after it is told to end.
    """
    until = time.monotonic() + seconds
    while True:
        try:
            return operation()
        except CredentialRefused:
            if time.monotonic() > until:
                raise
        time.sleep(PAUSE)


def kubernetes_api(context: Context) -> Api:
    """The API server of the cluster. Raises UsageError on this machine, which has none."""
    from ltk8s.cluster.kubernetes.cluster import KubernetesCluster

    if not isinstance(context.cluster, KubernetesCluster):
        raise UsageError(
            "There are no Secrets and pods on this machine.", "Choose a cluster with --cluster, or leave the option out."
        )
    return context.cluster.api
