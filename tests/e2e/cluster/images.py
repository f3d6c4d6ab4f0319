"""Images: built by buildah, pushed to a registry on the bridge, pulled by the node as from any registry.

Both stores outlive the cluster, so that after a change of code alone a build, a push and a pull move megabytes.
"""

from __future__ import annotations

import os
import shutil
import tempfile
import urllib.request
from pathlib import Path

from tests.e2e.cluster.layout import LAYERS, REGISTRY, STATE
from tests.e2e.cluster.node import PAUSE, run
from tests.e2e.cluster.processes import start, until
from tests.tools.build import build

CHECKOUT = Path(__file__).parents[3]
SUITE = "bookworm"
BASE = f"localhost/ltk8s-e2e/base:{SUITE}"
USER = "65532:65532"


def start_registry() -> None:
    """A registry that the node pulls from, without TLS: only this machine and its pods reach it."""
    start("registry", ["docker-registry", "serve", _registry_settings()])
    until(_answers, 120, "the registry")


def _registry_settings() -> Path:
    settings = STATE / "registry.yaml"
    settings.write_text(f"""\
version: 0.1
log: {{level: warn}}
storage:
  filesystem: {{rootdirectory: {LAYERS / "registry"}}}
  delete: {{enabled: true}}
http: {{addr: "{REGISTRY}", headers: {{}}}}
""")
    return settings


def _answers() -> bool:
    try:
        direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        return bool(direct.open(f"http://{REGISTRY}/v2/", timeout=2).status == 200)
    except OSError:
        return False


def prune() -> None:
    """Give back the room of earlier builds: half-done work, images without a name, all but the latest tag of each image."""
    run(*_buildah("rm", "--all"))
    run(*_buildah("rmi", "--prune"))
    for tags in (LAYERS / "registry").glob("docker/registry/v2/repositories/*/*/_manifests/tags"):
        for older in sorted(tags.iterdir(), key=lambda tag: (tag / "current" / "link").stat().st_mtime)[:-1]:
            shutil.rmtree(older)
    if (LAYERS / "registry").exists():
        run("docker-registry", "garbage-collect", "--delete-untagged", str(_registry_settings()))


def push_pause() -> None:
    """The image in every pod's shadow; no pod starts before it is there."""
    _push(_from_binary("pause"), PAUSE)


def push_binary(name: str) -> str:
    """An image of one of our servers, and nothing else."""
    return _push_by_content(_from_binary(name), f"{name}/{name}")


def push_base() -> str:
    """A Debian with Python, for the pods of tests that need no more than that."""
    return _push_by_content(_base(), "debian")


def push_project() -> dict[str, str]:
    """Build and push what the Dockerfile describes; the reference of each target, which names its content."""
    return {target: _push_by_content(image, f"ltk8s/{target}") for target, image in build_project().items()}


def build_project() -> dict[str, str]:
    """Build the Dockerfile's two targets; the image's id of each."""
    arguments = _build_arguments()
    for stage in ("tools", "code"):
        _build(f"--target={stage}", f"--tag={_local(stage)}", *arguments, str(CHECKOUT))
    # Debian's buildah mounts nothing of a stage that it found in its cache; of an image it does
    arguments.append(f"--build-context=tools=container-image://{_local('tools')}")
    return {target: _from_target(target, arguments) for target in ("controller", "worker")}


def _build_arguments() -> list[str]:
    arguments = [f"--build-arg=BASE={_base()}"]
    if authority := os.environ.get("SSL_CERT_FILE"):  # as behind a corporate proxy: for the build, and not in the image
        directory = Path(authority).parent
        arguments += [f"--build-arg=SSL_CERT_FILE={authority}", f"--volume={directory}:{directory}:ro"]
    return arguments


def _from_target(target: str, arguments: list[str]) -> str:
    revision = run("git", "-C", str(CHECKOUT), "describe", "--always", "--dirty").strip()
    return _build(
        f"--target={target}", f"--tag={_local(target)}", *arguments, f"--build-arg=REVISION={revision}", str(CHECKOUT)
    )


def _local(name: str) -> str:
    """A name in buildah's storage, by which the image outlives `prune`."""
    return f"localhost/ltk8s-e2e/{name}:latest"


def _from_binary(name: str) -> str:
    """An image of one static binary in the PATH, a directory for temporary files."""
    with tempfile.TemporaryDirectory() as scratch:
        context = Path(scratch)
        shutil.copy(build(name), context / name)
        (context / "tmp").mkdir()
        (context / "tmp").chmod(0o1777)
        (context / "Dockerfile").write_text(f"""\
FROM scratch
COPY tmp /tmp
COPY {name} /usr/bin/{name}
ENV PATH=/usr/bin
USER {USER}
ENTRYPOINT ["{name}"]
""")
        return _build("--timestamp=0", f"--tag={_local(name)}", str(context))


def _base() -> str:
    """A Debian with Python, made from packages once: there may be no way to a registry that has the official image."""
    if not run(*_buildah("images", "--quiet", "--filter", f"reference={BASE}")).strip():
        _make_base()
    return run(*_buildah("images", "--quiet", "--no-trunc", "--filter", f"reference={BASE}")).strip().removeprefix("sha256:")


def _make_base() -> None:
    with tempfile.TemporaryDirectory(dir=LAYERS) as scratch:
        root = Path(scratch) / "root"
        run("debootstrap", "--variant=minbase", "--include=python3,python3-venv,ca-certificates", SUITE, str(root))
        shutil.rmtree(root / "var/cache/apt", ignore_errors=True)
        shutil.rmtree(root / "var/lib/apt/lists", ignore_errors=True)
        container = run(*_buildah("from", "scratch")).strip()
        run(*_buildah("add", "--quiet", container, str(root), "/"))
        run(*_buildah("commit", "--quiet", "--rm", container, BASE))


def _build(*arguments: str) -> str:
    """Build a Dockerfile; return the image's id."""
    with tempfile.NamedTemporaryFile() as identity:
        run(
            *_buildah("bud", "--quiet", "--layers", "--isolation=chroot", "--network=host", f"--iidfile={identity.name}"),
            *arguments,
        )
        return Path(identity.name).read_text().strip().removeprefix("sha256:")


def _push_by_content(image: str, name: str) -> str:
    reference = f"{REGISTRY}/{name}:{image[:12]}"  # a tag of its own for each content, so that no node keeps a stale one
    _push(image, reference)
    return reference


def _push(image: str, reference: str) -> None:
    run(*_buildah("push", "--quiet", "--tls-verify=false", image, f"docker://{reference}"))


def _buildah(command: str, *arguments: str) -> list[str]:
    LAYERS.mkdir(parents=True, exist_ok=True)
    stores = [f"--root={LAYERS / 'containers'}", f"--runroot={LAYERS / 'containers-run'}"]
    return ["buildah", *stores, command, *arguments]
